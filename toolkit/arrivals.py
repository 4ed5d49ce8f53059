"""What arrived, as it arrived: the master may forget it (restored, lost, open elsewhere), the archive does not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from toolkit.errors import WorkspaceError
from toolkit.intake.archive import Archive
from toolkit.language import Text, tr
from toolkit.model import Finding, Severity


@dataclass(frozen=True, slots=True)
class Arrival:
    """One file met, safe in the archive."""

    name: str  # as it came
    path: str  # the way to it, as shown to people: inbox/回复.eml!附件.zip!养老.xlsx
    sha256: str
    archive: str  # below the workspace
    received: datetime  # office's time zone
    sender: str = ""
    subject: str = ""

    @property
    def source(self) -> str:
        """The way without the name."""
        return self.path[: -len(self.name)].rstrip("/!\\") if self.path.endswith(self.name) else self.path


Key = tuple[str, str]
"""Path and SHA-256 of a file as it arrived."""


def key_of(arrival: Arrival) -> Key:
    return arrival.path, arrival.sha256


class Noted(NamedTuple):
    """What an earlier run noted."""

    arrival: Arrival
    explained: tuple[Finding, ...] | None  # what was known of it without reading it
    met: datetime  # when that run had it


def noted_arrivals(archive: Archive) -> tuple[Noted, ...]:
    """Every arrival that any run noted, in their order."""
    found = []
    for entry in archive.notes():
        explained, met = entry.pop("explained", None), entry.pop("met", None)
        try:
            arrival = Arrival(**{**entry, "received": datetime.fromisoformat(str(entry["received"]))})
            run = datetime.fromisoformat(met) if met else arrival.received
            known = None if explained is None else tuple(_finding(f) for f in explained)
        except (TypeError, ValueError, KeyError):
            raise WorkspaceError(
                tr("收件的原始登记损坏"), where=str(archive.notebook), remedy=tr("从备份恢复这个文件，或把它移走再运行")
            ) from None
        found.append(Noted(arrival, known, run))
    return tuple(found)


def last_met(noted: Iterable[Noted]) -> Mapping[str, datetime]:
    """By path, when a run last found a file there that was new."""
    return {n.arrival.path: n.met for n in noted}


def _finding(values: Mapping[str, str]) -> Finding:
    message, remedy = Text(values["message"], {}), Text(values["remedy"], {})
    return Finding(values["code"], Severity(values["severity"]), message, remedy, values["where"])


def note_of(arrival: Arrival, explained: Iterable[Finding] | None, met: datetime) -> dict[str, object]:
    """An arrival as it is noted by a run at `met`.  `explained`: what is known of it without reading it, None where it
    must be read."""
    told = ("name", "path", "sha256", "archive", "sender", "subject")
    entry: dict[str, object] = {f: getattr(arrival, f) for f in told}
    entry |= {"received": arrival.received.isoformat(), "met": met.isoformat()}
    if explained is not None:
        entry["explained"] = [
            {"code": f.code, "severity": str(f.severity), "message": f.message, "remedy": f.remedy, "where": f.where}
            for f in explained
        ]
    return entry
