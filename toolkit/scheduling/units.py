"""The texts by which a system's own scheduler starts annex2.  Pure."""

from __future__ import annotations

import hashlib
import plistlib
import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePath
from xml.sax.saxutils import escape

EVERY = 5
"""Minutes between looks: a run starts so much late at most."""

ARGUMENTS = ("schedule", "run", "--once")
ABOUT = "annex2 定时任务：按总表“定时任务”里的时间收表、催报"


class Kind(StrEnum):
    WINDOWS = "windows"
    SYSTEMD = "systemd"
    LAUNCHD = "launchd"
    CRON = "cron"


@dataclass(frozen=True, slots=True)
class Registration:
    """What is to be registered.

    `files`: (path, content) to write first.  `commands`: what registers them.  `line`: cron's, which goes into the
    user's own table instead.  `undo`: what takes it back.
    """

    kind: Kind
    name: str
    files: tuple[tuple[PurePath, bytes], ...]
    commands: tuple[tuple[str, ...], ...]
    line: str = ""
    undo: tuple[tuple[str, ...], ...] = ()

    @property
    def text(self) -> str:
        """All of it as `--print` shows it."""
        parts = [f"# {path}\n{_decoded(data)}" for path, data in self.files]
        if self.line:
            parts.append(f"# crontab\n{self.line}\n")
        parts += [f"$ {shlex.join(c)}\n" for c in self.commands]
        return "\n".join(parts)


def _decoded(data: bytes) -> str:
    return data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8")


def task_name(root: PurePath) -> str:
    """One name a workspace: several years can run side by side."""
    return f"annex2-{hashlib.sha256(str(root).encode()).hexdigest()[:8]}"


def registration(
    kind: Kind, root: PurePath, program: Sequence[str], home: PurePath, *, user: str = "", every: int = EVERY
) -> Registration:
    """What registers a workspace's runs.

    `program`: the words that start annex2, with full paths.  `home`: the user's folder.  `user`: DOMAIN\\user, for
    Windows.
    """
    words = (*program, "-w", str(root), *ARGUMENTS)
    name = task_name(root)
    match kind:
        case Kind.WINDOWS:
            path = root / ".annex2" / f"{name}.xml"
            files = ((path, windows_task(words, str(root), user, every).encode("utf-16")),)
            create = ("schtasks", "/Create", "/TN", name, "/XML", str(path), "/F")
            return Registration(kind, name, files, (create,), undo=(("schtasks", "/Delete", "/TN", name, "/F"),))
        case Kind.SYSTEMD:
            folder = home / ".config" / "systemd" / "user"
            units = (
                (folder / f"{name}.service", systemd_service(words, str(root)).encode()),
                (folder / f"{name}.timer", systemd_timer(every).encode()),
            )
            control = ("systemctl", "--user")
            commands = ((*control, "daemon-reload"), (*control, "enable", "--now", f"{name}.timer"))
            return Registration(kind, name, units, commands, undo=((*control, "disable", "--now", f"{name}.timer"),))
        case Kind.LAUNCHD:
            path = home / "Library" / "LaunchAgents" / f"{name}.plist"
            files = ((path, launchd_agent(name, words, str(root), every)),)
            load, unload = (("launchctl", verb, "-w", str(path)) for verb in ("load", "unload"))
            return Registration(kind, name, files, (load,), undo=(unload,))
        case Kind.CRON:
            return Registration(kind, name, (), (), cron_line(name, words, every))


def windows_task(words: Sequence[str], folder: str, user: str = "", every: int = EVERY) -> str:
    """A task of the Windows Task Scheduler, version 1.2 (Windows 7 on), as `schtasks /Create /XML` takes it.

    The order of elements is that of MS-TSCH 2.5, where it matters.  It runs as the user who is logged on, as only that
    one can read the mail password from the keyring.
    """
    who = f"\n      <UserId>{escape(user)}</UserId>" if user else ""
    return f"""<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Author>annex2</Author>
    <Description>{escape(ABOUT)}（{escape(folder)}）</Description>
  </RegistrationInfo>
  <Triggers>
    <LogonTrigger>
      <Enabled>true</Enabled>{who}
      <Delay>PT1M</Delay>
    </LogonTrigger>
    <CalendarTrigger>
      <Enabled>true</Enabled>
      <StartBoundary>2020-01-01T00:00:00</StartBoundary>
      <Repetition>
        <Interval>PT{every}M</Interval>
        <Duration>P1D</Duration>
        <StopAtDurationEnd>false</StopAtDurationEnd>
      </Repetition>
      <ScheduleByDay>
        <DaysInterval>1</DaysInterval>
      </ScheduleByDay>
    </CalendarTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author">{who}
      <LogonType>InteractiveToken</LogonType>
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <AllowHardTerminate>true</AllowHardTerminate>
    <StartWhenAvailable>true</StartWhenAvailable>
    <RunOnlyIfNetworkAvailable>false</RunOnlyIfNetworkAvailable>
    <AllowStartOnDemand>true</AllowStartOnDemand>
    <Enabled>true</Enabled>
    <Hidden>false</Hidden>
    <WakeToRun>false</WakeToRun>
    <ExecutionTimeLimit>PT2H</ExecutionTimeLimit>
    <Priority>7</Priority>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>{escape(words[0])}</Command>
      <Arguments>{escape(subprocess.list2cmdline(words[1:]))}</Arguments>
      <WorkingDirectory>{escape(folder)}</WorkingDirectory>
    </Exec>
  </Actions>
</Task>
"""


def systemd_service(words: Sequence[str], folder: str) -> str:
    command = " ".join(_systemd_quoted(w) for w in words)
    # Exit status 1 says that a person is needed, not that the run failed.
    return f"""[Unit]
Description={ABOUT}

[Service]
Type=oneshot
WorkingDirectory={folder.replace("%", "%%")}
ExecStart={command}
SuccessExitStatus=1
TimeoutStartSec=2h
Nice=10
"""


def systemd_timer(every: int = EVERY) -> str:
    """Persistent: a look that was missed while the computer was off is made up for."""
    return f"""[Unit]
Description={ABOUT}

[Timer]
OnCalendar=*:0/{every}
AccuracySec=30s
Persistent=true

[Install]
WantedBy=timers.target
"""


def _systemd_quoted(word: str) -> str:
    """systemd.service(5): specifiers begin with %, variables with $, quotes and backslashes are C's."""
    plain = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{plain}"'


def launchd_agent(name: str, words: Sequence[str], folder: str, every: int = EVERY) -> bytes:
    """launchd starts a look that was slept through when the computer wakes up."""
    return plistlib.dumps(
        {
            "Label": name,
            "ProgramArguments": list(words),
            "WorkingDirectory": folder,
            "StartInterval": every * 60,
            "RunAtLoad": True,
            "ProcessType": "Background",
        }
    )


def cron_line(name: str, words: Sequence[str], every: int = EVERY) -> str:
    """cron takes an unescaped % for the end of the command."""
    command = shlex.join(words).replace("%", "\\%")
    return f"*/{every} * * * * {command} >/dev/null 2>&1 # {name}"


def crontab_with(existing: str, registered: Registration, *, remove: bool = False) -> str:
    """A user's table with the workspace's line in it once (or no more); every other line stays."""
    mark = f"# {registered.name}"
    lines = [line for line in existing.splitlines() if not line.endswith(mark)]
    if not remove:
        lines.append(registered.line)
    return "".join(f"{line}\n" for line in lines)
