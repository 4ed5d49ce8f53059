"""A form's identity stamp (design §6): one line of text, put in places that survive different accidents.

`annex2/1|市民政局|2023|2023Q1|养老服务处|<keys digest>|<mac>`; the HMAC-SHA256 is under the workspace's own key,
so that a stamp copied together from two forms, or typed by hand, is noticed.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass

FORMAT = "annex2/1"
PROPERTY = "annex2.stamp"
NAME = "_annex2_stamp"


@dataclass(frozen=True, slots=True)
class Stamp:
    organisation: str
    year: int
    round: str  # round key
    division: str
    keys: str  # digest of the task keys that the form lists
    genuine: bool = True  # its HMAC is right under this workspace's key


def keys_digest(keys: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(keys).encode()).hexdigest()[:12]


def write_stamp(stamp: Stamp, secret: bytes) -> str:
    """The stamp's line; `|` in a name is written as a full-width bar."""
    fields = [FORMAT, stamp.organisation, str(stamp.year), stamp.round, stamp.division, stamp.keys]
    line = "|".join(f.replace("|", "｜") for f in fields)
    return f"{line}|{_mac(line, secret)}"


def read_stamp(text: str, secret: bytes) -> Stamp | None:
    """The stamp that a line states, or None where it is none of ours."""
    line, _, mac = text.strip().strip('"').rpartition("|")
    fields = line.split("|")
    if len(fields) != 6 or fields[0] != FORMAT or not fields[2].isdecimal():
        return None
    genuine = hmac.compare_digest(mac.encode(), _mac(line, secret).encode())
    return Stamp(fields[1], int(fields[2]), fields[3], fields[4], fields[5], genuine)


def _mac(line: str, secret: bytes) -> str:
    return hmac.new(secret, line.encode(), "sha256").hexdigest()[:20]
