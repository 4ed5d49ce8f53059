"""Cases: the formats and wrappings in which a form comes back."""

from __future__ import annotations

import csv
import io
from email.message import EmailMessage

import docx
from made_forms import png
from made_outlook import attachments, ole, properties
from making import (
    ACCEPTED,
    CHILDREN,
    GRASSROOTS,
    IGNORED,
    OLD_AGE,
    Q1,
    RELIEF,
    WRITTEN,
    Expect,
    Maker,
    held,
    taken,
    texts,
    title,
    zipped,
)

IN_A_CONTAINER = Expect(IGNORED, codes=("container",))
UNSTAMPED = taken(RELIEF, Q1, "no_stamp")


def retyped(m: Maker, division: str = RELIEF, approver: str = "吴明") -> bytes:
    """The annex typed anew in Word, as an older colleague prefers it."""
    document = docx.Document()
    document.add_paragraph("附件2")
    document.add_paragraph(title(division))
    tasks = [t for t in m.office.tasks if t.starred and t.division == division]
    table = document.add_table(rows=1 + len(tasks), cols=3)
    for cell, text in zip(table.rows[0].cells, ("序号", "责任事项", "完成情况"), strict=True):
        cell.text = text
    for row, (i, task), written in zip(table.rows[1:], enumerate(tasks, start=1), WRITTEN[Q1][division], strict=True):
        row.cells[0].text, row.cells[1].text, row.cells[2].text = str(i), task.text, written
    document.add_paragraph(f"分管局领导审定：{approver}")
    document.add_paragraph("审定日期：2023年4月3日")
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def mail(subject: str, *files: tuple[str, str, bytes], sender: str = "jiuzhu@example.gov.cn") -> EmailMessage:
    """A mail; each file is (name, its type, bytes)."""
    m = EmailMessage()
    m["From"], m["To"], m["Subject"] = sender, "bangongshi@example.gov.cn", subject
    m["Received"] = "from mx.example.gov.cn by mail.example.gov.cn; Sun, 02 Apr 2023 09:30:00 +0800"
    m["Date"] = "Sun, 02 Apr 2023 09:29:58 +0800"
    m["Message-ID"] = "<1@example.gov.cn>"
    m.set_content("办公室：\n\n现报送我处第一季度工作目标完成情况，请查收。\n")
    for name, kind, data in files:
        main, _, sub = kind.partition("/")
        m.add_attachment(data, maintype=main, subtype=sub, filename=name)
    return m


XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def make(m: Maker) -> None:
    _workbooks(m)
    _texts_and_documents(m)
    _wrapped(m)


def _workbooks(m: Maker) -> None:
    for slug, suffix, kind, about in (
        ("format-xlsx", ".xlsx", "xlsx", "填好后由 LibreOffice 存为 .xlsx"),
        ("format-xls", ".xls", "xls", "另存为 97-2003 的 .xls"),
        ("format-ods", ".ods", "ods", "另存为 .ods"),
        ("format-et", ".et", "xls", "WPS 表格的 .et（内容同 .xls）"),
        ("format-xlsm", ".xlsm", "Calc MS Excel 2007 VBA XML", "另存为启用宏的 .xlsm"),
        ("format-xls-named-xlsx", ".xlsx", "xls", "老格式的 .xls，扩展名被改成了 .xlsx"),
    ):
        name = m.name(RELIEF, suffix=suffix)
        m.case(slug, about, {name: m.typed(RELIEF, kind=kind)}, {name: taken(RELIEF)}, texts(RELIEF))
    name = m.name(OLD_AGE)
    m.case(
        "format-six-tasks", "六项任务的表，照原样填好", {name: m.typed(OLD_AGE)}, {name: taken(OLD_AGE)}, texts(OLD_AGE)
    )


def _texts_and_documents(m: Maker) -> None:
    for slug, code, about in (
        ("format-csv-utf8", 76, "另存为 UTF-8 的 .csv"),
        ("format-csv-gb18030", 85, "另存为 GB18030 的 .csv"),
    ):
        name = m.name(RELIEF, suffix=".csv")
        data = m.typed(RELIEF, kind="csv", FilterOptions=f"44,34,{code},1")
        assert title(RELIEF) in data.decode("utf-8-sig" if code == 76 else "gb18030"), slug
        m.case(slug, about, {name: data}, {name: UNSTAMPED}, texts(RELIEF))
    rows = list(csv.reader(io.StringIO(m.typed(RELIEF, kind="csv", FilterOptions="44,34,76,1").decode("utf-8-sig"))))
    html = "".join("<tr>" + "".join(f"<td>{c}</td>" for c in row[:3]) + "</tr>" for row in rows)
    page = f'<html><head><meta charset="gb2312"></head><body><table>{html}</table></body></html>'.encode("gbk")
    name = m.name(RELIEF, suffix=".xls")
    m.case("format-html-named-xls", "办公系统导出的“.xls”，其实是网页", {name: page}, {name: UNSTAMPED}, texts(RELIEF))
    word = m.converted(retyped(m), ".docx", "MS Word 2007 XML")
    name = "救助处一季度完成情况.docx"
    m.case("format-docx-retyped", "在 Word 里重新打了一张表", {name: word}, {name: UNSTAMPED}, texts(RELIEF))
    for slug, suffix, filter_name, needs in (
        ("format-doc", ".doc", "MS Word 97", "libreoffice"),
        ("format-wps", ".wps", "MS Word 97", "libreoffice"),
    ):
        data = m.converted(word, ".docx", filter_name)
        name = f"救助处一季度完成情况{suffix}"
        m.case(slug, f"Word 里重新打的表，存为 {suffix}", {name: data}, {name: UNSTAMPED}, texts(RELIEF), needs=needs)


def _wrapped(m: Maker) -> None:
    form, name = m.typed(RELIEF), m.name(RELIEF)
    other, other_name = m.typed(CHILDREN), m.name(CHILDREN)
    both = texts(RELIEF)[Q1] | texts(CHILDREN)[Q1]
    pages = {"签字页.pdf": b"%PDF-1.4\n" + b"0" * 200 + b"\n%%EOF\n"}
    m.case(
        "packed-zip-gbk",
        "压缩包里的文件名是 GBK 编码，表外还有一页扫描的签字",
        {"社会救助处报送.zip": zipped({name: form} | pages, gbk=True)},
        {
            "社会救助处报送.zip": IN_A_CONTAINER,
            f"社会救助处报送.zip!{name}": taken(RELIEF),
            "社会救助处报送.zip!签字页.pdf": Expect(IGNORED, codes=("evidence",)),
        },
        texts(RELIEF),
    )
    m.case(
        "packed-zip-of-two",
        "一个压缩包里是两个处室的表",
        {"一季度.zip": zipped({f"一季度/{name}": form, f"一季度/{other_name}": other})},
        {
            "一季度.zip": IN_A_CONTAINER,
            f"一季度.zip!一季度/{name}": taken(RELIEF),
            f"一季度.zip!一季度/{other_name}": taken(CHILDREN),
        },
        {Q1: both},
    )
    _other_archives(m, form, name)
    plain_mail = mail("报送一季度完成情况", (name, XLSX, form), ("签名.png", "image/png", png()))
    m.case(
        "mail-with-form",
        "邮件存成 .eml 转来，附件是表和一张签名图片",
        {"报送.eml": plain_mail.as_bytes()},
        {
            "报送.eml": IN_A_CONTAINER,
            f"报送.eml!{name}": taken(RELIEF),
            "报送.eml!签名.png": Expect(IGNORED),
        },
        texts(RELIEF),
    )
    forwarded = mail("转发：报送一季度完成情况", sender="zhongxin@example.gov.cn")
    forwarded.add_attachment(mail("报送一季度完成情况", ("表.zip", "application/zip", zipped({name: form}))))
    whole = forwarded.as_bytes()
    inner = "报送一季度完成情况.eml"
    m.case(
        "mail-in-mail",
        "转发的邮件，原邮件作为附件，表在它的压缩包里",
        {"转发.eml": whole},
        {
            "转发.eml": IN_A_CONTAINER,
            f"转发.eml!{inner}": IN_A_CONTAINER,
            f"转发.eml!{inner}!表.zip": IN_A_CONTAINER,
            f"转发.eml!{inner}!表.zip!{name}": taken(RELIEF),
        },
        texts(RELIEF),
    )
    three = mail(
        "报送",
        (name, XLSX, form),
        ("佐证材料.pdf", "application/pdf", pages["签字页.pdf"]),
        (other_name, XLSX, other),
        ("印章.png", "image/png", png()),
    )
    m.case(
        "mail-with-three-files",
        "一封邮件里有两个处室的表、一份佐证材料和印章图片",
        {"报送.eml": three.as_bytes()},
        {
            "报送.eml": IN_A_CONTAINER,
            f"报送.eml!{name}": taken(RELIEF),
            f"报送.eml!{other_name}": taken(CHILDREN),
            "报送.eml!佐证材料.pdf": Expect(IGNORED, codes=("evidence",)),
            "报送.eml!印章.png": Expect(IGNORED),
        },
        {Q1: both},
    )
    m.case(
        "mail-without-files",
        "只回了一句话，没有附件",
        {"回复.eml": mail("收到，下周报").as_bytes()},
        {"回复.eml": Expect(IGNORED, codes=("mail_without_files",), exact=True)},
    )
    away = mail("自动回复：请报送第一季度完成情况")
    away["Auto-Submitted"] = "auto-replied"
    m.case(
        "mail-of-an-absence",
        "外出的自动回复",
        {"自动回复.eml": away.as_bytes()},
        {"自动回复.eml": Expect(IGNORED, codes=("automatic_reply",))},
    )
    signed = mail("报送", (name, XLSX, form))
    signed.add_attachment(png(), maintype="image", subtype="png", filename="logo.png", disposition="inline", cid="<1>")
    m.case(
        "mail-with-signature",
        "表在附件里，正文的签名里有一张图片",
        {"报送.eml": signed.as_bytes()},
        {
            "报送.eml": IN_A_CONTAINER,
            f"报送.eml!{name}": taken(RELIEF),
            "报送.eml!logo.png": Expect(IGNORED, codes=("inline_picture",), exact=True),
        },
        texts(RELIEF),
    )
    m.case(
        "packed-nothing",
        "压缩包里只有一个空文件夹",
        {"报送.zip": zipped({"报送/": b""})},
        {"报送.zip": held("empty_container")},
    )


def _other_archives(m: Maker, form: bytes, name: str) -> None:
    import py7zr
    from test_unpack_archives import rar

    out = io.BytesIO()
    with py7zr.SevenZipFile(out, "w") as z:
        z.writestr(form, name)
    for slug, archive, data, needs in (
        ("packed-7z", "报送.7z", out.getvalue(), "py7zr"),
        ("packed-rar", "报送.rar", rar((name, form)), ""),
    ):
        m.case(
            slug,
            f"表装在 {archive[2:]} 里",
            {archive: data},
            {archive: IN_A_CONTAINER, f"{archive}!{name}": taken(RELIEF)},
            texts(RELIEF),
            needs=needs,
        )
    small, small_name = m.typed(GRASSROOTS), m.name(GRASSROOTS)
    message = ole(
        {
            **properties({0x0037: "报送一季度完成情况", 0x1000: "请查收", 0x0C1F: "jiceng@example.gov.cn"}, 32),
            **attachments({0x3705: 1, 0x3707: small_name, 0x3701: small}),
        }
    )
    m.case(
        "mail-outlook-msg",
        "Outlook 存下来的 .msg",
        {"报送.msg": message},
        {"报送.msg": IN_A_CONTAINER, f"报送.msg!{small_name}": Expect(ACCEPTED, GRASSROOTS, Q1, (), True)},
        texts(GRASSROOTS),
    )
