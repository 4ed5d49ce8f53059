"""The button inside Excel: the add-in that ships with xlwings, with our label and this Python, where Excel loads it.

Its VBA is Excel's own binary and stays as it is; only XML parts are edited.  It imports the module named like the
add-in's file and calls its `main()`: `toolkit.xlam` runs `toolkit.main()`, which opens the window.
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from pathlib import Path
from xml.sax.saxutils import quoteattr

from toolkit.errors import Annex2Error, WorkspaceError
from toolkit.language import tr
from toolkit.workspace import MASTER, Workspace, write_durably
from toolkit.xlsx import Workbook, WorkbookError

ADDIN = "toolkit.xlam"
LABEL = "民政报送"
BUTTON = "打开"

_SHEET = "_myaddin.conf"
"""Switched off by its underscore; the VBA reads the sheet without one (PROJECT_NAME & ".conf")."""
_UI = "customUI/customUI.xml"


def addin(label: str, interpreter: str) -> bytes:
    """The add-in's file.  Raises Annex2Error where xlwings ships another add-in than the one known here."""
    import xlwings

    source = Path(xlwings.__file__).parent / "quickstart_addin_ribbon.xlam"
    try:
        book = Workbook.open(source)
        book.sheet(_SHEET).set("B1", interpreter)
        book.sheet(_SHEET).set("B2", interpreter)
        package = book.package
        ui = package.read(_UI).decode()
        main = package.read(book.part).decode()
    except (WorkbookError, KeyError, OSError) as e:
        raise _unknown(str(e)) from None
    for pattern, text in (
        (r'(<tab [^>]*label=)"[^"]*"', label),
        (r'(<group [^>]*label=)"[^"]*"', label),
        (r'(<button [^>]*label=)"[^"]*"', BUTTON),
    ):
        ui, found = re.subn(pattern, lambda m, text=text: m[1] + quoteattr(text), ui)  # type: ignore[misc]
        if found != 1:
            raise _unknown(_UI)
    if main.count(f'name="{_SHEET}"') != 1:
        raise _unknown(_SHEET)
    package.write(_UI, ui.encode())
    package.write(book.part, main.replace(f'name="{_SHEET}"', f'name="{_SHEET[1:]}"').encode())
    return book.to_bytes()


def _unknown(what: str) -> Annex2Error:
    return Annex2Error(
        tr("已安装的 xlwings 带的加载项与这里认识的不同（{what}）", what=what),
        where="xlwings",
        remedy=tr(
            "安装 xlwings 的别的版本，如 pip install xlwings==0.37.8；或不用 Excel 里的按钮，双击工作区里的启动文件"
        ),
    )


def startup_folder() -> Path:
    """Where Excel loads add-ins from when it starts.  Raises Annex2Error where there is no Excel."""
    system, home = platform.system(), Path.home()
    if system == "Windows" and _has_excel():
        return Path(os.environ.get("APPDATA", home / "AppData/Roaming"), "Microsoft/Excel/XLSTART")
    if system == "Darwin" and Path("/Applications/Microsoft Excel.app").exists():
        office = home / "Library/Group Containers/UBF8T346G9.Office/User Content.localized"
        return office / "Startup.localized" / "Excel"
    raise Annex2Error(
        tr("这台计算机上没有找到 Excel，装不了 Excel 里的按钮"),
        remedy=tr("用 WPS 的，双击工作区里的启动文件，或运行 annex2 panel，功能一样"),
    )


def _has_excel() -> bool:
    from toolkit.doctor import registered

    return registered("Excel.Application")


def install(label: str = LABEL, folder: Path | None = None) -> Path:
    """Put the add-in where Excel loads it.  Raises Annex2Error."""
    folder = folder or startup_folder()
    path = folder / ADDIN
    write_durably(path, addin(label, windowless()))
    return path


def uninstall(folder: Path | None = None) -> Path | None:
    """Take the add-in away again; where it was, or None where there was none."""
    path = (folder or startup_folder()) / ADDIN
    if not path.exists():
        return None
    try:
        path.unlink()
    except OSError as e:
        raise WorkspaceError(
            tr("删不掉（{strerror}）", strerror=e.strerror or e),
            where=str(path),
            remedy=tr("关闭所有 Excel 窗口后再试"),
        ) from None
    return path


def windowless() -> str:
    """The Python that runs without a console where there is one."""
    without = Path(sys.executable).with_name("pythonw.exe")
    return str(without) if os.name == "nt" and without.exists() else sys.executable


def open_panel() -> None:
    """The window on the workbook that is open in Excel: in a process of its own, so that Excel goes on at once."""
    import xlwings

    folder = Path(str(xlwings.Book.caller().fullname)).parent
    if not (folder / MASTER).is_file():
        folder = Workspace.find(None).root
    subprocess.Popen([windowless(), "-m", "toolkit", "-w", str(folder), "panel"], cwd=folder)


# what a double click starts


def launchers(workspace: Workspace, system: str | None = None) -> dict[str, bytes]:
    """File name -> content of what starts the window by a double click, and xlwings' own `Run main`."""
    python, system = windowless(), system or platform.system()
    made = {"master.py": _RUN_MAIN.encode()}
    if system == "Windows":
        made["打开民政报送.cmd"] = (
            f'@echo off\r\ncd /d "%~dp0"\r\nstart "" "{python}" -m toolkit -w "%~dp0." panel\r\n'
        ).encode("mbcs" if os.name == "nt" else "gbk", "replace")
    elif system == "Darwin":
        made["打开民政报送.command"] = f'#!/bin/sh\ncd "$(dirname "$0")" && exec "{python}" -m toolkit panel\n'.encode()
    else:
        made["打开民政报送.desktop"] = (
            "[Desktop Entry]\nType=Application\nName=打开民政报送\nTerminal=false\nIcon=x-office-spreadsheet\n"
            f'Path={workspace.root}\nExec="{python}" -m toolkit -w "{workspace.root}" panel\n'
        ).encode()
    return made


_RUN_MAIN = '''"""xlwings 加载项的“Run main”按钮运行这里：打开民政报送的窗口。"""

from toolkit import main

if __name__ == "__main__":
    main()
'''
