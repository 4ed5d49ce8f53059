"""What stands in 处室 and 任务台账 and will not do what somebody meant by it: it is told and stops nothing.  Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import timedelta

from toolkit.language import tr
from toolkit.master.schema import EXEMPT_ROUNDS, EXTENSIONS, SUCCESSOR, Sheet
from toolkit.model import Office, Receipt

_LONG = timedelta(days=366)
"""An extension that is longer is mistyped."""


def doubts(office: Office) -> tuple[str, ...]:
    """What a person should look at once more, a sentence each."""
    return (*_leads(office), *_rounds(office), *_extensions(office), *_heirs(office), *_numbers(office))


def _leads(office: Office) -> Iterator[str]:
    """牵头处室 that are no division: nobody is asked, and a form is refused."""
    for name, labels in office.unknown_leads.items():
        yield tr(
            "“{sheet}”第{labels}项的牵头处室“{name}”在“{divisions}”表里没有：写错的改正，只写一个处室，别的写进“责任处室(单位)”",
            sheet=Sheet.TASKS,
            labels=labels,
            name=name,
            divisions=Sheet.DIVISIONS,
        )


def _rounds(office: Office) -> Iterator[str]:
    """Rounds named in 处室 that there are none of."""
    known = tr("、").join(f"{r.key}（{r.name}）" for r in office.rounds)
    for d in office.divisions:
        named = [(EXEMPT_ROUNDS, w) for w in d.exempt if not office.every_round(w)]
        named += [(EXTENSIONS, w) for w, _ in d.extended]
        for header, word in named:
            if office.round(word) is None:
                yield tr(
                    "“{sheet}”里{division}的“{header}”写的“{word}”不是哪个报送节点，没有照办。现有：{known}",
                    sheet=Sheet.DIVISIONS,
                    division=d.name,
                    header=header,
                    word=word,
                    known=known,
                )


def _extensions(office: Office) -> Iterator[str]:
    """延期 that give nobody longer, or so much that the year must be mistyped."""
    given = [(Sheet.TRACKER, name, office.round(key), until) for (name, key), until in office.granted.items()]
    for d in office.divisions:
        given += [(Sheet.DIVISIONS, d.name, office.round(word), until) for word, until in d.extended]
    for sheet, name, round_, until in given:
        if round_ is None:
            continue
        about = {"sheet": sheet, "name": name, "round": round_.name, "until": until, "due": round_.last_day}
        if until <= round_.last_day:
            yield tr(
                "“{sheet}”里{name}的{round}延期至 {until}，不比截止日期 {due} 晚，不起作用：核对年份，或把它清空",
                **about,
            )
        elif until - round_.last_day > _LONG:
            yield tr("“{sheet}”里{name}的{round}延期至 {until}，比截止日期 {due} 晚一年以上：请核对年份", **about)


def _heirs(office: Office) -> Iterator[str]:
    """Divisions that were closed and left tasks to nobody."""
    for d in office.divisions:
        if d.closed is None:
            continue
        left = tr("、").join(t.label for t in office.tasks if not t.closed and office.division(t.division) is d)
        if left and office.division(office.heir(d.name, d.closed)) is None:
            yield tr(
                "“{sheet}”里{division}已停用，名下还有第{left}项，“{header}”{written}：这几项没有人报。"
                "写上接手的处室；不再办的任务在“任务台账”里销号",
                sheet=Sheet.DIVISIONS,
                division=d.name,
                left=left,
                header=SUCCESSOR,
                written=tr("写的“{heir}”不是在用的处室", heir=d.successor) if d.successor else tr("没有填"),
            )


def _numbers(office: Office) -> Iterator[str]:
    """A 序号 that several tasks have: people, and 销号, tell tasks by it."""
    for no, count in Counter(t.no for t in office.tasks).items():
        if count > 1:
            yield tr("“{sheet}”里有 {count} 项任务的序号都是 {no}，请改成不同的", sheet=Sheet.TASKS, count=count, no=no)


def lost_names(office: Office, receipts: Iterable[Receipt]) -> Iterator[str]:
    """Divisions that have reported and are not there any more: renamed, most often, without their old name as 别名."""
    there = {t.division for t in office.tasks}
    reported = Counter(r.division for r in receipts if r.written and r.division)
    for name, count in reported.items():
        if name not in there and office.division(name) is None:
            yield tr(
                "“{receipts}”里有 {count} 份是{name}报的，“{sheet}”里没有它了，这几份算不到谁名下："
                "改了名的，把旧名写进新名那一行的“别名”；撤销、并入的不要删行，填“停用日期”和“并入”",
                receipts=Sheet.RECEIPTS,
                sheet=Sheet.DIVISIONS,
                count=count,
                name=name,
            )
