"""待处理 as it comes to be in one run: items that are new, and what becomes of those that stand.  Pure.

An item is named by its key (标识), `kind:what it is about`: file:12, return:12 and figures:12 are about a receipt,
conflict:task:round:digest about a cell, closing:task:basis and lost:task about a task, confirm:… is what `init`
asked.  A key is listed once.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from toolkit.master import schema
from toolkit.master.edits import AddRow, SetCell
from toolkit.master.read import Item, Master
from toolkit.master.schema import Sheet
from toolkit.model import Receipt, plain
from toolkit.xlsx import Value

RESULT = "处理结果"
TAKEN_BACK_ITEM = "已撤回第{no}号收件"
"""处理结果 of what was asked about a file that does not count any more; it may be asked again."""
LOST, BACK = "lost:", "已经抄回来了"
"""Begins the key of an item about a task whose row is gone; what became of it where the row is there again."""
_ASKED_AGAIN = re.compile(rf"{TAKEN_BACK_ITEM.format(no=r'[0-9]+')}|已由第[0-9]+号收件(?:补正|代替)")


SHOWN_TEXT = 3000
"""Characters of a text quoted on 待处理: both texts of a conflict fit a cell."""
CLIPPED = "……（后略，全文见台账和归档的原件）"


def clip(text: str) -> str:
    """A text as 待处理 quotes it."""
    return text if len(text) <= SHOWN_TEXT else text[:SHOWN_TEXT] + CLIPPED


def closed(result: str) -> bool:
    """Whether a 处理结果 says that the item is done."""
    return result.startswith("已")


def withdrawn(items: Iterable[Item]) -> frozenset[str]:
    """The keys of tasks whose row is gone and is not to come back, as a person said."""
    said = (i for i in items if i.key.startswith(LOST) and i.result != BACK)
    return frozenset(i.key.removeprefix(LOST) for i in said if closed(i.result) or plain(i.decision) == schema.DONE)


KEPT, ADOPTED = "已保留台账的文字", "已采用报送的文字"
"""Begin what became of a disagreement."""


def _other_way(item: Item) -> bool:
    """Whether a person has come to choose the other text of a disagreement that was settled."""
    if not item.key.startswith("conflict:"):
        return False
    chosen = {schema.TAKE_RETURN: KEPT, schema.KEEP_MASTER: ADOPTED}.get(item.decision.strip(), "")
    return bool(chosen) and item.result.startswith(chosen)


def _one(upper: Item, lower: Item) -> Item:
    """Of two rows of one item, where somebody copied it: what was chosen in either, nothing where they differ."""
    chosen = {plain(i.decision): i.decision for i in (upper, lower) if i.decision}
    done = next((i.result for i in (lower, upper) if closed(i.result)), lower.result)
    return replace(lower, decision=next(iter(chosen.values())) if len(chosen) == 1 else "", result=done)


class Attention:
    """The items."""

    def __init__(self, master: Master, now: datetime) -> None:
        self._now = now
        self._items: dict[str, Item] = {}
        self._results: dict[str, str] = {}
        for i in master.items:
            upper = self._items.get(i.key)
            if i.key:
                self._items[i.key] = one = _one(upper, i) if upper else i
                if i.decision and not one.decision and not closed(i.result):
                    self._results[i.key] = "这一条有两行，选得不一样，没有照办：只留一行"
        self._next = max((i.no for i in master.items), default=0) + 1
        self._new: dict[str, dict[str, Value]] = {}
        self._restated: dict[str, str] = {}  # key -> 问题 as it is by now
        self._conflicts: dict[str, list[str]] = {}  # task:round -> keys of its disagreements
        self._asked: dict[tuple[str, str, str], list[int]] = {}  # kind of item, form -> receipts that have one
        for key in self._items:
            self._index_conflict(key)
        for r in master.receipts:
            for kind in ("return", "figures"):
                if f"{kind}:{r.no}" in self._items:
                    self._asked.setdefault((kind, r.division, r.round), []).append(r.no)

    # what is there

    def __contains__(self, key: str) -> bool:
        return key in self._items or key in self._new

    def of(self, kind: str) -> Iterator[Item]:
        """The items that stood before this run whose keys begin with `kind`."""
        return (item for key, item in self._items.items() if key.startswith(kind))

    def get(self, key: str) -> Item | None:
        """An item that stood before this run."""
        return self._items.get(key)

    @property
    def last_receipt(self) -> int:
        """The highest number of a receipt that an item speaks of: its row may be gone."""
        named = (re.fullmatch(r"(?:file|return|figures):(\d+)", key) for key in self._items)
        return max((int(m[1]) for m in named if m), default=0)

    def result(self, key: str) -> str:
        """处理结果 as it will stand."""
        if key in self._new:
            return str(self._new[key].get(RESULT) or "")
        return self._results.get(key, self._items[key].result)

    def is_open(self, key: str) -> bool:
        """Whether an item waits for a person."""
        return key in self and not closed(self.result(key))

    def may_ask(self, key: str) -> bool:
        """Whether an item waits for a person, or is to be listed: nobody has decided on it."""
        return key not in self or self.is_open(key) or _ASKED_AGAIN.fullmatch(self.result(key)) is not None

    def problem(self, key: str) -> str:
        """问题 of an item as it will stand."""
        if key in self._new:
            return str(self._new[key]["问题"])
        return self._restated.get(key) or self._items[key].problem

    def waiting(self) -> tuple[int, int]:
        """How many wait for a person: (what runs came upon, what `init` asked to confirm)."""
        keys = [k for k in (*self._items, *self._new) if self.is_open(k)]
        asked = sum(k.startswith("confirm:") for k in keys)
        return len(keys) - asked, asked

    def decisions(self) -> tuple[Item, ...]:
        """Items that a person has decided on and that were not carried out yet, or were the other way round."""
        return tuple(i for i in self._items.values() if i.decision and (not closed(i.result) or _other_way(i)))

    # what changes

    def add(self, key: str, kind: str, place: str, problem: str, advice: str) -> None:
        """List an item, once; one that nobody has decided on is asked again."""
        if key in self:
            if not self.is_open(key) and self.may_ask(key):
                self.ask_again(key, problem)
            return
        self._new[key] = {
            "编号": self._next,
            "时间": self._now,
            "事项": kind,
            "位置": place,
            "问题": problem,
            "怎么办": advice,
            schema.ITEM_KEY: key,
        }
        self._next += 1
        self._index_conflict(key)

    def ask(self, kind: str, receipt: Receipt, *item: str) -> None:
        """List an item about a form, which a later return of the same form closes."""
        self.add(f"{kind}:{receipt.no}", *item)
        self._asked.setdefault((kind, receipt.division, receipt.round), []).append(receipt.no)

    def answer(self, key: str, result: str) -> None:
        """Write what became of an item."""
        if key in self._new:
            self._new[key][RESULT] = result or None
        elif self.result(key) != result:
            self._results[key] = result

    def ask_again(self, key: str, problem: str) -> None:
        """Open an item with what it says by now; what was chosen before does not count."""
        self.answer(key, "")
        if key in self._new:
            self._new[key]["问题"] = problem
        else:
            self.restate(key, problem)

    def restate(self, key: str, problem: str) -> None:
        """Ask anew: what an item told has changed, so that what was chosen does not count."""
        if key in self._items:
            self._restated[key] = problem

    def close(self, key: str, result: str) -> None:
        """Close an item, where it is open."""
        if key in self._new or self.is_open(key):
            self.answer(key, result)

    def close_earlier(self, kind: str, receipt: Receipt, result: str) -> None:
        """Close what was asked about earlier returns of the same form."""
        for n in self._asked.get((kind, receipt.division, receipt.round), ()):
            if n < receipt.no:
                self.close(f"{kind}:{n}", result)

    def close_conflicts(self, task: str, round_key: str, no: int, keep: Collection[str]) -> None:
        """Close older disagreements over a cell that a newer return speaks of."""
        for key in self._conflicts.get(f"{task}:{round_key}", ()):
            if key not in keep:
                self.close(key, f"已由第{no}号收件代替")

    def unclose(self, no: int, settled: Collection[str]) -> None:
        """Reopen what a receipt closed that does not count after all, but for keys that begin with one of `settled`."""
        for key in self._items:
            if re.fullmatch(rf"已由第{no}号收件(?:补正|代替)", self.result(key)) and not key.startswith(tuple(settled)):
                self.answer(key, "")

    def _index_conflict(self, key: str) -> None:
        kind, _, rest = key.partition(":")
        if kind == "conflict":
            self._conflicts.setdefault(rest.rpartition(":")[0], []).append(key)

    # edits

    def cells(self) -> list[SetCell]:
        """What changes of the items that stand."""
        cells = [SetCell(Sheet.ATTENTION, key, RESULT, result) for key, result in self._results.items()]
        for key, problem in self._restated.items():
            cells += (SetCell(Sheet.ATTENTION, key, "问题", problem), SetCell(Sheet.ATTENTION, key, "处理意见", None))
        return cells

    def rows(self) -> list[AddRow]:
        """The new items."""
        return [AddRow(Sheet.ATTENTION, values) for values in self._new.values()]
