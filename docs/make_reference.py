"""Writes docs/模板与设置.md from the code: `python docs/make_reference.py`.

Sheets and columns, settings and what templates may name are stated once, in the program; tests/test_docs.py compares.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from toolkit.approvals import CONTEXT as APPROVAL_CONTEXT
from toolkit.approvals import TEMPLATE as APPROVAL_TEMPLATE
from toolkit.bulletins import CONTEXT as BULLETIN_CONTEXT
from toolkit.bulletins import TEMPLATE as BULLETIN_TEMPLATE
from toolkit.forms.fill import CONTEXT as FORM_CONTEXT
from toolkit.kinds import KINDS as FORM_KINDS
from toolkit.mail.compose import CONTEXT as MAIL_CONTEXT
from toolkit.mail.compose import TEMPLATES as MAIL_TEMPLATES
from toolkit.mail.settings import SETTINGS as MAIL_SETTINGS
from toolkit.master import schema
from toolkit.master.build import DEFAULT_TEXT_LIMIT, DEFAULT_VERSIONS, JOBS, NOTES, SETTING_NOTES
from toolkit.master.guide import DECISIONS, SHEETS
from toolkit.master.schema import Column, Sheet
from toolkit.master.tracker_sheet import MARKS
from toolkit.model import Verdict
from toolkit.opening import TIMEZONE
from toolkit.scheduled import STATUS_TEMPLATE
from toolkit.summary.content import CONTEXT as SUMMARY_CONTEXT

TARGET = Path(__file__).with_name("模板与设置.md")

ROUND = "第一季度"
KINDS = {"text": "文字", "number": "数字", "percent": "百分数", "date": "日期", "moment": "日期和时间"}

INTRO = """\
# 模板与设置

本页由程序生成（`python docs/make_reference.py`），与程序一致，请勿手改。怎样用看[使用手册](使用手册.md)。

* [总表的各张表](#总表的各张表)
* [设置](#设置)
* [表格模板](#表格模板)
* [邮件模板](#邮件模板)
* [其他模板](#其他模板)
* [定时任务](#定时任务)
* [程序用的词](#程序用的词)
"""

SHEETS_INTRO = """\
程序按**表名**和**表头的文字**找地方，不按位置。所以可以移列、排序、加列、加表；不要改表名和表头的文字。
「必有」的列少了，程序会停下来说缺哪一列。「隐藏」的列是程序认行用的，不要删。
"""

TRACKER_INTRO = f"""\
一行一个处室，一个节点一列。列：{schema.TRACKER_DIVISION}、{schema.TRACKER_LEADER}，然后是各节点的名称（如 {ROUND}）。
节点的格子里，人可以写三种内容：“{schema.EXEMPT}”、“{schema.EXTENDED} 2023-04-10”，或收到纸质报送的日期。
同意过延期的处室报了纸质，写“2023-04-08（{schema.EXTENDED} 2023-04-10）”；annex2 collect 把它改写成
“✓按时 4月8日（纸质，{schema.EXTENDED}2023-04-10）”，颜色和个数才算得对。
延期写在“处室”里的，填日期就行，也会改写成“✓按时 4月8日（纸质，已延期）”。

颜色和文字随日期自动变化：
"""

FORM_INTRO = """\
文件：{files}。用 Excel、WPS 打开就能改：标题、字体、列宽、说明文字随意，双大括号里的占位符要原样保留。

* 正好要有**一行**写着 `{{{{ task.… }}}}`，它按任务重复；
* 占位符写错了，`annex2 fanout` 会说是哪个单元格，不会生成半份表格；
* 改坏了，从随程序提供的 `templates` 里复制一份回来。
"""

MAIL_INTRO = """\
文件：{files}。用记事本打开就能改，存为 UTF-8。第一行是 `主题：…`，从第二行起是正文。
改好后用 `annex2 send 2023Q1 --dry-run` 看效果，不会真的发送。
"""


def reference() -> str:
    """The whole page."""
    parts = [INTRO, "## 总表的各张表\n", SHEETS_INTRO, table(("表", "放什么"), SHEETS)]
    for sheet, _ in SHEETS:
        parts.append(f"### {sheet}\n")
        if sheet in NOTES:
            parts.append(NOTES[sheet] + "\n")
        if sheet is Sheet.TRACKER:
            parts += [TRACKER_INTRO, table(("格子里", "意思"), ((m.sample, m.meaning) for m in MARKS))]
        else:
            parts.append(columns_of(sheet))
    parts += ["## 设置\n", "总表的“设置”表，改“值”这一列。“空着”是说默认不填。\n", settings()]
    parts += ["## 表格模板\n", FORM_INTRO.format(files=listed((k.template for k in FORM_KINDS.values()), "templates/"))]
    parts.append(table(("占位符", "是什么"), ((f"`{{{{ {k} }}}}`", v) for k, v in FORM_CONTEXT.items())))
    parts += ["## 邮件模板\n", MAIL_INTRO.format(files=listed((f"{n}.j2" for n in MAIL_TEMPLATES), "templates/mail/"))]
    parts.append(table(("占位符", "是什么"), ((f"`{k}`", v) for k, v in MAIL_CONTEXT.items())))
    parts += ["## 其他模板\n", others()]
    parts += ["## 定时任务\n", jobs()]
    parts += ["## 程序用的词\n", words()]
    return "\n".join(parts)


def columns_of(sheet: Sheet) -> str:
    columns: Sequence[Column]
    if sheet is Sheet.TASKS:
        columns = schema.task_columns([ROUND])
    elif sheet is Sheet.TARGETS:
        columns = schema.target_columns([ROUND])
    else:
        columns = schema.COLUMNS[sheet]
    rows = [(c.header, "annex2" if c.ours else "人", "必有" if c.needed else "", what(c)) for c in columns]
    more = ""
    if sheet is Sheet.TASKS:
        kinds = "、".join(str(kind) for kind, form in FORM_KINDS.items() if form.in_ledger)
        more = f"\n表种是{kinds}的节点，每个有自己的两列，名称在前：这里以“{ROUND}”为例。新节点的列由 annex2 添。\n"
    if sheet is Sheet.TARGETS:
        more = f"\n附件2的节点各有一列累计值，名称在前：这里以“{ROUND}”为例。新节点的列由 annex2 添。\n"
    return table(("列", "谁填", "", "内容"), rows) + more


def what(column: Column) -> str:
    parts = [KINDS[column.kind]]
    if column.choices:
        parts = [("下拉：" if column.strict else "下拉或自己写：") + "、".join(column.choices)]
    if column.hidden or column.folded:
        parts.append("隐藏" if column.hidden else "折叠")
    return "；".join(parts)


def settings() -> str:
    defaults: dict[str, object] = {
        schema.SETTING_TIMEZONE: TIMEZONE,
        schema.SETTING_TEXT_LIMIT: DEFAULT_TEXT_LIMIT,
        schema.SETTING_VERSIONS: DEFAULT_VERSIONS,
        **{item: default for item, default, _ in (*schema.DEADLINE_SETTINGS, *schema.PACE_SETTINGS, *MAIL_SETTINGS)},
    }
    own = (schema.SETTING_ORGANISATION, schema.SETTING_YEAR, schema.SETTING_TITLE, schema.SETTING_ISSUER)
    rows = [
        (item, "由通知而定" if item in own else str(defaults.get(item, "")) or "空着", note)
        for item, note in SETTING_NOTES.items()
    ]
    return table(("项目", "默认", "说明"), rows)


def others() -> str:
    rows = (
        (f"`templates/{STATUS_TEMPLATE}`", "报送情况网页（`annex2 status --html 报送情况.html`）"),
        (f"`templates/{BULLETIN_TEMPLATE}`", "通报（`annex2 bulletin 2023Q1`），用 Word、WPS 改样式"),
        (f"`templates/{APPROVAL_TEMPLATE}`", "送审材料（`annex2 approval 2023Q1`），用 Word、WPS 改样式"),
        ("`templates/summary.docx`", "年度汇总的 Word 材料，用 Word、WPS 改样式"),
        ("`templates/summary.html.j2`", "年度汇总的网页"),
    )
    parts = [table(("文件", "是什么"), rows)]
    for template, context in (
        (f"templates/{BULLETIN_TEMPLATE}", BULLETIN_CONTEXT),
        (f"templates/{APPROVAL_TEMPLATE}", APPROVAL_CONTEXT),
        ("templates/summary.docx`、`templates/summary.html.j2", SUMMARY_CONTEXT),
    ):
        named = ((f"`{name}`", what) for name, what in context.items())
        parts.append(f"\n`{template}` 里可以写 `{{{{ 名字 }}}}`：\n\n{table(('名字', '是什么'), named)}")
    parts.append("\n没有改过的模板，用程序带的新版本换掉，就有新的版式；改过的照旧能用。\n")
    return "".join(parts)


def jobs() -> str:
    rows = [(f"{name}", action, when) for name, action, when in JOBS]
    intro = f"{NOTES[Sheet.JOBS]}\n\n“做什么”可以选：{'、'.join(schema.JOB_ACTIONS)}。新的总表里有这几行：\n\n"
    return intro + table((schema.JOB_NAME, schema.JOB_ACTION, schema.JOB_WHEN), rows)


def words() -> str:
    kinds = (
        ("一份文件的结论（收件记录）", [v.label for v in Verdict]),
        ("一项任务的报送状态（任务台账）", schema.REPORT_STATES),
        ("一项任务的工作状态（任务台账，由人选）", schema.TASK_STATES),
        ("销号状态（任务台账，由人选）", schema.CLOSING_STATES),
    )
    rows = [(name, "、".join(values)) for name, values in kinds]
    return table(("在哪里", "词"), rows) + "\n“处理意见”怎么选：\n\n" + table(("选什么", "意思"), DECISIONS)


def listed(names: Iterable[str], folder: str) -> str:
    return "、".join(f"`{folder}{n}`" for n in names)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "".join("| " + " | ".join(str(c).replace("|", "\\|") for c in line) + " |\n" for line in lines)


if __name__ == "__main__":
    TARGET.write_text(reference(), "utf-8")
    sys.exit(0)
