"""The one exception that leaves this package."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why a workbook or an edit was refused; the sentence for people is `WorkbookError.message`."""

    UNREADABLE = "unreadable"
    NOT_A_WORKBOOK = "not a workbook"
    DAMAGED = "damaged"
    ENCRYPTED = "encrypted"
    SIGNED = "signed"
    UNSAFE = "unsafe"
    UNSUPPORTED = "unsupported"
    NO_SHEET = "no sheet"
    NO_TABLE = "no table"
    NO_COLUMN = "no column"
    BAD_REFERENCE = "bad reference"
    BAD_VALUE = "bad value"
    BAD_NAME = "bad name"
    MERGED = "merged"
    ARRAY_FORMULA = "array formula"
    HEADER = "table header"
    IMMOVABLE = "immovable"


class WorkbookError(Exception):
    """A workbook that cannot be read, or an edit that was refused: nothing was changed.

    `message` is a sentence (`tr`, without its full stop) that says what happened and what to do;
    `where` is "sheet!cell" or a part name.
    """

    def __init__(self, reason: Reason, message: str, where: str = "") -> None:
        super().__init__(message)
        self.reason, self.message, self.where = reason, message, where

    def __str__(self) -> str:
        return self.message
