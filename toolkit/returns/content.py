"""What is wrong, or odd, with one 完成情况 and with a form's approval.  Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date

from toolkit.cells import split_names
from toolkit.kinds import FormKind
from toolkit.language import Text, tr
from toolkit.model import Finding, Task, plain
from toolkit.plans import unread
from toolkit.returns.filled import Table
from toolkit.returns.findings import finding
from toolkit.returns.match import FormRow
from toolkit.returns.statuses import is_empty_word, is_placeholder
from toolkit.returns.wording import call_row, shorten
from toolkit.targets.targets import of_work
from toolkit.xlsx import CELL_ERRORS
from toolkit.xlsx.values import MAX_TEXT

_NOT_YET = re.compile(r"[待未]|暂缺|^[无/\\-]$")
"""What stands in the place of a signature or its day: 待审, （未审）, /."""
_DIGIT = re.compile(r"[\d一二三四五六七八九十]")
_BARE = re.compile(
    r"[-+]?[\d,]+(?:\.\d+)?[%％‰]?|\d{4}[-/.年]\d{1,2}(?:[-/.月]\d{1,2}日?)?(?: [\d:]+)?|\d+(?::\d\d){1,2}|TRUE|FALSE"
)

SAME_LENGTH = 10
"""From this length on an unchanged text is worth a remark; shorter ones are rightly alike."""

_COUNT = re.compile(
    r"(?P<what>[\u4e00-\u9fff]{3,})(?P<number>\d+(?:\.\d+)?)(?P<unit>[万亿]?余?"
    r"(?:户|个|人次|人|套|名|件|家|所|处|场次|场|张|份|万元|元|平方米|%))"
)
_NOT_TO_DATE = re.compile(
    r"本季|当季|本月|当月|本周|本期|新增|季度|月份|其中|环比|同比|比[去上]|较|还有|剩余|尚|未|减少|下降|计划|目标|要求|拟|预计|下一步"
)


_DAY = re.compile(
    r"[\d一二三四五六七八九十]月|\d日|\d[-./]\d|[上中下]旬|[年月季][初中末底]|每[日周月季]|[今昨]天|[上本]周"
)
_NO_CONTACT_YET = re.compile(
    r"^(?:(?:因|由于)[^。；;]{1,40}[，,])?(?:目前|截[至止][^，,。；;]{1,14}[，,]?)?"
    r"(?:尚|还|暂|仍)?(?:未(?!来)|没有?|无法|无需|不用|不需)[^，,。；;]{0,16}(?:对接|联系|沟通|衔接|协商)"
)
_REASON = re.compile(r"因|由于|鉴于|[等待]|拟|计划|预计|打算|已由|没有(?:任务|要求)|不涉及|[，,。；;].{4}")
"""Why there was no contact yet, or when there will be."""


Name = Callable[[], Text]
"""How the division knows a row, asked for where something is said of it."""


def problem(row: FormRow, name: Name) -> Finding | None:
    """Why a row's 完成情况 cannot be merged, or None."""
    text = row.status
    if row.shared:  # which sentence answers which task is not ours to say
        return finding("shared_status", row.where, label=name())
    if not text and row.unsaved:
        return finding("formula_unsaved", row.where, label=name())
    if not text:
        return finding("picture" if row.picture else "empty_status", row.where, label=name())
    if text in CELL_ERRORS:
        return finding("formula_error", row.where, label=name(), value=text)
    if is_placeholder(text):
        return finding("placeholder", row.where, label=name(), text=text[:20])
    if row.struck:
        return finding("struck_out", row.where, label=name(), text=shorten(row.struck, 30))
    if len(text) * 2 > MAX_TEXT and (units := len(text.encode("utf-16-le", "surrogatepass")) // 2) > MAX_TEXT:
        return finding("too_long_for_cell", row.where, label=name(), length=units, limit=MAX_TEXT)
    return None


def remarks(row: FormRow, name: Name, before: str, limit: int) -> list[Finding]:
    """What is worth saying about a text that is merged.  `before`: the task's text of the round before."""
    found: list[Finding] = []
    text = row.status
    if len(text) > limit:
        found.append(finding("too_long", row.where, label=name(), length=len(text), limit=limit))
    if _BARE.fullmatch(text):
        found.append(finding("number_only", row.where, label=name(), text=text))
    if row.picture:
        found.append(finding("picture_beside", row.where, label=name()))
    if before and len(text) >= SAME_LENGTH and plain(text) == plain(before):
        found.append(finding("unchanged", row.where, label=name()))
    elif before:
        found += [
            finding("lower_figure", row.where, label=name(), what=what, before=old, now=new)
            for what, old, new in lower_figures(text, before)
        ]
    return found


def wanting(row: FormRow, name: Name, form: FormKind) -> list[Finding]:
    """What is left out of the further answers that a form asks for."""
    found: list[Finding] = []
    for answer in form.answers[1:]:
        where, said = row.places.get(answer, row.where), row.further.get(answer, "")
        if not said:
            found.append(finding("no_contact", where, label=name(), answer=answer))
        elif _NO_CONTACT_YET.search(said):
            if not _REASON.search(said):
                found.append(finding("contact_unexplained", where, label=name(), answer=answer))
        elif not _DAY.search(said):
            found.append(finding("contact_undated", where, label=name(), answer=answer))
    return found


def steps(row: FormRow, name: Name, year: int) -> list[Finding]:
    """What the steps of a 办理方案 leave open."""
    found: list[Finding] = []
    for step in row.steps:
        told = {"label": name(), "step": shorten(step.text, 16)}
        if step.unsaved:
            found.append(finding("formula_unsaved", step.where, label=name()))
            continue
        if not step.text:
            found.append(finding("step_without_words", step.where, label=name()))
            continue
        if is_empty_word(step.text):
            found.append(finding("step_says_nothing", step.where, label=name(), text=step.text[:20]))
            continue
        if step.struck:
            found.append(finding("struck_out", step.where, label=name(), text=shorten(step.struck, 30)))
        if not step.when:
            found.append(finding("step_undated", step.day_where, **told))
        elif unread(step.when):
            found.append(finding("step_day_unread", step.day_where, when=str(step.when)[:20], **told))
        elif isinstance(step.when, date) and step.when.year != year:
            found.append(finding("step_of_another_year", step.day_where, when=step.when, year=year, **told))
        if not step.person:
            found.append(finding("step_of_nobody", step.where, **told))
    return found


def lower_figures(now: str, before: str) -> list[tuple[str, str, str]]:
    """(what, figure before, figure now) where the same words stand before a smaller figure of the same unit.

    Conservative: each must occur once in each text, and its clause must not speak of one quarter alone.
    """
    old, new = _counts(before), _counts(now)
    return [
        (what, f"{old[what, unit]:g}{unit}", f"{new[what, unit]:g}{unit}")
        for what, unit in old
        if (what, unit) in new and new[what, unit] < old[what, unit]
    ]


def _counts(text: str) -> dict[tuple[str, str], float]:
    found: dict[tuple[str, str], list[float]] = {}
    for clause in re.split(r"[,，。;；、!！\n]", re.sub(r"(?<=\d),(?=\d{3})", "", plain(text))):
        if not _NOT_TO_DATE.search(clause):
            for m in _COUNT.finditer(clause):
                if m["unit"] == "%" and not of_work(m["what"]):
                    continue  # a rate, which may rightly fall
                what = m["what"].removeprefix("已").removeprefix("累计").removeprefix("共")
                found.setdefault((what, m["unit"]), []).append(float(m["number"]))
    return {k: v[0] for k, v in found.items() if len(v) == 1}


def approval(table: Table, in_charge: Iterable[str], leader: str) -> list[Finding]:
    """What is missing of, or odd with, a form's approval.

    `in_charge`: the leaders of its tasks.  `leader`: the division's, where 处室 names one.
    """
    named = dict.fromkeys(in_charge)
    leaders = list(dict.fromkeys(n for names in named for name in split_names(names) if (n := plain(name))))
    own = [n for name in split_names(leader) if (n := plain(name)) and n not in leaders]
    if not leaders:  # named in 处室 alone
        leaders, own = own, []
    beside = plain(table.approver)
    for n in (*leaders, *own):
        beside = beside.replace(n, "")  # 李未 has signed, 李超（待审） has not
    missing = []
    if not table.approver or _NOT_YET.search(beside):
        missing.append(tr("审定人"))
    day = table.approved_on
    if not day or _NOT_YET.search(plain(day)) or not _DIGIT.search(day):
        missing.append(tr("审定日期"))
    found = [finding("not_approved", table.sheet, what=tuple(missing))] if missing else []
    signed = "" if tr("审定人") in missing else plain(table.approver)
    if not signed or any(n in signed for n in own):  # who answers for the division answers for all that it does
        return found
    without = [n for n in leaders if n not in signed]
    shown = table.approver[:20]
    if leaders and without == leaders:
        found.append(finding("approver_differs", table.sheet, found=shown, leaders=tuple([*leaders, *own][:5])))
    elif without:
        found.append(finding("approver_missing", table.sheet, found=shown, leaders=tuple(without[:5])))
    return found


def row_name(row: FormRow, place: int, task: Task) -> Text:
    """How the division knows a row: the number it bears in its own form, else its place, and its beginning."""
    number = row.number.rstrip(".、．") if re.fullmatch(r"\d{1,3}[.、．]?", row.number) else str(place)
    return call_row(number, row.item or task.text)
