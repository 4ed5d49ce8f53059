"""fill: a form that the level above sent, filled with the texts of 任务台账, in a copy: what the office itself reports.

Its tables and rows are found and matched as those of returned forms are; what is not certain is left, and told.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from toolkit import documents
from toolkit.errors import Annex2Error, WorkspaceError
from toolkit.forms.fanout import the_round
from toolkit.language import Text, listed, tr
from toolkit.master.store import load
from toolkit.model import Finding, Round
from toolkit.pending import standing_now
from toolkit.returns.figures import apart
from toolkit.returns.formats.sniff import Kind, sniff
from toolkit.returns.known import known
from toolkit.returns.sandbox import shared_pool
from toolkit.standing import moment
from toolkit.upward.answers import Answer, Texts, answers_for, figures_for, remarks_on
from toolkit.upward.asked import asked_for, other_years, round_asked, tables_of
from toolkit.upward.writing import into_word, into_workbook
from toolkit.workspace import Workspace, cannot_read
from toolkit.xlsx import WorkbookError

__all__ = ["FOLDER", "Filled", "fill"]

FOLDER = "上报"
"""Below summary/."""

MEMORY = "filled.json"
"""Which form each copy was made from, by name and SHA-256: two offices may call theirs the same."""


@dataclass(frozen=True, slots=True)
class Filled:
    """What became of a form."""

    path: Path
    round: Round
    columns: tuple[str, ...]  # the headers of what was filled
    written: tuple[Answer, ...]
    figures: int  # that were written as well
    remarks: tuple[Text, ...]  # what a person should look at
    kept: tuple[Path, ...]  # where a copy is that somebody had edited, or that was made from another form


def fill(
    workspace: Workspace,
    form: Path,
    round_key: str = "",
    column: str = "",
    now: datetime | None = None,
    *,
    otherwise: str = "",
) -> Filled:
    """Fill a copy of `form` for a round, by default the one that it names, in the column of this header where there
    are several.  `otherwise`: the round where it names none, or this one among others.

    Raises Annex2Error for a file that is no .xlsx or .docx with such a table, that is of another year, that leaves
    open which round or column is meant, or for which there is nothing; nothing is written then.
    """
    data, kind = _read(form)
    reading = shared_pool().read(data, form.name)
    if isinstance(reading, Finding):
        raise Annex2Error(reading.message, where=str(form), remedy=reading.remedy)
    with workspace.writing():
        master = load(workspace).master
        office, at, look = master.office, moment(now, master.zone), known(master.office)
        shown, figures_asked = apart(reading)
        tables = tables_of(shown, look)
        if not tables:
            raise Annex2Error(
                tr("没有找到要填的表：表头要有责任事项（或工作任务）和完成情况"),
                where=str(form),
                remedy=tr("换一份表再试"),
            )
        years = other_years(office, [*(t.title for t in tables), form.stem])
        if years and not round_key:
            key = office.rounds[0].key
            remedy = tr("在那一年的工作区里填；确是今年的，写明节点：annex2 fill 表 --round {key}", key=key)
            raise Annex2Error(_of_years(years, office.year), where=str(form), remedy=remedy)
        try:
            usual = the_round(office, otherwise) if otherwise else None
            round_ = the_round(office, round_key) if round_key else round_asked(look, office, tables, form.stem, usual)
            asked = asked_for(look, office, shown, tables, round_, column)
        except Annex2Error as e:
            raise Annex2Error(e.what, where=f"{form} {e.where}".strip(), remedy=e.remedy) from None
        (status,) = (r for r in standing_now(workspace, master, at)[0] if r.round.key == round_.key)
        texts = Texts(master, status)
        answers = answers_for(texts, asked.places)
        entries = [a.entry for a in answers if a.wanted]
        figures = tuple(figures_for(master, round_, figures_asked)) if kind is Kind.XLSX else ()
        try:
            if kind is Kind.XLSX:
                made, refused = into_workbook(data, entries, figures)
            else:
                made, refused = into_word(data, entries)
        except WorkbookError as e:
            raise Annex2Error(e.message, where=f"{form} {e.where}", remedy=tr("表没有改动；改好后再试")) from None
        remarks = (*asked.remarks, *remarks_on(texts, answers, refused))
        remarks = (_of_years(years, office.year), *remarks) if years else remarks
        written = tuple(a for a in answers if a.wanted and a.place.where not in refused)
        if not written and not figures:
            raise Annex2Error(
                tr("{form} 里没有一项填得上{round}的文字", form=form.name, round=round_.name),
                where=str(form),
                remedy=listed("；", [*remarks[:4], tr("要填别的节点，用 --round 写明")]),
            )
        path, kept = _put(workspace, form, data, made)
        return Filled(path, round_, asked.columns, written, len(figures), remarks, kept)


def _read(form: Path) -> tuple[bytes, Kind]:
    try:
        data = form.read_bytes()
    except FileNotFoundError:
        raise WorkspaceError(tr("没有这个文件或文件夹：{path}", path=form), remedy=tr("检查路径")) from None
    except OSError as e:
        raise cannot_read(form, e) from None
    kind = sniff(data, form.name)
    if kind not in (Kind.XLSX, Kind.DOCX):
        raise Annex2Error(
            tr("{name} 是{kind}，填不了", name=form.name, kind=kind),
            where=str(form),
            remedy=tr("用 Excel、Word 或 WPS 另存为 .xlsx 或 .docx 再试"),
        )
    return data, kind


def _of_years(years: tuple[int, ...], year: int) -> Text:
    return tr("这张表写的是 {years} 年，总表是 {year} 年的", years=tr("、").join(map(str, years)), year=year)


def _put(workspace: Workspace, form: Path, data: bytes, made: bytes) -> tuple[Path, tuple[Path, ...]]:
    """Where the copy is, and what was set aside for it."""
    path = workspace.summary / FOLDER / form.name
    if path.resolve() == form.resolve():
        path = path.with_stem(f"{path.stem}（已填）")
    stored, digest = workspace.remembered(MEMORY), hashlib.sha256(data).hexdigest()
    of_forms: dict[str, object] = stored if isinstance(stored, dict) else {}
    kept: tuple[Path, ...] = ()
    if of_forms.get(path.name, digest) != digest and (there := documents.there(path)) is not None:
        kept = (documents.set_aside(path, there),)
    kept = tuple(dict.fromkeys((*kept, *documents.put(workspace, {path: made}))))
    workspace.remember(MEMORY, of_forms | {path.name: digest})
    return path, kept
