"""The zip file: odd ones that must be edited, and hostile or broken ones that must be refused with a reason."""

from __future__ import annotations

import io
import random
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from xlsx_judges import EXCEL, changed_parts, needs_corpus, ours, part, raw_parts, wolfs
from xlsx_made import book, sheet, table, texts, zipped

from toolkit.language import Text
from toolkit.xlsx import Reason, Workbook, WorkbookError
from toolkit.xlsx import package as package_module

SHEET = "xl/worksheets/sheet1.xml"
FILES = book(sheet(texts((1, {"A": "旧", "B": 1}))), sheet())


def refusal(data: bytes, *, read: bool = False) -> Reason:
    with pytest.raises(WorkbookError) as e:
        _read(data)
    assert isinstance(e.value.message, Text)
    if read:
        Workbook.from_bytes(data)
    return e.value.reason


def _read(data: bytes) -> None:
    workbook = Workbook.from_bytes(data)
    for name in workbook.sheet_names:
        list(workbook.sheet(name).rows())


def edits(data: bytes, tmp_path: Path, ref: str = "A1") -> bytes:
    """The file after an edit that all readers see."""
    workbook = Workbook.from_bytes(data)
    workbook.sheet("甲").set(ref, "新")
    path = tmp_path / "edited.xlsx"
    path.write_bytes(new := workbook.to_bytes())
    with zipfile.ZipFile(path) as z:
        assert z.testzip() is None
    assert ours(Workbook.from_bytes(new)) == wolfs(path)
    assert Workbook.from_bytes(new).sheet("甲").get(ref) == "新"
    return new


# odd but right


def test_order_times_comments_and_extra_fields_stay(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        for i, (name, text) in enumerate(FILES.items()):
            info = zipfile.ZipInfo(name, (1999 + i, 12, 31, 23, 59, 58))
            info.compress_type = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)[i % 2]
            info.extra, info.comment, info.external_attr = b"\x01\xa2\x02\x00ab", "注".encode(), 0o600 << 16
            z.writestr(info, text)
        z.comment = b"the end"
    new = edits(out.getvalue(), tmp_path)
    with zipfile.ZipFile(io.BytesIO(out.getvalue())) as a, zipfile.ZipFile(io.BytesIO(new)) as b:
        assert [(i.filename, i.date_time, i.extra, i.comment, i.external_attr) for i in a.infolist()] == [
            (i.filename, i.date_time, i.extra, i.comment, i.external_attr) for i in b.infolist()
        ]
        assert b.comment == b"the end"
    assert changed_parts(out.getvalue(), new) == {SHEET}


def test_data_descriptors(tmp_path: Path) -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def tell(self) -> int:
            raise OSError

    out = Pipe()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name, text in FILES.items():
            z.writestr(name, text)
    data = out.getvalue()
    assert b"PK\x07\x08" in data
    new = edits(data, tmp_path)
    assert b"PK\x07\x08" not in new
    assert changed_parts(data, new) == {SHEET}


def test_zip64(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name, text in FILES.items():
            with z.open(name, "w", force_zip64=True) as f:
                f.write(text.encode() if isinstance(text, str) else text)
    data = out.getvalue()
    assert b"\x01\x00\x10\x00" in data  # the extra field of zip64
    new = edits(data, tmp_path)
    assert {n: r[-20:] for n, r in raw_parts(new).items() if n != SHEET} == {
        n: r[-20:] for n, r in raw_parts(data).items() if n != SHEET
    }


def test_bytes_before_the_zip_file() -> None:
    workbook = Workbook.from_bytes(b"#!/bin/sh\n" + zipped(FILES))
    workbook.sheet("甲").set("A1", "新")
    new = workbook.to_bytes()
    assert new.startswith(b"#!/bin/sh\nPK")
    assert Workbook.from_bytes(new).sheet("甲").get("A1") == "新"
    assert changed_parts(zipped(FILES), new) == {SHEET}


def test_local_header_that_tells_another_name(tmp_path: Path) -> None:
    data = zipped(FILES).replace(b"xl/styles.xml", b"xl/STYLED.xml", 1)
    new = edits(data, tmp_path)
    assert b"STYLED" not in new  # the directory counts, and now both say the same


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.replace('Target="/xl/', 'Target="'),
        lambda t: t.replace('Target="/xl/worksheets/', 'Target="./worksheets/../worksheets/'),
        lambda t: t.replace('Target="/xl/worksheets/sheet1.xml"', 'Target="/XL/Worksheets/Sheet1.XML"'),
        lambda t: t.replace('Target="/xl/worksheets/', 'Target="\\xl\\worksheets\\'),
        lambda t: t.replace('Target="/xl/worksheets/sheet1.xml"', 'Target="worksheets/sheet%31.xml"'),
    ],
    ids=["relative", "dots", "case", "backslash", "percent"],
)
def test_relationship_targets(change: Callable[[str], str]) -> None:
    files = dict(FILES)
    rels = files["xl/_rels/workbook.xml.rels"]
    assert isinstance(rels, str)
    files["xl/_rels/workbook.xml.rels"] = change(rels)
    assert files["xl/_rels/workbook.xml.rels"] != rels
    workbook = Workbook.from_bytes(zipped(files))
    workbook.sheet("甲").set("A1", "新")
    assert changed_parts(zipped(files), workbook.to_bytes()) == {SHEET}


def test_parts_named_in_chinese(tmp_path: Path) -> None:
    files = dict(FILES)
    rels = files["xl/_rels/workbook.xml.rels"]
    assert isinstance(rels, str)
    files["xl/_rels/workbook.xml.rels"] = rels.replace("sheet1.xml", "表1.xml")
    types = files["[Content_Types].xml"]
    assert isinstance(types, str)
    files["[Content_Types].xml"] = types.replace("sheet1.xml", "表1.xml")
    files["xl/worksheets/表1.xml"] = files.pop(SHEET)
    data = zipped(files)
    assert changed_parts(data, edits(data, tmp_path)) == {"xl/worksheets/表1.xml"}


# refused


def test_what_is_no_workbook() -> None:
    word = {n: t.replace("workbook", "document") if isinstance(t, str) else t for n, t in FILES.items()}
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    assert [
        refusal(data)
        for data in (
            b"", b"<html><table></table></html>", b"%PDF-1.7", ole + bytes(600), zipped({"a.txt": "x"}), zipped(word),
            ole + bytes(600) + "EncryptedPackage".encode("utf-16-le"), b"PK\x05\x06" + bytes(18),
        )
    ] == [Reason.NOT_A_WORKBOOK] * 6 + [Reason.ENCRYPTED, Reason.NOT_A_WORKBOOK]  # fmt: skip


def test_binary_workbook() -> None:
    def binary(text: str) -> str:
        return text.replace("workbook.xml", "workbook.bin")

    files = {binary(n): binary(t) if isinstance(t, str) else t for n, t in FILES.items()}
    assert refusal(zipped(files)) is Reason.UNSUPPORTED


def test_encrypted_entry() -> None:
    data = bytearray(zipped(FILES))
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1
    assert refusal(bytes(data)) is Reason.ENCRYPTED


@pytest.mark.parametrize("signature", ["relationship", "part"])
def test_signed_is_read_but_not_changed(signature: str) -> None:
    files = dict(FILES)
    if signature == "part":
        files["_xmlsignatures/sig1.xml"] = "<Signature/>"
    else:
        rels = files["_rels/.rels"]
        assert isinstance(rels, str)
        kind = "http://schemas.openxmlformats.org/package/2006/relationships/digital-signature/origin"
        link = f'<Relationship Id="rIdS" Type="{kind}" Target="s/origin.sigs"/></Relationships>'
        files["_rels/.rels"] = rels.replace("</Relationships>", link)
    data = zipped(files)
    workbook = Workbook.from_bytes(data)
    assert workbook.sheet("甲").get("A1") == "旧"
    workbook.sheet("甲").set("A1", "旧")
    target = workbook.sheet("甲")
    for change in (
        lambda: target.set("A1", "新"), lambda: target.insert_rows(1, 1), lambda: target.repeat_row(1, 2),
        lambda: workbook.set_property("a", "b"), lambda: workbook.set_name("a", "1"), lambda: target.set_height(1, 40),
        lambda: target.wrap("A1"), lambda: target.shrink("A1", 8),
    ):  # fmt: skip
        with pytest.raises(WorkbookError) as e:
            change()
        assert e.value.reason is Reason.SIGNED
    assert workbook.to_bytes() == data


def test_duplicate_names() -> None:
    data = zipped({**FILES, "XL/WORKBOOK.XML": "<x/>"})
    assert refusal(data) is Reason.UNSAFE


@pytest.mark.parametrize("name", ["../evil.xml", "/abs.xml", "C:/x.xml", "xl/./a.xml", "..\\evil.xml"])
def test_paths_that_lead_out(name: str) -> None:
    assert refusal(zipped({**FILES, name: "<x/>"})) is Reason.UNSAFE


@pytest.mark.parametrize("name", [SHEET, "xl/workbook.xml", "[Content_Types].xml", "xl/_rels/workbook.xml.rels"])
def test_entities_and_doctypes(name: str) -> None:
    text = FILES[name]
    assert isinstance(text, str)
    doctype = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    at = text.index("?>") + 2
    assert refusal(zipped({**FILES, name: text[:at] + doctype + text[at:]})) is Reason.UNSAFE


def test_truncated_anywhere() -> None:
    data = zipped(FILES)
    for end in range(1, len(data), 97):
        assert refusal(data[:end]) in (Reason.DAMAGED, Reason.NOT_A_WORKBOOK), end


def test_flipped_bits_are_noticed() -> None:
    data = zipped(FILES)
    with zipfile.ZipFile(io.BytesIO(data)) as z:
        at = z.getinfo(SHEET).header_offset + 30 + len(SHEET) + 20
    broken = data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :]
    assert refusal(broken) is Reason.DAMAGED


@pytest.mark.parametrize("gone", [SHEET, "xl/workbook.xml", "[Content_Types].xml"])
def test_missing_parts(gone: str) -> None:
    reason = refusal(zipped({n: t for n, t in FILES.items() if n != gone}))
    assert reason in (Reason.DAMAGED, Reason.NOT_A_WORKBOOK)


def test_bombs(monkeypatch: pytest.MonkeyPatch) -> None:
    xml = FILES[SHEET]
    assert isinstance(xml, str)
    big = xml.encode().replace(b"<sheetData>", b"<sheetData>" + b" " * (80 << 20))
    assert refusal(zipped({**FILES, SHEET: big})) is Reason.UNSAFE  # more than 500 to 1
    monkeypatch.setattr(package_module, "MAX_TOTAL", 1000)
    assert refusal(zipped(FILES)) is Reason.UNSAFE


def test_a_size_that_lies() -> None:
    """The directory says 10 bytes; the stream has 100 MB."""
    pack = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = pack.compress(bytes(100 << 20)) + pack.flush()
    data = bytearray(zipped({**FILES, SHEET: b"0123456789"}))
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as z:
        old = z.getinfo(SHEET)
        later = [i for i in z.infolist() if i.header_offset > old.header_offset]
    at = old.header_offset + 30 + len(SHEET)
    grown = len(body) - old.compress_size
    data[at : at + old.compress_size] = body
    central = data.index(b"PK\x01\x02")
    while (central := data.find(b"PK\x01\x02", central)) >= 0:
        length = struct.unpack_from("<H", data, central + 28)[0]
        name = bytes(data[central + 46 : central + 46 + length]).decode()
        if name == SHEET:
            struct.pack_into("<I", data, central + 20, len(body))
        if any(i.filename == name for i in later):
            offset = struct.unpack_from("<I", data, central + 42)[0]
            struct.pack_into("<I", data, central + 42, offset + grown)
        central += 46
    end = data.rindex(b"PK\x05\x06")
    struct.pack_into("<I", data, end + 16, struct.unpack_from("<I", data, end + 16)[0] + grown)
    assert refusal(bytes(data)) in (Reason.UNSAFE, Reason.DAMAGED)


def test_reading_the_same_part_often_is_no_bomb(monkeypatch: pytest.MonkeyPatch) -> None:
    workbook = Workbook.from_bytes(zipped(FILES))
    monkeypatch.setattr(package_module, "MAX_TOTAL", sum(len(t) * 3 for t in FILES.values()))
    for _ in range(50):
        workbook.package.read(SHEET)


def test_what_packages_have_in_common_is_no_longer_so_when_one_is_edited() -> None:
    one, other = (Workbook.from_bytes(zipped(FILES)).package for _ in range(2))
    rels = "xl/_rels/workbook.xml.rels"
    kept, before = one.snapshot(), one.related("xl/workbook.xml", "worksheet")
    types, styles = one.content_type(SHEET), one.read("xl/styles.xml")
    assert before == other.related("xl/workbook.xml", "worksheet")
    one.write(rels, one.read(rels).replace(b"sheet1.xml", b"sheet9.xml"))
    one.set_content_type(SHEET, "other")
    one.write("xl/styles.xml", b"<styleSheet/>")
    assert one.related("xl/workbook.xml", "worksheet") == [p.replace("sheet1", "sheet9") for p in before]
    assert (one.content_type(SHEET), one.read("xl/styles.xml")) == ("other", b"<styleSheet/>")
    assert other.related("xl/workbook.xml", "worksheet") == before
    assert (other.content_type(SHEET), other.read("xl/styles.xml")) == (types, styles)
    one.remove("xl/styles.xml")
    with pytest.raises(WorkbookError):
        one.read("xl/styles.xml")
    one.restore(kept)
    assert one.related("xl/workbook.xml", "worksheet") == before
    assert (one.content_type(SHEET), one.read("xl/styles.xml")) == (types, styles)


def test_the_same_relationships_in_packages_whose_parts_are_named_otherwise() -> None:
    shouting = {n.replace("sheet1", "SHEET1") if n == SHEET else n: t for n, t in FILES.items()}
    one, other = (Workbook.from_bytes(zipped(files)).package for files in (FILES, shouting))
    assert one.related("xl/workbook.xml", "worksheet")[0] == SHEET
    assert other.related("xl/workbook.xml", "worksheet")[0] == SHEET.replace("sheet1", "SHEET1")


# damaged inside: any answer but another exception


def _mutations(seed: int) -> Iterator[bytes]:
    """Workbooks of several parts, in each of which some bytes of one XML part are damaged."""
    chance = random.Random(seed)
    rows = texts((1, {"A": "序号", "B": "情况"}), (2, {"A": 1, "B": "=SUM(A2:A2)"}), (3, {"C": "=$A$1:B2&amp;乙!A1"}))
    links = {
        SHEET: {
            "xl/tables/table1.xml": ("table", table("T", "A1:B2", "序号", "情况", inside='<autoFilter ref="A1:B2"/>'))
        }
    }
    frame = (
        '<mergeCells count="1"><mergeCell ref="D1:E2"/></mergeCells>'
        '<conditionalFormatting sqref="A1:A3"><cfRule type="expression" priority="1">'
        "<formula>A1&gt;1</formula></cfRule>"
        '</conditionalFormatting><hyperlinks><hyperlink ref="A3" location="乙!A1"/></hyperlinks>'
        '<rowBreaks count="1" manualBreakCount="1"><brk id="2" max="16383" man="1"/></rowBreaks>'
        '<tableParts count="1"><tablePart r:id="rId1"/></tableParts>'
    )
    before = '<dimension ref="A1:C3"/><cols><col min="1" max="2" width="9" hidden="1" style="1"/></cols>'
    files = book(
        sheet(rows, before, frame), sheet(texts((1, {"A": "=甲!B2"}))), links=links,
        names='<definedName name="n" localSheetId="0">甲!$A$1:$B$3</definedName>', calc='<calcPr calcId="1"/>',
    )  # fmt: skip
    names = sorted(n for n in files if n.endswith((".xml", ".rels")))
    for _ in range(150):
        name = chance.choice([SHEET, *names])
        text = files[name]
        assert isinstance(text, str)
        body = bytearray(text.encode())
        kind = chance.randrange(4)
        if kind == 0:  # a byte becomes another
            body[chance.randrange(len(body))] = chance.choice(b"0129AZ<>\"'&/= :$!-x")
        elif kind == 1:  # a value becomes nonsense
            found = list(re.finditer(rb'"[^"]*"', bytes(body)))
            m = chance.choice(found)
            new = chance.choice(
                [b"", b"-1", b"A1:", b"99999999999", b"ZZZZ1", b"x", b"1.5", "１".encode(), b"A0", b"true"]
            )
            body[m.start() + 1 : m.end() - 1] = new
        elif kind == 2:  # an element is gone
            found = list(re.finditer(rb"<[^?/][^<>]*/>", bytes(body)))
            if found:
                m = chance.choice(found)
                del body[m.start() : m.end()]
        else:  # a stretch is gone
            at = chance.randrange(len(body))
            del body[at : at + chance.randrange(1, 40)]
        yield zipped({**files, name: bytes(body)})


@pytest.mark.parametrize("seed", range(6))
def test_damage_inside_is_refused_or_survived(seed: int) -> None:
    survived = 0
    for data in _mutations(seed):
        try:
            workbook = Workbook.from_bytes(data)
            for name in workbook.sheet_names:
                target = workbook.sheet(name)
                list(target.rows())
                assert target.merged is not None
                assert target.hidden_columns is not None
                target.set("B2", "新")
                target.set("F1", 1)
                target.repeat_row(2, 2)
                target.insert_rows(1, 1)
                for found in target.tables:
                    found.append([{found.columns[0]: 1}])
            workbook.set_name("n", "1")
            workbook.set_property("p", "x")
            again = Workbook.from_bytes(workbook.to_bytes())
            for name in again.sheet_names:
                list(again.sheet(name).rows())
        except WorkbookError:
            continue
        survived += 1
    assert survived > 20


@needs_corpus
@pytest.mark.parametrize("file", ["table30.xlsx", "comment09.xlsx", "chart_bar14.xlsx", "button07.xlsm"])
def test_damage_inside_real_files(file: str) -> None:
    chance = random.Random(file)
    with zipfile.ZipFile(EXCEL / file) as z:
        files = {n: z.read(n) for n in z.namelist()}
    survived = 0
    for _ in range(60):
        name = chance.choice([n for n in files if n.endswith((".xml", ".rels", ".vml"))])
        body = bytearray(files[name])
        at = chance.randrange(len(body))
        body[at : at + chance.randrange(1, 3)] = chance.choice([b"", b"9", b"<", b'"', b"A"])
        try:
            workbook = Workbook.from_bytes(zipped({**files, name: bytes(body)}))
            target = workbook.sheet(workbook.sheet_names[0])
            target.set("C7", "新")
            target.repeat_row(2, 2)
            target.insert_rows(1, 1)
            Workbook.from_bytes(workbook.to_bytes()).sheet(target.name)
        except WorkbookError:
            continue
        survived += 1
    assert survived > 5


def test_parts_are_found_whatever_the_case() -> None:
    data = zipped(FILES)
    workbook = Workbook.from_bytes(data)
    assert workbook.package.read("XL/Workbook.xml") == part(data, "xl/workbook.xml")
