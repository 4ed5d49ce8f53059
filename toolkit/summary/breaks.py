"""Where the pages of a printed sheet end: so that what belongs together stays together."""

from __future__ import annotations

from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.worksheet import Worksheet

_PLAIN = 15.0  # points of a row that states no height


class Pages:
    """A sheet's pages, counted while or after its rows are written.

    `rooms`: points that a page holds, at the sheet's own size: several where it depends on the fonts of a computer how
    small a program draws it.  `repeated`: those of the rows that each page begins with.
    """

    def __init__(self, sheet: Worksheet, *rooms: float, repeated: float = 0.0) -> None:
        self._sheet, self._rooms, self._repeated = sheet, rooms, repeated
        self._used, self._row = [0.0] * len(rooms), 1

    def keep(self, row: int, height: float) -> bool:
        """A page ends above `row` if that and what must stay with it, so many points, have no room; whether it does."""
        self._count(row)
        full = (
            self._repeated < used and used + height > room for used, room in zip(self._used, self._rooms, strict=True)
        )
        if not any(full):
            return False
        self._sheet.row_breaks.append(Break(id=row - 1))
        self._used = [self._repeated] * len(self._rooms)
        return True

    def _count(self, row: int) -> None:
        for n in range(self._row, row):
            high = self._sheet.row_dimensions[n].height or _PLAIN
            self._used = [  # else the page has ended by itself
                used + high if used + high <= room else self._repeated + high
                for used, room in zip(self._used, self._rooms, strict=True)
            ]
        self._row = row
