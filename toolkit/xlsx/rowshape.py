"""Rows that are written alike, each taken apart by one match.

A sheet of thousands of rows has a few shapes of them: the same cells, the same kinds of content.  A shape is learnt
from a row that was read cell by cell; a row of another shape is left to whoever reads cells.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum
from functools import lru_cache

from toolkit.xlsx.refs import MAX_COLUMN, column_of

MOST = 6
"""Shapes that are tried on a row."""
_MOST_LEARNT = 24  # an expression costs milliseconds to make: where the rows are all unlike, none pays
_MOST_TRIED = 100


class Kind(Enum):
    """What the cells of a column hold, where they hold anything."""

    NOTHING = ""
    NUMBER = "n"  # two groups: style, value
    SHARED = "s"  # one group: index
    INLINE = "i"  # one group: text
    TEXT = "t"  # two groups: index, text
    FORMULA = "f"  # four groups: style, type, nothing, stored result


_TEXTS = frozenset((Kind.SHARED, Kind.INLINE, Kind.TEXT))

Cells = tuple[tuple[bytes, Kind], ...]
"""Column letters and kind of each cell of a row, from the left."""


class Shape:
    """The rows that have the same cells, each empty or of its column's kind.

    What it matches is well formed where it is `plainly_written`.  The first group of a match holds nothing.
    """

    def __init__(self, prefix: bytes, cells: Cells) -> None:
        self.cells = cells
        self.columns = tuple((column_of(letters), kind) for letters, kind in cells if kind is not Kind.NOTHING)
        p = re.escape(prefix)
        row = rb"<" + p + rb"row" + _attributes(b"row") + rb">"
        body = b"".join(_cell(p, letters, kind) for letters, kind in cells)
        self.match = re.compile(row + body + rb"</" + p + rb"row>").fullmatch


def _attributes(name: bytes) -> bytes:
    """Any attributes, none of them twice, in a tag of usual length: else the look would take its square.

    It has a group, which never holds anything.
    """
    one = rb"[A-Za-z][A-Za-z0-9]*+(?::[A-Za-z0-9]++)?="
    twice = rb"(?![^<>]* (?P<" + name + rb">" + one + rb")[^<>]* (?P=" + name + rb"))"
    return rb"(?=[^<>]{0,300}+>)" + twice + rb"(?>(?: " + one + rb'"[^<>"]*+")*)'


def _cell(p: bytes, letters: bytes, kind: Kind) -> bytes:
    style = rb'(?: s="([0-9]++)")?' if kind in (Kind.NUMBER, Kind.FORMULA) else rb'(?: s="[0-9]++")?'
    end = rb"</" + p + rb"c>"
    index = rb' t="s"><' + p + rb"v>([0-9]++)</" + p + rb"v>" + end
    space = rb'(?: xml:space="(?:preserve|default)")?'
    text = rb' t="inlineStr"><%bis><%bt%b>([^<]*+)</%bt></%bis>' % (p, p, space, p, p) + end
    own = rb"<" + p + rb"f" + _attributes(b"f" + letters) + rb">[^<]*+</" + p + rb"f>"
    value = rb"<" + p + rb"v>([^<]*+)</" + p + rb"v>"
    result = rb'(?: t="(str|n)")?>' + own + rb"(?:" + value + rb"|<" + p + rb"v/>)?" + end
    contents = {
        Kind.FORMULA: (result,),
        Kind.NOTHING: (),
        Kind.NUMBER: (rb'(?: t="n")?>' + value + end,),
        Kind.SHARED: (index,),
        Kind.INLINE: (text,),
        Kind.TEXT: (index, text),
    }[kind]
    nothing = rb'(?: t="n")?(?:/>|>' + end + rb")"
    return rb"<" + p + rb'c r="' + letters + rb'[0-9]++"' + style + rb"(?:" + b"|".join((*contents, nothing)) + rb")"


class Shapes:
    """The shapes that a sheet's rows were found to have, the one that matched last first."""

    def __init__(self, prefix: bytes) -> None:
        self._prefix, self._learnt, self._tried = prefix, 0, 0
        self.known: list[Shape] = []

    def match(self, row: bytes) -> tuple[Shape, re.Match[bytes]] | None:
        for i, shape in enumerate(self.known):
            if (m := shape.match(row)) is not None:
                if i:
                    self.known.insert(0, self.known.pop(i))
                return shape, m
        return None

    def learn(self, row: bytes) -> None:
        """From a row that no shape matched."""
        self._tried += 1
        if self._learnt >= _MOST_LEARNT or self._tried >= _MOST_TRIED:
            return
        if (cells := cells_of(self._prefix, row)) is None:
            return
        self._learnt += 1
        for i, shape in enumerate(self.known):
            if (both := together(shape.cells, cells)) is not None:
                del self.known[i]
                cells = both
                break
        self.known.insert(0, Shape(self._prefix, cells))
        del self.known[MOST:]


@lru_cache(maxsize=16)
def _any_cell(prefix: bytes) -> re.Pattern[bytes]:
    p = re.escape(prefix)
    return re.compile(
        rb"<" + p + rb'c r="([A-Z]{1,3})[0-9]+"(?: s="[0-9]+")?(?: t="(n|s|str|inlineStr)")?'
        rb"(/>|>(?:<" + p + rb"(?:v|is|f)[ >].*?)?</" + p + rb"c>)",
        re.DOTALL,
    )


def cells_of(prefix: bytes, row: bytes) -> Cells | None:
    """What a row is made of; None where it has a cell of another kind, such as an error or a shared formula."""
    found: list[tuple[bytes, Kind]] = []
    last, mark = 0, b"<" + prefix + b"f"
    for m in _any_cell(prefix).finditer(row):
        letters, kind, content = m.groups()
        if not last < (last := column_of(letters)) <= MAX_COLUMN:
            return None
        if mark in content:
            found.append((letters, Kind.FORMULA))
        elif kind == b"str":
            return None
        elif b"v>" not in content and b"is>" not in content:
            found.append((letters, Kind.NOTHING))
        else:
            found.append((letters, {b"s": Kind.SHARED, b"inlineStr": Kind.INLINE}.get(kind, Kind.NUMBER)))
    return tuple(found) if found and row.count(b"<" + prefix + b"c ") == len(found) else None


def together(a: Sequence[tuple[bytes, Kind]], b: Sequence[tuple[bytes, Kind]]) -> Cells | None:
    """The cells of rows that are like either; None where no shape can be both."""
    if [letters for letters, _ in a] != [letters for letters, _ in b]:
        return None
    found: list[tuple[bytes, Kind]] = []
    for (letters, one), (_, other) in zip(a, b, strict=True):
        if one is other or other is Kind.NOTHING:
            kind = one
        elif one is Kind.NOTHING:
            kind = other
        elif {one, other} <= _TEXTS:
            kind = Kind.TEXT
        else:
            return None
        found.append((letters, kind))
    return tuple(found)
