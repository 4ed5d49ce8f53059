"""The Word notice -> tasks, rounds and doubts.

    notice = read_notice(Path("通知.docx"))
    notice.tasks[0].division, notice.rounds[0].due, notice.doubts

In: the bureau's notice with Annex 1 (任务责任分解方案), as .docx, or as .doc, .wps, .rtf or .odt where LibreOffice is
installed; or a workbook that lists the tasks.  Out: frozen values; nothing is written.  `source` reads the file, `word`
or `excel` what stands in it, `header` finds Annex 1, of the `edition` that holds, `rows`, `marks`, `names`, `leaders`
and `tasks` read its rows, `body` what stands around it, `rounds` and `days` what that says of when to report.
Knows nothing of the master workbook's layout.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from toolkit.errors import NoticeError
from toolkit.language import tr
from toolkit.model import Round, Task
from toolkit.notice.body import Body, read_body
from toolkit.notice.doubt import Doubt
from toolkit.notice.excel import Content, read_excel
from toolkit.notice.header import Annex, find_annex, unfolded
from toolkit.notice.marks import read_marks
from toolkit.notice.names import squeeze
from toolkit.notice.rows import in_prose, notes
from toolkit.notice.source import read_file
from toolkit.notice.tasks import read_tasks
from toolkit.notice.word import Block, Table, read_word

__all__ = ["Doubt", "Notice", "read_notice"]


@dataclass(frozen=True, slots=True)
class Notice:
    """What a notice says."""

    title: str  # of the plan it issues: 2023年省、市<政府工作报告>民政目标任务责任分解方案
    issuer: str  # who signs: 武汉市民政局办公室
    organisation: str  # as in Annex 2's title: 市民政局
    year: int
    rounds: tuple[Round, ...]  # due: the bureau's own dates; upstream_due is for the caller to decide
    tasks: tuple[Task, ...]  # in Annex 1's order
    doubts: tuple[Doubt, ...]  # for a person to confirm
    guessed: tuple[str, ...] = ()  # keys of rounds whose day it does not say: the 5th behind the period stands there


def read_notice(path: Path) -> Notice:
    """Reads a notice.

    Everything uncertain is in `doubts`, never silently decided.  Raises NoticeError, with the file as its place and a
    remedy, when the file cannot be read as Word, has no table of tasks, or names no year.
    """
    try:
        data, workbook = read_file(path)
        content = read_excel(data, path.name) if workbook else Content(read_word(data))
        blocks = unfolded(content.blocks)
        annex = find_annex(blocks)
        before = [b for b in blocks[: annex.first] if isinstance(b, str)]
        after = list(_texts([b for i, b in enumerate(blocks) if i > annex.first and i not in annex.used]))
        body = read_body(before, after, [_sentence(b) for b in blocks[: annex.first] if not isinstance(b, str)])
        marks = read_marks(map(squeeze, (*before, *after, *notes(annex.lines))))
        unmarked = body.starred is None and body.unstarred is None
        tasks, doubts = read_tasks(annex.lines, body.year, marks, all_lead=unmarked)
        doubts = (*in_prose([line for b in before for line in b.split("\n")], [t.text for t in tasks]), *doubts)
        if not tasks:
            raise NoticeError(tr("找到了任务表，但表里一项任务也没有"), remedy=tr("请确认通知的附件1已经填好"))
    except NoticeError as e:
        place = f"{path}（{e.where}）" if e.where else str(path)
        raise NoticeError(e.what, where=place, remedy=e.remedy) from e.__cause__
    columns = (*_helping(annex), *_unused(annex), *_chosen(annex))
    everything = (*body.doubts, *_sheets(content), *_counts(body, tasks), *_tables(annex), *columns, *doubts)
    return Notice(body.title, body.issuer, body.organisation, body.year, body.rounds, tasks, everything, body.guessed)


def _texts(blocks: Sequence[Block]) -> Iterator[str]:
    """Paragraphs, also those in tables: Annex 2's title may stand in its table's first row."""
    for block in blocks:
        if isinstance(block, str):
            yield block
        else:
            yield from ("".join(cell.lines) for row in block for cell in row if not cell.carried)


def _sentence(table: Table) -> str:
    """A small table of periods and days, as a sentence says it: 第一季度：4月8日；第二季度：7月8日。"""
    return "；".join("：".join("".join(c.lines) for c in row if not c.carried) for row in table) + "。"


def _counts(body: Body, tasks: Sequence[Task]) -> Iterator[Doubt]:
    starred = sum(t.starred for t in tasks)
    for kind, said, found in ((tr("牵头"), body.starred, starred), (tr("配合"), body.unstarred, len(tasks) - starred)):
        if said is not None and said != found:
            yield Doubt(
                "",
                tr("正文"),
                tr("正文说{kind}任务有{said}项，附件1里读出{found}项", kind=kind, said=said, found=found),
                "请对照通知核对星号和行数；不对就在 master.xlsx 的任务台账里改正",
            )
    if not starred and body.starred is None and body.unstarred is not None:
        yield Doubt(
            "",
            tr("附件1「序号」"),
            tr("没有一项任务带星号（*），都按配合任务处理"),
            "请核对哪些是牵头任务，在 master.xlsx 的任务台账的「牵头」列标上★",
        )


def _sheets(content: Content) -> Iterator[Doubt]:
    where = tr("附件1")
    if content.several:
        names = content.several
        message = tr("有{count}个工作表里都有任务表：{names}", count=len(names), names=names)
        yield Doubt("", where, message, "请核对；不是今年任务的，在 master.xlsx 的任务台账里删去那几行")
    if content.left:
        message = tr("这几个工作表像是别的年度的或旧稿，没有读：{names}", names=content.left)
        yield Doubt("", where, message, "请核对；也是今年任务的，改好工作表名和标题里的年度，另存后重新新建")
    if content.hidden:
        yield Doubt(
            "",
            tr("附件1"),
            tr("工作簿里有 {count} 行是隐藏的（筛选掉的），没有读", count=content.hidden),
            "请核对；也是本单位的任务，就取消筛选或隐藏，另存后重新新建",
        )


def _unused(annex: Annex) -> Iterator[Doubt]:
    if annex.unused:
        yield Doubt(
            "",
            tr("附件1"),
            tr("这几列没有写进任务台账：{unused}", unused=annex.unused),
            "要用的，在 master.xlsx 的任务台账里自己加一列抄上；程序不管自己加的列",
        )


def _helping(annex: Annex) -> Iterator[Doubt]:
    for table in annex.helping:
        message = tr(
            "“{text}”等{count}行的表里没有写由谁牵头，“{header}”暂作牵头处室",
            text=table.text[:30],
            count=table.count,
            header=table.header,
        )
        yield Doubt("", tr("附件1"), message, "请核对；由别的单位报的，在 master.xlsx 的任务台账里改正「牵头处室」")


def _chosen(annex: Annex) -> Iterator[Doubt]:
    for section, text in annex.chosen:
        yield Doubt(
            "",
            tr("附件1"),
            tr("“{section}”列写进了「类别」，“{text}”列写进了「工作事项」", section=section, text=text),
            "请核对；反了的，在 master.xlsx 的任务台账里把两列对调",
        )


def _tables(annex: Annex) -> Iterator[Doubt]:
    where = tr("附件1")
    if annex.titles:
        message = tr("有{count}个附件都是任务表，一起列为任务：{titles}", count=len(annex.titles), titles=annex.titles)
        yield Doubt("", where, message, "请核对；不是任务的，在 master.xlsx 的任务台账里删去那几行")
    if annex.twins:
        message = tr("文件里另有{count}张表头相近的表，没有采用：{twins}", count=len(annex.twins), twins=annex.twins)
        remedy = "请核对；也是任务的，在 master.xlsx 的任务台账里逐行补上，读出的不该收的删去"
        yield Doubt("", where, message, remedy)
    if annex.carried:
        message = tr("写着别的年度的，也一起列为任务：{titles}", titles=annex.carried)
        yield Doubt("", where, message, "请核对；不是今年任务的，在 master.xlsx 的任务台账里删去那几行")
    for row in annex.undivided:
        message = tr("文件里还有一张表没有读，它的表头里没有牵头处室，第一行是“{row}”", row=row)
        remedy = "请核对；是任务的，在 master.xlsx 的任务台账里逐行补上，或给它加上“牵头处室”一列，另存后重新新建"
        yield Doubt("", where, message, remedy)
    for row in annex.unread:
        message = tr("任务表后面还有一张没有表头的表，没有读，第一行是“{row}”", row=row)
        remedy = "请核对；是任务的，在 master.xlsx 的任务台账里逐行补上，或给它加上任务表的表头，另存后重新新建"
        yield Doubt("", where, message, remedy)
