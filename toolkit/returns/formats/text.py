"""Plain text: .csv and .txt in whatever encoding and with whatever delimiter the division's program chose."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter

from toolkit.language import tr
from toolkit.returns.formats import Unreadable
from toolkit.returns.grid import MAX_ROWS, GridBuilder, Reading
from toolkit.xlsx import Value

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DELIMITERS = ",\t;|，"
_LOOKED_AT = 30  # rows


def decode(data: bytes) -> str | None:
    """The text of a file: by its mark, else UTF-8, UTF-16 or GB18030 (GBK, GB2312); None if it is none."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    if b"\0" in data[:4096]:
        for encoding, zeros in (("utf-16-le", data[1:4096:2]), ("utf-16-be", data[0:4096:2])):
            if zeros.count(0) > len(zeros) // 20:
                try:
                    return data[: len(data) & ~1].decode(encoding)
                except UnicodeDecodeError:
                    continue
        return None
    for encoding in ("utf-8", "gb18030", "big5"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError as e:
            if e.start > len(data) - 4:  # cut in the middle of a character
                return data[: e.start].decode(encoding, "replace")
    # One bad byte must not cost the division its report; many mean that it is no text at all.
    text = data.decode("gb18030", "replace")
    return text if text.count("\ufffd") * 50 < len(text) else None


def read_text(data: bytes) -> Reading:
    """One grid, `文本`; cells stay text."""
    text = decode(data)
    if text is None:
        raise Unreadable("unreadable", why=tr("看不出文字的编码"))
    text = text.replace("\0", "")
    first, _, rest = text.partition("\n")
    if first.strip().lower().startswith("sep=") and len(first.strip()) == 5:  # Excel's own hint
        delimiter, text = first.strip()[4], rest
    else:
        delimiter = _delimiter(text)
    builder = GridBuilder()
    for number, fields in enumerate(_fields(text, delimiter), 1):
        cells: dict[int, Value] = {c: f.strip() for c, f in enumerate(fields, 1) if f.strip()}
        if not builder.add_row(number, cells):
            break
    return Reading((builder.build("文本"),), (), builder.cut)


def _fields(text: str, delimiter: str) -> list[list[str]]:
    csv.field_size_limit(1 << 24)
    rows: list[list[str]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in reader:
            rows.append(row)
            if len(rows) > MAX_ROWS * 4:
                break
    except csv.Error:  # a stray quotation mark that swallows the rest: take the lines as they are
        return [line.split(delimiter) for line in text.splitlines()[: MAX_ROWS * 4]]
    return rows


def _delimiter(text: str) -> str:
    """The delimiter that parts most of the first rows into the same number of fields, more than one."""
    best, score = ",", 0.0
    for delimiter in _DELIMITERS:
        rows = [r for r in _fields(text[:50_000], delimiter)[:_LOOKED_AT] if any(f.strip() for f in r)]
        wide = Counter(len(r) for r in rows if len(r) > 1)
        if wide:
            width, count = wide.most_common(1)[0]
            found = count / len(rows) + min(width, 10) / 100
            if found > score:
                best, score = delimiter, found
    return best
