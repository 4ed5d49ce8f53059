"""How many edited rows find their task: of generated edits of the 21 texts, the share right, held and wrong.

    python benchmarks/matching.py [--edits 2000] [--seed 1] [--show]

Rows are matched as they come, a form at a time: a division's starred tasks (what Annex 2 asks for), all that it leads,
or all 21.  In a form nearly every text was touched; some forms lost rows, got others, were put in another order or were
numbered anew, and most have no hidden keys left.  Right: the row's text goes to its task.  Held: to none, with a
finding.  Wrong: to another task.  A row that nobody was asked for and that goes to a task is wrong too.

One edit is left out: one that makes a text exactly another task's where that task has no row in the form.  No reader of
the form could tell.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

from toolkit.master.edits import WorkbookSource  # noqa: E402
from toolkit.master.read import read_master  # noqa: E402
from toolkit.model import Office, Task  # noqa: E402
from toolkit.returns.match import FormRow, TaskIndex, match_rows  # noqa: E402
from toolkit.returns.wording import normalise, numbers  # noqa: E402
from toolkit.xlsx import Workbook  # noqa: E402

Edit = Callable[[str, random.Random], str]

OWN_WORK = (
    "开展“寒冬送温暖”专项救助行动。",
    "组织养老护理员职业技能培训。",
    "做好清明祭扫服务保障。",
    "办理老年人优待证。",
    "完成社区居委会换届后续工作。",
    "推进婚姻登记规范化建设。",
    "开展养老机构消防安全排查整治。",
    "新建农村公益性公墓3个。",
    "落实困难残疾人生活补贴和重度残疾人护理补贴。",
    "完成市级福利彩票公益金绩效评价。",
)
"""What divisions add of their own accord."""

_TRADITIONAL = str.maketrans(
    "为个区级儿导专业务会对农员实行统标准体开动产传单据报应从优传众传价环劳保护发广东马万与尔险决济无经结续过还边适",
    "為個區級兒導專業務會對農員實行統標準體開動產傳單據報應從優傳眾傳價環勞保護發廣東馬萬與爾險決濟無經結續過還邊適",
)
_OTHER_WORDS = (
    ("老年人", "老人"), ("推进", "推动"), ("新建", "建设"), ("完善", "健全"), ("加大", "加强"), ("推动", "促进"),
    ("开展", "实施"), ("支持", "扶持"), ("提高", "提升"), ("建设", "打造"), ("以上", "以上的"), ("配置", "配备"),
)  # fmt: skip


def clauses(text: str) -> list[str]:
    return [c for c in re.split(r"[，。；、]", text) if c]


def half_width(text: str, _: random.Random) -> str:
    return text.translate(str.maketrans("，。；：（）、", ",.;:(),"))


def no_stop(text: str, _: random.Random) -> str:
    return text.rstrip("。")


def spaced(text: str, chance: random.Random) -> str:
    at = chance.randrange(1, len(text))
    return text[:at] + chance.choice((" ", "　", "\n", "\u200b", "  ")) + text[at:]


def full_width(text: str, _: random.Random) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if c.isascii() and c.isdigit() else c for c in text)


def traditional(text: str, _: random.Random) -> str:
    return text.translate(_TRADITIONAL)


def numbered(text: str, chance: random.Random) -> str:
    n = chance.randrange(1, 10)
    return chance.choice((f"{n}.", f"{n}、", f"（{n}）", f"{n}*", "*", "★", f"{'一二三四五六七八九'[n - 1]}、")) + text


def with_city_units(text: str, chance: random.Random) -> str:
    units = chance.choice(("各区人民政府", "市妇联、市残联", "市城管执法委、市卫健委，各区人民政府", "市发改委"))
    left, right = chance.choice(("（）", "()", "【】"))
    return f"{text}{left}{chance.choice(('市责任单位', '市牵头单位'))}：{units}{right}"


def without_brackets(text: str, _: random.Random) -> str:
    return re.sub(r"（[^）]*）", "", text)


def slip(text: str, chance: random.Random) -> str:
    """One character typed wrongly, left out, doubled, or two the other way round."""
    at = chance.randrange(len(text) - 1)
    kind = chance.randrange(4)
    if kind == 0:
        return text[:at] + chance.choice("的了和在工作人民情况进行服务社会") + text[at + 1 :]
    if kind == 1:
        return text[:at] + text[at + 1 :]
    if kind == 2:
        return text[:at] + text[at] + text[at:]
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def slips(text: str, chance: random.Random) -> str:
    for _ in range(chance.choice((2, 2, 3))):
        text = slip(text, chance)
    return text


def other_words(text: str, chance: random.Random) -> str:
    there = [(a, b) for a, b in _OTHER_WORDS if a in text]
    if not there:
        return slip(text, chance)
    return text.replace(*chance.choice(there))


def other_number(text: str, chance: random.Random) -> str:
    found = list(re.finditer(r"\d+", text))
    if not found:
        return no_stop(text, chance)
    m = chance.choice(found)
    return text[: m.start()] + str(int(m[0]) + chance.choice((1, 10, 200))) + text[m.end() :]


def first_clauses(text: str, chance: random.Random) -> str:
    parts = clauses(text)
    kept = parts[: chance.randrange(1, len(parts) + 1)]
    return "，".join(kept) if len("".join(kept)) >= 6 else text


def last_clauses(text: str, chance: random.Random) -> str:
    parts = clauses(text)
    kept = parts[-chance.randrange(1, len(parts) + 1) :]
    return "，".join(kept) if len("".join(kept)) >= 6 else text


def cut(text: str, chance: random.Random) -> str:
    return text[: max(8, int(len(text) * chance.uniform(0.4, 0.9)))] + chance.choice(("", "…", "……", "等"))


def clause_left_out(text: str, chance: random.Random) -> str:
    parts = clauses(text)
    if len(parts) < 3:
        shorter = text.replace("特殊困难老年人家庭", "").replace("以上", "")
        return shorter if chance.random() < 0.5 else cut(text, chance)
    del parts[chance.randrange(len(parts))]
    return "，".join(parts)


def with_note(text: str, chance: random.Random) -> str:
    return text + chance.choice(("（责任人：王军，电话85000000）", "（局重点工作）", "\n责任科室：综合科", "——一季度"))


def clauses_swapped(text: str, chance: random.Random) -> str:
    parts = clauses(text)
    chance.shuffle(parts)
    return "，".join(parts) + "。"


def untouched(text: str, _: random.Random) -> str:
    return text


EDITS: tuple[Edit, ...] = (
    half_width, no_stop, spaced, full_width, traditional, numbered, with_city_units, without_brackets, slip, slips,
    other_words, other_number, first_clauses, last_clauses, cut, clause_left_out, with_note, clauses_swapped,
)  # fmt: skip


@dataclass(slots=True)
class Score:
    """What became of the rows."""

    by_edit: dict[str, Counter[str]] = field(default_factory=dict)  # name of the edit -> right, held, wrong -> rows
    strangers: Counter[str] = field(default_factory=Counter)  # rows that nobody was asked for: held, wrong
    numbers: Counter[str] = field(default_factory=Counter)  # rows with another number that were matched: told, silent
    said: list[str] = field(default_factory=list)

    @property
    def total(self) -> Counter[str]:
        return sum(self.by_edit.values(), Counter[str]())

    @property
    def wrong(self) -> int:
        return self.total["wrong"] + self.strangers["wrong"]

    def share(self, what: str) -> float:
        return self.total[what] / (sum(self.total.values()) or 1)


def shipped_office() -> Office:
    return read_master(WorkbookSource(Workbook.open(ROOT / "workbooks/master.xlsx"))).office


def forms(office: Office) -> list[tuple[Task, ...]]:
    """The lists of tasks that forms are made of, what Annex 2 asks for most often."""
    starred: dict[str, tuple[Task, ...]] = {}
    led: dict[str, tuple[Task, ...]] = {}
    for t in office.tasks:
        led[t.division] = (*led.get(t.division, ()), t)
        if t.starred:
            starred[t.division] = (*starred.get(t.division, ()), t)
    return [*starred.values(), *starred.values(), *led.values(), office.tasks]


@dataclass(frozen=True, slots=True)
class _Made:
    """A row of a made form."""

    row: FormRow
    task: Task | None
    edit: str


def _made(owed: Sequence[Task], office: Office, chance: random.Random) -> list[_Made]:
    """A form as a division might return it."""
    present = [t for t in owed if len(owed) == 1 or chance.random() > 0.05]
    keyed = chance.random() < 0.15
    texts = {normalise(t.text): t for t in office.tasks}
    made: list[_Made] = []
    for t in present:
        for _ in range(20):
            edit = chance.choice(EDITS) if chance.random() < 0.85 else untouched
            item = edit(t.text, chance)
            like = texts.get(normalise(item))
            if like is None or like is t or like in present:
                break
        else:
            edit, item = untouched, t.text
        row = FormRow("", t.key if keyed else "", item, f"{t.key} {edit.__name__}", str(owed.index(t) + 1))
        made.append(_Made(row, t, edit.__name__))
    if chance.random() < 0.3:
        chance.shuffle(made)
    if chance.random() < 0.25:
        row = FormRow("", "", chance.choice(OWN_WORK), "own work", str(len(made) + 1))
        made.insert(chance.randrange(len(made) + 1), _Made(row, None, "own work"))
    numbering = chance.random()
    if numbering < 0.3:
        return [_Made(_numbered(m.row, ""), m.task, m.edit) for m in made]
    if numbering < 0.7:
        return [_Made(_numbered(m.row, str(i)), m.task, m.edit) for i, m in enumerate(made, 1)]
    return made


def _numbered(row: FormRow, number: str) -> FormRow:
    return FormRow(row.where, row.key, row.item, row.status, number)


def measure(office: Office, edits: int, seed: int) -> Score:
    """Match made forms until `edits` edited rows were met.  The same seed makes the same forms."""
    chance, index, score = random.Random(seed), TaskIndex(office), Score()
    kinds = forms(office)
    done = 0
    while done < edits:
        owed = chance.choice(kinds)
        made = _made(owed, office, chance)
        matched = match_rows([m.row for m in made], owed, index)
        answers = {row.status: key for key, row in matched.rows.items()}
        told = {f.message for f in matched.findings if f.code == "number_altered"}
        for m in made:
            done += m.task is not None and m.edit != "untouched"
            _count(score, m, _taken_by(m.row.status, answers), told)
    return score


def _taken_by(status: str, answers: Mapping[str, str]) -> str:
    """The task that a row's text went to, also where it was joined to another row's."""
    return next((key for text, key in answers.items() if status in text.split("\n")), "")


def _count(score: Score, m: _Made, taken: str, told: set[str]) -> None:
    if m.task is None:
        score.strangers["wrong" if taken else "held"] += 1
        if taken:
            score.said.append(f"own work -> {taken}: {m.row.item}")
        return
    what = "right" if taken == m.task.key else "wrong" if taken else "held"
    score.by_edit.setdefault(m.edit, Counter())[what] += 1
    if what != "right":
        score.said.append(f"{what}: {m.task.no} {m.edit} -> {taken or '-'}: {m.row.item}")
    if what == "right" and m.edit == "other_number" and numbers(m.row.item) != numbers(m.task.text):
        changed = "、".join(numbers(m.row.item))
        score.numbers["told" if any(f"报来 {changed}" in t for t in told) else "silent"] += 1


def table(score: Score) -> Iterator[str]:
    yield f"| {_padded('edit', 18)} |  rows |  right |  held | wrong |"
    yield f"| {'-' * 18} | ----: | -----: | ----: | ----: |"
    edited = {k: c for k, c in score.by_edit.items() if k != "untouched"}
    for name, c in sorted(edited.items()):
        yield _line(name, c)
    yield _line("all edits", sum(edited.values(), Counter[str]()))
    yield _line("untouched rows", score.by_edit.get("untouched", Counter()))
    yield _line("rows not asked for", score.strangers)


def _line(name: str, c: Counter[str]) -> str:
    rows = sum(c.values()) or 1
    return (
        f"| {_padded(name, 18)} | {rows:5} | {c['right'] / rows:6.1%} | {c['held'] / rows:5.1%} | {c['wrong']:5} |"
    )


def _padded(text: str, width: int) -> str:
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return text + " " * (width - len(text) - wide)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--edits", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", action="store_true", help="list the rows that were held or matched wrongly")
    asked = parser.parse_args()
    score = measure(shipped_office(), asked.edits, asked.seed)
    print("\n".join(table(score)))
    print(f"another number: told {score.numbers['told']}, silent {score.numbers['silent']}")
    if asked.show:
        print("\n".join(score.said))
    return 1 if score.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
