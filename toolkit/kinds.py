"""表种: what each kind of round means for forms and for what comes back, in one table.

`RoundKind` names the kinds; all that depends on one (template, titles, the words by which a title, a file name or a
header tells it) stands here.  Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from toolkit.model import Finding, Office, Round, RoundKind

UNSTATED = "（方案未写明）"
"""What a supporting form says where the plan names no unit of the city's."""


@dataclass(frozen=True, slots=True)
class FormKind:
    """One 表种."""

    template: str  # file name in templates/
    subject: str  # what a report is about; a round's 名称 that says so already does not say it twice in the title
    ending: str  # how the title ends
    item: str  # the header of what is to be done
    answers: tuple[str, ...]  # headers of the columns that a division fills in, the first one needed
    named: re.Pattern[str]  # in a title, a file name or a subject: it speaks of this kind
    headed: re.Pattern[str] | None = None  # a header that only this kind's form has
    in_ledger: bool = True  # its texts stand in 任务台账, in two columns of the round's own
    block: int = 1  # rows of a form that a task gets

    @property
    def asked(self) -> tuple[str, ...]:
        """The answers in the order of the form's columns."""
        return (*self.answers[1:], self.answers[0]) if self.in_ledger else self.answers

    def report(self, round_name: str) -> str:
        """What a round's reports are called: 第一季度工作目标完成情况, 第一季度配合任务落实情况."""
        return round_name + ("" if self.subject in round_name else self.subject) + self.ending

    def together(self, answer: str, further: Mapping[str, str]) -> str:
        """One text of all that a row answers, each answer behind its name where there are several."""
        if not further:
            return answer
        return "\n".join(f"{name}：{text}" for name, text in (*further.items(), (self.answers[0], answer)) if text)

    def apart(self, text: str) -> dict[str, str]:
        """The answers that `together` made one text of, by their names."""
        found: dict[str, list[str]] = {}
        name = self.answers[0]
        for line in text.splitlines():
            name = next((a for a in self.answers if line.startswith(f"{a}：")), name)
            found.setdefault(name, []).append(line.removeprefix(f"{name}："))
        return {name: "\n".join(lines) for name, lines in found.items()}

    def leaves_out(self, standing: str, returned: str) -> tuple[str, ...]:
        """The answers that stand in a text and not in the one that would take its place."""
        return tuple(a for a in self.answers[1:] if _says(standing, a) and not _says(returned, a))

    def worded(self, finding: Finding) -> Finding:
        """A finding in the words of this form's headers (see `returns.findings.HEADERS`)."""
        words = {"item": self.item, "status": self.answers[0]}
        return replace(finding, message=finding.message.with_values(words), remedy=finding.remedy.with_values(words))

    def further(self, header: str) -> str:
        """Which answer besides the needed one a header asks for, "" for none."""
        return next((a for a in self.answers[1:] if a in header), "")


KINDS: Mapping[RoundKind, FormKind] = {
    RoundKind.PROGRESS: FormKind(
        "annex2.xlsx", "工作目标", "完成情况", "责任事项", ("完成情况",), re.compile(r"工作目标|目标任务?完成")
    ),
    RoundKind.PLAN: FormKind(
        "plan.xlsx",
        "办理方案",
        "",
        "责任事项",
        ("工作内容", "完成时间节点", "责任人"),
        re.compile(r"办理方案|工作方案|实施方案"),
        in_ledger=False,
        block=6,
    ),
    RoundKind.SUPPORTING: FormKind(
        "supporting.xlsx",
        "配合任务",
        "落实情况",
        "配合事项",
        ("落实进展", "对接情况"),
        re.compile(r"配合(?:任务|事项|工作|情况|落实|推进)"),
        re.compile(r"配合事项|配合任务|.{0,5}对接.*"),
    ),
}


def _says(text: str, answer: str) -> bool:
    return any(line.startswith(f"{answer}：") for line in text.splitlines())


def kind_of(round_: Round) -> FormKind:
    return KINDS[round_.kind]


def form_title(office: Office, round_: Round, division: str) -> str:
    """The title of a form, for 附件2 the notice's own: 2023年市民政局养老服务处第一季度工作目标完成情况."""
    return f"{office.year}年{office.organisation}{division}{kind_of(round_).report(in_title(office, round_))}"


def in_title(office: Office, round_: Round) -> str:
    """A round's name behind the year: 第一季度, also of one that is called 2023年第一季度."""
    return round_.name.removeprefix(f"{office.year}年") or round_.name


def kind_headed(headers: Iterable[str]) -> RoundKind | None:
    """The kind whose form alone has one of these headers."""
    headers = tuple(headers)
    return next((k for k, f in KINDS.items() if f.headed and any(map(f.headed.fullmatch, headers))), None)


def kinds_named(text: str) -> frozenset[RoundKind]:
    """The kinds that a text without white space speaks of."""
    return frozenset(kind for kind, form in KINDS.items() if form.named.search(text))
