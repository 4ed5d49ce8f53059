"""The rows of a returned form -> the tasks they answer.  Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from toolkit.model import Finding, Task
from toolkit.returns.findings import finding

_CITY_NOTE = re.compile(r"\(市(?:责任|牵头)单位:[^()]*\)")
_LEADING_NUMBER = re.compile(r"^\(?\d{1,3}[*★)]?[.、)]?(?=\D)")


@dataclass(frozen=True, slots=True)
class FormRow:
    """A row of the returned table."""

    where: str  # sheet!cell of its 完成情况
    key: str  # hidden task key, "" where there is none
    item: str  # 责任事项 as returned
    status: str  # 完成情况 as returned


@dataclass(frozen=True, slots=True)
class Matched:
    rows: Mapping[str, FormRow]  # task key -> its row
    findings: tuple[Finding, ...]


def normalise(text: str) -> str:
    """A 责任事项 as it is compared: NFKC, without the city's bracket, leading number, punctuation, space."""
    text = unicodedata.normalize("NFKC", text)
    text = re.sub(r"\s+", "", text)
    text = _CITY_NOTE.sub("", text)
    text = _LEADING_NUMBER.sub("", text) if not text[:1].isalpha() else text
    return "".join(c for c in text if unicodedata.category(c)[0] not in "PZSC")


def numbers(text: str) -> tuple[str, ...]:
    """The figures of a text in order: a changed one must be seen even where the row is certain."""
    return tuple(re.findall(r"\d+(?:\.\d+)?", unicodedata.normalize("NFKC", text)))


def match_rows(rows: Sequence[FormRow], owed: Iterable[Task], everyone: Iterable[Task]) -> Matched:
    """Which row answers which task: by hidden key and text together, one row a task.

    A row whose key and text name different tasks is a finding, never a guess.
    `owed`: the tasks of this form; `everyone`: all tasks, to recognise a foreign row.
    """
    owed = tuple(owed)
    by_key = {t.key: t for t in owed}
    by_text: dict[str, list[Task]] = {}
    for t in owed:
        by_text.setdefault(normalise(t.text), []).append(t)
    foreign = {normalise(t.text) for t in everyone} - by_text.keys()
    taken: dict[str, FormRow] = {}
    findings: list[Finding] = []
    for row in rows:
        text = normalise(row.item)
        candidates = by_text.get(text, [])
        task = by_key.get(row.key)
        if task is None and len(candidates) == 1:
            task = candidates[0]
        elif task is not None and candidates and task not in candidates:
            findings.append(
                finding("key_and_text_differ", row.where, by_text=candidates[0].label, by_key=task.label)
            )
            continue
        elif task is not None and text in foreign:
            task = None
        if task is None:
            findings.append(finding("unknown_row", row.where, text=shorten(row.item) or "（空）"))
            continue
        if task.key in taken:
            findings.append(finding("repeated_task", row.where, label=task.label))
            continue
        taken[task.key] = row
        if text != normalise(task.text):
            if numbers(row.item) != numbers(task.text):
                findings.append(
                    finding(
                        "number_altered",
                        row.where,
                        issued="、".join(numbers(task.text)) or "无",
                        returned="、".join(numbers(row.item)) or "无",
                    )
                )
            findings.append(finding("item_altered", row.where, text=shorten(row.item) or "（空）"))
    findings += [finding("missing_task", label=t.label, text=shorten(t.text)) for t in owed if t.key not in taken]
    repeated = {f.where for f in findings if f.code == "repeated_task"}
    if repeated:  # which of two rows is meant is not ours to say: neither is merged
        labels = {f.message for f in findings if f.code == "repeated_task"}
        taken = {k: r for k, r in taken.items() if finding("repeated_task", label=by_key[k].label).message not in labels}
    return Matched(taken, tuple(findings))


def shorten(text: str, width: int = 30) -> str:
    """The beginning of a text, on one line."""
    text = re.sub(r"\s+", " ", text).strip()
    return text if len(text) <= width else text[: width - 1] + "…"
