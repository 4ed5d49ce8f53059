"""A large sheet whose rows are checked while they are read is refused for what a small one is refused for."""

from __future__ import annotations

import random
import re

import pytest
from xlsx_made import MAIN, book, prefixed, sheet, zipped

from toolkit.xlsx import Reason, Value, Workbook, WorkbookError, reader, sheetxml

ROWS = "".join(
    f'<row r="{n}" ht="3{n % 7}.5" customHeight="1"><c r="A{n}" s="1"><v>{n}</v></c>'
    f'<c r="B{n}" t="inlineStr"><is><t>第{n}行，a&amp;b</t></is></c><c r="C{n}"/>'
    f'<c r="D{n}"><f>A{n}*2</f><v>{2 * n}</v></c><c r="E{n}" s="2" t="s"><v>{n % 2}</v></c></row>'
    for n in range(1, 41)
)
STRINGS = f'<sst xmlns="{MAIN}"><si><t>甲</t></si><si><t>乙</t></si></sst>'
PIECES = (
    b"<", b">", b"/", b'"', b"&", b"&lt;", b"&#11;", b"&#x4E2D;", b"]]>", b"<!--", b"-->", b"<!-- -->",
    b"<![CDATA[", b"]]>", b"<?a?>", b"\x00", b"\x0b", b"\xff", b"\xe4\xb8", b"\xef\xbf\xbf", b"\xed\xa0\x80",
    b' r="9"', b' ht="1"', b" a=b", b"<c>", b"</c>", b"</row>", b"<row>", b"</sheetData>", b"<sheetData/>", b"x",
    b" ", b"\n", b'<c r="Z9"/>', b"'", b"\xef\xbb\xbf",
)  # fmt: skip


def outcome(xml: bytes) -> tuple[Reason | None, list[tuple[int, dict[int, Value]]], bytes]:
    """Why the sheet is refused; or what it says, and what is written when a cell of it is changed."""
    try:
        workbook = Workbook.from_bytes(
            zipped(book(sheet(), related={"sharedStrings": STRINGS}) | {"xl/worksheets/sheet1.xml": xml})
        )
        one = workbook.sheet("甲")
        rows = list(one.rows())
        one.set("B2", "改过")
        return None, rows, workbook.to_bytes()
    except WorkbookError as e:
        return e.reason, [], b""


def late(monkeypatch: pytest.MonkeyPatch, xml: bytes) -> object:
    with monkeypatch.context() as m:
        m.setattr(sheetxml, "_CHECKED_AT_ONCE", 0)
        m.setattr(reader, "_MANY", 0)
        return outcome(xml)


@pytest.mark.parametrize("clothes", [str, lambda xml: prefixed(xml, "x")], ids=["usual", "prefixed"])
def test_what_is_damaged_anywhere_is_refused_all_the_same(monkeypatch: pytest.MonkeyPatch, clothes) -> None:
    xml = clothes(sheet(ROWS)).encode()
    assert late(monkeypatch, xml) == outcome(xml)
    rnd = random.Random(5)
    refused = 0
    for _ in range(1500):
        at = rnd.randrange(len(xml))
        end = min(len(xml), at + rnd.choice((0, 0, 1, 1, 5, 40)))
        damaged = xml[:at] + rnd.choice((*PIECES, b"")) + xml[end:]
        wanted = outcome(damaged)
        refused += wanted[0] is not None
        assert late(monkeypatch, damaged) == wanted, (at, damaged[max(0, at - 60) : at + 80])
    assert 300 < refused < 1400


TAGS = (
    (b'customHeight="1">', b'customHeight="1" ht="1">'),
    (b'customHeight="1">', b'customHeight="1" customHeight="1">'),
    (b'customHeight="1">', b'customHeight="1" a:b="1" a:b="">'),
    (b'customHeight="1">', b'customHeight="1" r="8">'),
    (b'customHeight="1">', b'customHeight="1"a="8">'),
    (b'customHeight="1">', b'customHeight="1" a="<">'),
    (b'customHeight="1">', b'customHeight="1" 1a="8">'),
    (b"<f>", b'<f t="normal" t="normal">'),
    (b"<f>", b'<f ca="1" t="normal" ca="0">'),
    (b"<f>", b'<f ca="1" t=normal>'),
    (b"<t>", b'<t xml:space="preserve" xml:space="preserve">'),
    (b"<t>", b"<t xml:space>"),
    (b' s="1">', b' s="1" s="1">'),
    (b' s="1">', b' s="1" t="n" t="n">'),
    (b' s="2" t="s">', b' s="2" t="s" t="s">'),
    (b'"/>', b'"/ >'),
    (b'"/>', b'" r="C1"/>'),
)


@pytest.mark.parametrize(("usual", "damaged"), TAGS, ids=[d.decode() for _, d in TAGS])
def test_a_tag_that_is_not_well_formed_is_refused(
    monkeypatch: pytest.MonkeyPatch, usual: bytes, damaged: bytes
) -> None:
    before, _, behind = sheet(ROWS).encode().rpartition(usual)
    xml = before + damaged + behind
    assert outcome(xml)[0] is Reason.DAMAGED
    assert late(monkeypatch, xml) == outcome(xml)


def test_rows_nobody_read_are_checked_before_they_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheetxml, "_CHECKED_AT_ONCE", 0)
    xml = sheet(re.sub('<row r="30"[^>]*>', lambda m: m[0][:-1] + ' ht="1">', ROWS)).encode()  # stated twice
    workbook = Workbook.from_bytes(zipped(book(sheet()) | {"xl/worksheets/sheet1.xml": xml}))
    one = workbook.sheet("甲")
    assert not one.xml.checked
    with pytest.raises(WorkbookError) as e:
        one.set("A1", 5)
    assert e.value.reason is Reason.DAMAGED
