"""What would be registered with Windows, systemd, launchd and cron.

The Windows task is held against the structure that the Task Scheduler's schema demands: the schema itself is
Microsoft's, and not at hand here.
"""

from __future__ import annotations

import plistlib
import shlex
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest

from toolkit.errors import WorkspaceError
from toolkit.scheduling import Kind, Registration, install, registration
from toolkit.scheduling.install import kind_here
from toolkit.scheduling.units import crontab_with, task_name

ROOT = PureWindowsPath(r"D:\报送\2023年 & <督查>")
HOME = PurePosixPath("/home/李 明")
POSIX = PurePosixPath("/home/李 明/100% 2023年'报送' $HOME")
PROGRAM = ("/opt/py thon/bin/python3", "-m", "toolkit")
NS = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"


def windows() -> Registration:
    program = (r"C:\Program Files\Python\pythonw.exe", "-m", "toolkit")
    return registration(Kind.WINDOWS, ROOT, program, PureWindowsPath(r"C:\Users\李明"), user=r"MZJ\李明")


def test_windows_task() -> None:
    made = windows()
    ((path, data),) = made.files
    assert data[:2] in (b"\xff\xfe", b"\xfe\xff")  # schtasks wants UTF-16 with its mark, as the declaration says
    text = data.decode("utf-16")
    assert text.startswith('<?xml version="1.0" encoding="UTF-16"?>')
    task = ET.fromstring(data)
    assert (task.tag, task.get("version")) == (f"{NS}Task", "1.2")
    # taskType of the schema: these parts, each once
    assert [c.tag.removeprefix(NS) for c in task] == [
        "RegistrationInfo", "Triggers", "Principals", "Settings", "Actions",
    ]  # fmt: skip

    def texts(path: str) -> dict[str, str]:
        found = task.find("/".join(NS + p for p in path.split("/")))
        assert found is not None
        return {c.tag.removeprefix(NS): (c.text or "").strip() for c in found}

    assert [t.tag.removeprefix(NS) for t in task.find(f"{NS}Triggers")] == ["LogonTrigger", "CalendarTrigger"]  # type: ignore[union-attr]
    # MS-TSCH 2.5.3.1: Enabled, StartBoundary, EndBoundary, Repetition, then what the kind of trigger adds
    assert list(texts("Triggers/LogonTrigger")) == ["Enabled", "UserId", "Delay"]
    assert list(texts("Triggers/CalendarTrigger")) == ["Enabled", "StartBoundary", "Repetition", "ScheduleByDay"]
    assert texts("Triggers/CalendarTrigger/Repetition") == {
        "Interval": "PT5M", "Duration": "P1D", "StopAtDurationEnd": "false",
    }  # fmt: skip
    assert texts("Principals/Principal") == {
        "UserId": r"MZJ\李明", "LogonType": "InteractiveToken", "RunLevel": "LeastPrivilege",
    }  # fmt: skip
    settings = texts("Settings")
    assert settings["MultipleInstancesPolicy"] == "IgnoreNew"
    assert settings["StartWhenAvailable"] == "true"  # the computer was off
    assert settings["DisallowStartIfOnBatteries"] == "false"
    actions = task.find(f"{NS}Actions")
    assert actions is not None
    assert actions.get("Context") == task.find(f"{NS}Principals/{NS}Principal").get("id")  # type: ignore[union-attr]
    command = texts("Actions/Exec")
    assert command["Command"] == r"C:\Program Files\Python\pythonw.exe"
    assert command["Arguments"] == r'-m toolkit -w "D:\报送\2023年 & <督查>" schedule run --once'
    assert command["WorkingDirectory"] == str(ROOT)
    assert made.commands == (("schtasks", "/Create", "/TN", made.name, "/XML", str(path), "/F"),)
    assert "schtasks /Create" in made.text


@pytest.mark.skipif(sys.platform != "win32", reason="only on Windows: schtasks")
def test_windows_takes_it(tmp_path: Path) -> None:
    made = windows()
    path = tmp_path / "task.xml"
    path.write_bytes(made.files[0][1].replace(r"MZJ\李明".encode("utf-16-le"), b""))
    create = ["schtasks", "/Create", "/TN", "annex2-test", "/XML", str(path), "/F"]
    subprocess.run(create, check=True, capture_output=True)
    subprocess.run(["schtasks", "/Delete", "/TN", "annex2-test", "/F"], check=True, capture_output=True)


def test_systemd_units(tmp_path: Path) -> None:
    made = registration(Kind.SYSTEMD, POSIX, PROGRAM, HOME)
    (service, text), (timer, when) = made.files
    assert str(service) == f"/home/李 明/.config/systemd/user/{made.name}.service"
    assert service.stem == timer.stem
    assert b"Persistent=true" in when
    assert "100%% 2023年'报送' $$HOME" in text.decode()
    assert made.commands[-1][-1] == f"{made.name}.timer"
    analyze = shutil.which("systemd-analyze")
    if not analyze:
        pytest.skip("systemd-analyze is not installed: the units were compared, not verified")
    real = registration(Kind.SYSTEMD, tmp_path, (sys.executable, "-m", "toolkit"), tmp_path)
    for path, data in real.files:
        (tmp_path / path.name).write_bytes(data)
    paths = [str(tmp_path / p.name) for p, _ in real.files]
    verify = [analyze, "verify", "--user", "--man=no", *paths]
    own = {"XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(verify, capture_output=True, text=True, check=False, env=own)
    assert (done.returncode, done.stderr) == (0, "")
    (tmp_path / real.files[0][0].name).write_text("[Service]\nExecStart=nothing\n")
    assert subprocess.run(verify, capture_output=True, check=False, env=own).returncode != 0  # it does look
    calendar = subprocess.run([analyze, "calendar", "*:0/5"], capture_output=True, text=True, check=False)
    assert calendar.returncode == 0


def test_launchd_agent() -> None:
    made = registration(Kind.LAUNCHD, POSIX, PROGRAM, HOME)
    ((path, data),) = made.files
    agent = plistlib.loads(data)
    assert agent["Label"] == made.name == path.stem
    assert agent["ProgramArguments"] == [*PROGRAM, "-w", str(POSIX), "schedule", "run", "--once"]
    assert agent["StartInterval"] == 300


def test_cron_line() -> None:
    made = registration(Kind.CRON, POSIX, PROGRAM, HOME)
    fields = made.line.split(" ", 5)
    assert fields[:5] == ["*/5", "*", "*", "*", "*"]
    command = fields[5].replace("\\%", "%")  # as cron undoes it
    assert shlex.split(command)[:8] == [*PROGRAM, "-w", str(POSIX), "schedule", "run", "--once"]
    assert "%" not in fields[5].replace("\\%", "")


def test_a_users_own_crontab_stays() -> None:
    made = registration(Kind.CRON, POSIX, PROGRAM, HOME)
    own = "MAILTO=me\n# 备份\n0 3 * * * backup # annex2-notmine\n"
    once = crontab_with(own, made)
    assert once == own + made.line + "\n"
    assert crontab_with(once, made) == once
    assert crontab_with(once, made, remove=True) == own
    assert crontab_with("", made) == made.line + "\n"


def test_workspaces_side_by_side() -> None:
    assert task_name(PurePosixPath("/a/2023")) != task_name(PurePosixPath("/a/2024"))


def fake(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands in for crontab")
def test_a_crontab_that_cannot_be_read_is_not_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = registration(Kind.CRON, POSIX, PROGRAM, HOME)
    table = tmp_path / "table"
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    fake(tmp_path, "crontab", f'[ "$1" = -l ] && {{ echo "permission denied" >&2; exit 1; }}; cat > {table}')
    with pytest.raises(WorkspaceError, match="permission denied"):
        install(made)
    assert not table.exists()
    fake(tmp_path, "crontab", f'[ "$1" = -l ] && {{ echo "no crontab for x" >&2; exit 1; }}; cat > {table}')
    install(made)
    assert table.read_text() == made.line + "\n"


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX paths")
def test_installing_writes_the_files_and_says_what_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = registration(Kind.SYSTEMD, tmp_path / "2023", (sys.executable, "-m", "toolkit"), tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    fake(tmp_path, "systemctl", f'echo "$@" >> {tmp_path}/said')
    install(made)
    assert all(Path(path).read_bytes() == data for path, data in made.files)
    assert (tmp_path / "said").read_text().splitlines() == [
        "--user daemon-reload", f"--user enable --now {made.name}.timer",
    ]  # fmt: skip
    install(made, remove=True)
    assert not any(Path(path).exists() for path, _ in made.files)
    fake(tmp_path, "systemctl", "echo Failed to connect to bus >&2; exit 1")
    with pytest.raises(WorkspaceError, match="Failed to connect to bus"):
        install(made)


def test_this_computer() -> None:
    assert kind_here() in (None, *Kind)
