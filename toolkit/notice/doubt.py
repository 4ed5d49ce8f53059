"""What reading a notice could not settle by itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something that a person in the office must confirm; the message and the remedy are sentences for staff."""

    task: str  # task key, "" where it is not about one task
    where: str  # e.g. 附件1 序号21「责任处室（单位）」
    message: str
    remedy: str
