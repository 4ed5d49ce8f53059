"""The kit for computers without internet: made here, installed with no index into an empty environment."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "docs" / "make_kit.py"
OFFLINE = {**os.environ, "PIP_NO_INDEX": "1", "PIP_INDEX_URL": "", "PIP_FIND_LINKS": "", "PIP_CONFIG_FILE": os.devnull}


def make(kit: Path, *words: str) -> str:
    done = subprocess.run([sys.executable, str(SCRIPT), str(kit), *words], capture_output=True, text=True, check=False)
    if done.returncode and "find a version" not in done.stderr and "onnection" in done.stderr:
        pytest.skip("a kit can be made only on a computer that reaches a package index")
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(os.name == "nt", reason="the shell script: only on Linux and macOS")
def test_the_kit_installs_without_an_index(tmp_path: Path) -> None:
    kit, place = tmp_path / "kit", tmp_path / "installed"
    make(kit, "--platform", "here")
    script = kit / "安装.sh"
    text = script.read_text("utf-8")
    here = Path(sys.base_prefix, "bin", f"python{sys.version_info.major}.{sys.version_info.minor}")
    script.write_text(text.replace(here.name, str(here)), "utf-8")
    done = subprocess.run(["sh", str(script), str(place)], capture_output=True, text=True, env=OFFLINE, check=False)
    assert done.returncode == 0, done.stderr
    demo = subprocess.run(
        [str(place / "bin/annex2"), "demo", str(tmp_path / "demo")],
        capture_output=True, text=True, cwd=tmp_path, check=False, env={**OFFLINE, "PYTHONPATH": ""},
    )  # fmt: skip
    assert demo.returncode == 0, demo.stderr
    assert (tmp_path / "demo" / "master.xlsx").is_file()


def test_the_kit_for_windows_has_every_wheel(tmp_path: Path) -> None:
    kit = tmp_path / "kit"
    make(kit, "--python", "3.12")
    wheels = [p.name for p in (kit / "wheels").iterdir()]
    assert all(w.endswith(("-any.whl", "win_amd64.whl")) for w in wheels), wheels
    for name in ("annex2", "openpyxl", "lxml", "pandas", "xlwings", "python_calamine"):
        assert any(w.lower().startswith(f"{name}-") for w in wheels), name
    cmd = (kit / "安装.cmd").read_bytes()
    assert b"\r\n" in cmd
    assert b"--no-index" in cmd
    assert "先看我.txt" in {p.name for p in kit.iterdir()}
