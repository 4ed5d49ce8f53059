"""Cases: files that hold no report, or that must not be opened."""

from __future__ import annotations

import io
import zipfile

from made_forms import png
from made_outlook import ole
from making import CHILDREN, IGNORED, Q1, RELIEF, Expect, Maker, held, taken, texts, zipped
from openpyxl import Workbook, load_workbook

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\n" + b"%" * 200 + b"\ntrailer<</Root 1 0 R>>\n%%EOF\n"
PHOTO = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00" + b"\x00" * 400 + b"\xff\xd9"


def make(m: Maker) -> None:
    _damaged(m)
    _no_tables(m)
    _other_workbooks(m)
    _bombs(m)


def _alone(m: Maker, case: str, about: str, name: str, data: bytes, *codes: str) -> None:
    m.case(case, about, {name: data}, {name: held(*codes)})


def _damaged(m: Maker) -> None:
    form, name = m.typed(RELIEF), m.name(RELIEF)
    # As Office keeps an encrypted workbook; LibreOffice's driver writes such only for .xls.
    info = b"\x04\x00\x04\x00\x40\x00\x00\x00" + b'<?xml version="1.0"?><encryption/>' * 20
    locked = ole({"EncryptionInfo": info, "EncryptedPackage": b"\x00\x20" + bytes(range(256)) * 32})
    _alone(m, "encrypted-xlsx", "设了打开密码", name, locked, "encrypted")
    old = m.typed(RELIEF, kind="xls", Password="123456")
    _alone(m, "encrypted-xls", "老格式，设了打开密码", m.name(RELIEF, suffix=".xls"), old, "encrypted")
    _alone(m, "truncated-xlsx", "只传过来一半", name, form[: len(form) // 2], "unreadable")
    _alone(m, "truncated-xls", "老格式，只传过来一小半", "报表.xls", m.typed(RELIEF, kind="xls")[:2000], "unreadable")
    _alone(m, "zero-bytes", "文件是空的", name, b"", "unreadable")
    _alone(m, "zeros", "文件里全是 0（下载没有完成）", name, bytes(4096), "unreadable")
    _alone(m, "not-what-it-is-named", "一段乱码，扩展名是 .xlsx", name, bytes(range(1, 256)) * 20, "unreadable")
    broken = zipped(
        {"[Content_Types].xml": b"<Types", "xl/workbook.xml": b"<workbook", "xl/worksheets/sheet1.xml": b"<"}
    )
    _alone(m, "broken-parts", "压缩结构完好，里面的内容坏了", name, broken, "unreadable")
    packed = zipped({name: form})
    m.case(
        "truncated-zip",
        "压缩包只传过来一半",
        {"报送.zip": packed[: len(packed) // 2]},
        {"报送.zip": held("unreadable")},
    )


def _no_tables(m: Maker) -> None:
    _alone(m, "scanned-pdf", "只有盖章扫描的 PDF", "社会救助处第一季度.pdf", PDF, "not_a_table")
    _alone(m, "photo", "拍了一张照片", "IMG_20230403.jpg", PHOTO, "not_a_table")
    _alone(m, "screenshot-named-xlsx", "截图，扩展名改成了 .xlsx", m.name(RELIEF), png(), "not_a_table")
    notice = m.converted(_notice(m), ".html", "MS Word 2007 XML")
    m.case("the-notice-itself", "把通知发了回来", {"通知.docx": notice}, {"通知.docx": held()})
    _alone(m, "program", "不是表格，是程序", "报表.exe", b"MZ" + bytes(600), "unreadable")


def _notice(m: Maker) -> bytes:
    """Annex 1 and the empty Annex 2 as they stand in the notice."""
    rows = "".join(f"<tr><td>{t.label}</td><td>{t.text}</td><td>{t.division}</td></tr>" for t in m.office.tasks)
    return (
        '<html><head><meta charset="utf-8"></head><body><p>关于印发目标任务责任分解方案的通知</p>'
        "<p>局机关各处室：请认真组织落实，于每季度首月5日前报送完成情况。</p><p>附件1</p>"
        f"<table><tr><td>序号</td><td>工作事项</td><td>牵头处室</td></tr>{rows}</table></body></html>"
    ).encode()


def _other_workbooks(m: Maker) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "通讯录"
    for row in (
        ("姓名", "处室", "电话"),
        ("孙志远", "社会救助处", "027-00000000"),
        ("冯建国", "儿童福利处", "027-00000001"),
    ):
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    _alone(
        m,
        "unrelated-workbook",
        "发来的是通讯录",
        "通讯录.xlsx",
        m.converted(out.getvalue(), ".xlsx", "xlsx"),
        "no_form",
    )
    empty = Workbook()
    out = io.BytesIO()
    empty.save(out)
    _alone(m, "empty-workbook", "空白的工作簿", m.name(RELIEF), out.getvalue(), "no_form")
    _alone(
        m,
        "template-itself",
        "发来的是没有生成过的模板",
        "annex2.xlsx",
        (m.workspace.templates / "annex2.xlsx").read_bytes(),
    )
    master = load_workbook(m.workspace.master)
    for sheet_name in set(master.sheetnames) - {"任务台账", "处室", "报送节点", "报送情况"}:
        del master[sheet_name]
    out = io.BytesIO()
    master.save(out)
    _alone(m, "the-master-itself", "把总表（删去了几张工作表）发了回来", "master.xlsx", out.getvalue())
    name = m.name(RELIEF)
    lock = b"\x05" + "孙志远".encode("utf-16-le").ljust(160, b" \0"[:1])
    m.case(
        "office-lock-file",
        "表还开着就拷了过来，旁边有 Office 的锁定文件",
        {name: m.typed(RELIEF), f"~${name}": lock},
        {name: taken(RELIEF)},
        texts(RELIEF),
    )


def _bombs(m: Maker) -> None:
    nested = zipped({"报表.xlsx": m.typed(CHILDREN)})
    for depth in range(7):
        nested = zipped({f"{7 - depth}.zip": nested})
    path = "报送.zip"
    ways = [path]
    for n in range(1, 8):
        path += f"!{n}.zip"
        ways.append(path)
    m.case(
        "packed-eight-times",
        "压缩包套了八层：不再往里拆",
        {"报送.zip": nested},
        {w: Expect(IGNORED, codes=("container",)) for w in ways[:-1]} | {ways[-1]: held("bomb")},
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z, z.open("报表.xlsx", "w") as f:
        for _ in range(400):
            f.write(bytes(1 << 20))
    inner = out.getvalue()
    bomb = zipped({"1.zip": inner})  # zeros in zeros: the second time deflate makes it small
    outer = Expect(IGNORED, codes=("container",))
    m.case(
        "zip-bomb", "解开有400 MB 的小压缩包", {"报送.zip": bomb}, {"报送.zip": outer, "报送.zip!1.zip": held("bomb")}
    )
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 9))
    sheet = (
        f'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY l0 "哈哈哈哈">{laughs}]>'
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">'
        '<c r="A1" t="inlineStr"><is><t>&l8;</t></is></c></row></sheetData></worksheet>'
    )
    with zipfile.ZipFile(io.BytesIO(m.typed(RELIEF))) as z:
        parts = {n: z.read(n) for n in z.namelist()}
    parts["xl/worksheets/sheet1.xml"] = sheet.encode()
    _alone(m, "xml-bomb", "工作表里是层层展开的 XML 实体", "报表.xlsx", zipped(parts), "unreadable")
    escape = zipped({"../../../../tmp/报表.xlsx": m.typed(RELIEF)})
    m.case(
        "path-traversal",
        "压缩包里的文件名想写到别处去：只当作文件名，内容照收",
        {"报送.zip": escape},
        {"报送.zip": outer, "报送.zip!tmp/报表.xlsx": Expect("accepted", RELIEF, Q1)},
        texts(RELIEF),
    )
