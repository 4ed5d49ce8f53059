"""Registers annex2 with this computer's scheduler, or takes it back."""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
import sys
from pathlib import Path

from toolkit.errors import WorkspaceError
from toolkit.language import tr
from toolkit.scheduling.units import Kind, Registration, crontab_with, registration
from toolkit.workspace import write_durably


def kind_here() -> Kind | None:
    """The scheduler that this computer has; None where it has none that annex2 knows."""
    if os.name == "nt":
        return Kind.WINDOWS
    if sys.platform == "darwin":
        return Kind.LAUNCHD
    if Path("/run/systemd/system").is_dir() and shutil.which("systemctl"):
        return Kind.SYSTEMD
    return Kind.CRON if shutil.which("crontab") else None


def registration_here(root: Path, kind: Kind | None = None) -> Registration:
    """What registers a workspace on this computer.  Raises WorkspaceError where it has no scheduler."""
    kind = kind or kind_here()
    if kind is None:
        raise WorkspaceError(
            tr("这台计算机没有可用的任务计划程序（systemd 或 cron）"),
            remedy=tr("让 annex2 schedule run 一直开着，效果相同"),
        )
    user = f"{os.environ.get('USERDOMAIN', '')}\\{getpass.getuser()}".lstrip("\\") if kind is Kind.WINDOWS else ""
    return registration(kind, root.resolve(), (_interpreter(), "-m", "toolkit"), Path.home(), user=user)


def _interpreter() -> str:
    """On Windows the Python without a console: no black window every few minutes."""
    windowless = Path(sys.executable).with_name("pythonw.exe")
    return str(windowless) if os.name == "nt" and windowless.exists() else sys.executable


def install(registered: Registration, *, remove: bool = False) -> None:
    """Write the files and register them; `remove`: take them back.  Raises WorkspaceError saying what refused."""
    if registered.kind is Kind.CRON:
        _run(("crontab", "-"), text=crontab_with(_crontab(), registered, remove=remove))
        return
    if remove:
        for command in registered.undo:
            _run(command)
        for path, _ in registered.files:
            Path(path).unlink(missing_ok=True)
        return
    for path, data in registered.files:
        write_durably(Path(path), data)
    for command in registered.commands:
        _run(command)


def _crontab() -> str:
    """The user's table; "" where there is none yet.  One that cannot be read must not be written over."""
    try:
        return _run(("crontab", "-l"))
    except WorkspaceError as e:
        if "no crontab" in e.what:
            return ""
        raise


def _run(command: tuple[str, ...], *, text: str | None = None) -> str:
    """What a command says.  Raises WorkspaceError with its complaint."""
    remedy = tr("用 --print 看要登记的内容，由管理员登记")
    plain = {**os.environ, "LC_ALL": "C"}
    try:
        done = subprocess.run(
            command, input=text, capture_output=True, text=True, check=False, timeout=60, env=plain, errors="replace"
        )
    except (OSError, subprocess.TimeoutExpired) as e:
        raise WorkspaceError(tr("不能运行 {command}（{e}）", command=command[0], e=e), remedy=remedy) from None
    if done.returncode:
        said = (done.stderr or done.stdout).strip()
        raise WorkspaceError(tr("{listed} 没有成功：{said}", listed=" ".join(command), said=said), remedy=remedy)
    return done.stdout
