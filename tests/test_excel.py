"""The button in Excel and the double-click starts, as far as they can be seen without Excel."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import xlwings
from conftest import Annex2
from lxml import etree

from toolkit.excel import ADDIN, addin, launchers
from toolkit.workspace import Workspace
from toolkit.xlsx import Workbook

SHIPPED = Path(xlwings.__file__).parent / "quickstart_addin_ribbon.xlam"


def parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as z:
        return {n: z.read(n) for n in z.namelist()}


def test_only_xml_parts_of_the_add_in_are_edited(annex2: Annex2, tmp_path: Path, shared: Path) -> None:
    status, out, _ = annex2("excel", "install", "--folder", tmp_path, "--label", "局<办>&报送")
    assert status == 0
    assert ADDIN in out
    made, theirs = parts(tmp_path / ADDIN), parts(SHIPPED)
    changed = {n for n in theirs if made[n] != theirs[n]}
    assert set(made) == set(theirs)
    assert changed == {"xl/workbook.xml", "xl/worksheets/sheet1.xml", "customUI/customUI.xml"}
    ui = etree.fromstring(made["customUI/customUI.xml"])
    labels = [e.get("label") for e in ui.iter() if e.get("label")]
    assert labels == ["局<办>&报送", "局<办>&报送", "打开"]
    assert b'onAction="RibbonMyAddin.RunMain"' in made["customUI/customUI.xml"]  # the VBA's own name
    book = Workbook.open(tmp_path / ADDIN)
    assert book.sheet_names == ("myaddin.conf",)  # the name that the VBA looks for
    assert book.sheet("myaddin.conf").get("B1") == sys.executable
    checked = subprocess.run(
        [sys.executable, str(shared / "check_ooxml.py"), str(tmp_path / ADDIN)],
        capture_output=True,
        text=True,
        check=False,
    )
    before = subprocess.run(
        [sys.executable, str(shared / "check_ooxml.py"), str(SHIPPED)], capture_output=True, text=True, check=False
    )
    assert checked.stdout.count("\n") <= before.stdout.count("\n")
    assert annex2("excel", "uninstall", "--folder", tmp_path)[0] == 0
    assert not (tmp_path / ADDIN).exists()
    assert "本来就没有装" in annex2("excel", "uninstall", "--folder", tmp_path)[1]


def test_the_same_add_in_again() -> None:
    assert addin("民政报送", "python") == addin("民政报送", "python")


@pytest.mark.skipif(os.name == "nt", reason="a computer without Excel: only on Linux is that certain")
def test_without_excel_it_says_so(annex2: Annex2) -> None:
    status, _, error = annex2("excel", "install")
    assert status == 2
    assert "没有找到 Excel" in error


def test_the_module_that_the_button_imports_has_a_main() -> None:
    import toolkit

    assert callable(toolkit.main)


def test_init_puts_launchers_beside_the_master(annex2: Annex2) -> None:
    assert (annex2.root / "master.py").is_file()
    assert any(p.name.startswith("打开民政报送") for p in annex2.root.iterdir())
    workspace = Workspace(annex2.root)
    cmd = launchers(workspace, "Windows")["打开民政报送.cmd"]
    assert cmd.startswith(b"@echo off\r\n")
    assert b'-w "%~dp0." panel' in cmd
    command = launchers(workspace, "Darwin")["打开民政报送.command"]
    assert command.startswith(b"#!/bin/sh\n")


@pytest.mark.skipif(not shutil.which("desktop-file-validate"), reason="desktop files: only on machines that check them")
def test_the_desktop_file_is_valid(annex2: Annex2) -> None:
    path = next(annex2.root.glob("*.desktop"))
    checked = subprocess.run(["desktop-file-validate", str(path)], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
