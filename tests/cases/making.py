"""The tools with which the families of cases are made: a running LibreOffice, the office's forms, what divisions write.

The office is the one that the test sets up, so that stamps and texts agree.
"""

from __future__ import annotations

import io
import json
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "returns_read"), str(TESTS / "intake")]

from libreoffice import LibreOffice  # noqa: E402
from test_cases import LEADERS, open_office  # noqa: E402

from toolkit.forms.fanout import fan_out  # noqa: E402
from toolkit.master.store import load  # noqa: E402

CASES = Path(__file__).resolve().parent
MOST_BYTES = 30_000

OLD_AGE, RELIEF, CHILDREN, GRASSROOTS = "养老服务处", "社会救助处", "儿童福利处", "基层政权处"
SHORT = {OLD_AGE: "2023养老", RELIEF: "2023救助", CHILDREN: "2023儿童", GRASSROOTS: "2023基层"}
TASKS = {OLD_AGE: (1, 3, 4, 9, 10, 11), RELIEF: (2, 13), CHILDREN: (12,), GRASSROOTS: (14,)}
FIRST = 5  # the row of a form's first task

Q1, Q2, Q3, YEAR = "2023Q1", "2023Q2", "2023Q3", "2023Y"
IN_TIME = {
    Q1: datetime(2023, 4, 3, 10),  # noqa: DTZ001  the office's own time
    Q2: datetime(2023, 7, 3, 10),  # noqa: DTZ001
    Q3: datetime(2023, 9, 28, 10),  # noqa: DTZ001
    YEAR: datetime(2024, 1, 4, 10),  # noqa: DTZ001
}
APPROVED = {Q1: date(2023, 4, 3), Q2: date(2023, 7, 3), Q3: date(2023, 9, 27), YEAR: date(2024, 1, 4)}

WRITTEN: Mapping[str, Mapping[str, Sequence[str]]] = {
    Q1: {
        RELIEF: (
            "截至3月底，走访困难妇女儿童430户、残疾人家庭615户，新纳入低保边缘212户。",
            "已核对11个区的集中供养机构，9个区实现统一供养标准，占82%。",
        ),
        OLD_AGE: (
            "已完成入户评估2360户，完成居家适老化改造512户，占年度目标的26%。",
            "7个区级养老服务中心完成选址5个、开工2个；新建社区站点18个、农村互助点6个。",
            "在12个社区试点，收集助老托幼诉求156条，办结121条。",
            "新建社区老年人服务中心（站）18个，农村老年人互助中心（服务点）6个。",
            "新开业老年人供餐点8个，另有11个正在装修。",
            "特殊困难老年人家庭改造已完成512户，预计6月底前完成1000户。",
        ),
        CHILDREN: ("已为13个区级儿童福利指导中心中的9个配置专业社工，其余4个正在招录。",),
        GRASSROOTS: ("40个社区名单已确定，其中26个社区完成项目立项。",),
    },
    Q2: {
        RELIEF: (
            "截至6月底，走访困难妇女儿童982户、残疾人家庭1310户，新纳入低保边缘460户。",
            "11个区的集中供养机构全部实现统一供养标准。",
        ),
        OLD_AGE: (
            "累计完成居家适老化改造1120户，占年度目标的56%。",
            "7个区级养老服务中心全部开工；累计新建社区站点41个、农村互助点17个。",
            "试点拓展到30个社区，收集助老托幼诉求402条，办结366条。",
            "累计新建社区老年人服务中心（站）41个，农村老年人互助中心（服务点）17个。",
            "累计新开业老年人供餐点19个。",
            "特殊困难老年人家庭改造累计完成1120户。",
        ),
        CHILDREN: ("13个区级儿童福利指导中心全部配置专业社工，共配置社工26名。",),
        GRASSROOTS: ("40个社区的项目全部立项，其中31个已开工。",),
    },
    YEAR: {RELIEF: ("全年走访困难家庭4620户，救助体系覆盖13个区。", "统一供养标准已全部落实，惠及特困人员1.2万人。")},
}

ACCEPTED, REMARKS = "accepted", "accepted with remarks"
RETURNED, HELD, IGNORED = "returned for correction", "held", "ignored"
EITHER = (ACCEPTED, REMARKS)
NOTHING: Mapping[str, Mapping[int, str]] = {}

Change = Callable[[LibreOffice, int], None]
"""What a division does to its filled form; gets the row of the last task."""


@dataclass(frozen=True, slots=True)
class Expect:
    verdict: str | Sequence[str]
    division: str | None = None
    round: str | None = None
    codes: Sequence[str] = ()
    exact: bool = False


def taken(
    division: str, round_: str = Q1, *codes: str, verdict: str | Sequence[str] = "", exact: bool = True
) -> Expect:
    """A report that is accepted, with these remarks and no others."""
    return Expect(verdict or (REMARKS if codes else ACCEPTED), division, round_, codes, exact)


def returned(division: str, *codes: str, round_: str = Q1) -> Expect:
    return Expect(RETURNED, division, round_, codes)


def held(*codes: str) -> Expect:
    """A file that must not be taken for anybody's report of any round."""
    return Expect(HELD, "", "", codes)


def texts(division: str, round_: str = Q1, written: Sequence[str | None] | None = None) -> dict[str, dict[int, str]]:
    """What 任务台账 holds after a division's report of a round; None: nothing for that task."""
    said = WRITTEN[round_][division] if written is None else written
    return {round_: {n: t for n, t in zip(TASKS[division], said, strict=True) if t}}


def title(division: str, round_name: str = "第一季度", year: int = 2023, organisation: str = "市民政局") -> str:
    return f"{year}年{organisation}{division}{round_name}工作目标完成情况"


class Maker:
    """Makes the cases whose names it is asked for (all, where it is asked for none)."""

    def __init__(self, wanted: Sequence[str]) -> None:
        self._wanted = frozenset(wanted)
        self.made: list[str] = []
        self.lo = LibreOffice()
        self.folder = Path(tempfile.mkdtemp(prefix="cases-"))
        self.workspace = open_office(self.folder / "office")
        self.office = load(self.workspace).master.office
        for round_ in self.office.rounds:
            fan_out(self.workspace, self.office, round_)
        self._count = 0

    def form(self, division: str, round_: str = Q1) -> Path:
        (path,) = (self.workspace.outbox / round_).glob(f"*{division}*.xlsx")
        return path

    def name(self, division: str, round_: str = Q1, suffix: str = ".xlsx") -> str:
        """The name under which a form was sent out."""
        return self.form(division, round_).stem + suffix

    def item(self, no: int) -> str:
        return next(t.text for t in self.office.tasks if t.no == no)

    def temporary(self, suffix: str) -> Path:
        self._count += 1
        return self.folder / f"{self._count}{suffix}"

    def typed(
        self,
        division: str,
        written: Sequence[str | None] | None = None,
        round_: str = Q1,
        *,
        approver: str | None = "",
        day: date | None = date.min,
        change: Change = lambda *_: None,
        kind: str = "xlsx",
        source: Path | None = None,
        **options: Any,
    ) -> bytes:
        """A form opened in LibreOffice, typed into, changed, and saved as LibreOffice saves it."""
        lo = self.lo
        lo.open(path=source or self.form(division, round_))
        lo.unprotect()
        said = WRITTEN[round_][division] if written is None else written
        last = FIRST + len(said) - 1
        for row, text in enumerate(said, start=FIRST):
            if text is not None:
                lo.set(ref=f"C{row}", value=text)
        if approver is not None:
            lo.set(ref=f"C{last + 2}", value=approver or LEADERS[division])
        if day is not None:
            typed = APPROVED[round_] if day == date.min else day
            lo.set(ref=f"C{last + 3}", value=(typed - date(1899, 12, 30)).days)
        change(lo, last)
        out = self.temporary(f".{kind}" if kind.isalpha() else ".bin")
        lo.save(path=out, kind=kind, **options)
        lo.close()
        return out.read_bytes()

    def converted(self, data: bytes, suffix: str, filter_name: str, **options: Any) -> bytes:
        """A file as LibreOffice saves it in another format."""
        source, out = self.temporary(suffix), self.temporary(".out")
        source.write_bytes(data)
        self.lo.open(path=source)
        self.lo.save(path=out, kind=filter_name, **options)
        self.lo.close()
        return out.read_bytes()

    def case(
        self,
        name: str,
        about: str,
        files: Mapping[str, bytes],
        expected: Mapping[str, Expect],
        ledger: Mapping[str, Mapping[int, str]] = NOTHING,
        *,
        now: datetime = IN_TIME[Q1],
        before: Sequence[tuple[str, bytes, datetime, str]] = (),
        needs: str = "",
        decision: str = "",
        decided: Mapping[str, Mapping[int, str]] = NOTHING,
    ) -> None:
        """Write a case's folder anew.  `before`: (name, bytes, collected at, verdict)."""
        self.made.append(name)
        if self._wanted and name not in self._wanted:
            return
        folder = CASES / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for file, data in files.items():
            assert len(data) <= MOST_BYTES, (name, file, len(data))
            (folder / file).write_bytes(data)
        lines = [f"about = {_toml(about)}", f"now = {now.isoformat()}"]
        lines += [f"{k} = {_toml(v)}" for k, v in (("needs", needs), ("decision", decision)) if v]
        for file, data, at, verdict in before:
            (folder / "earlier").mkdir(exist_ok=True)
            (folder / "earlier" / file).write_bytes(data)
            lines += ["", "[[before]]", f"file = {_toml('earlier/' + file)}", f"now = {at.isoformat()}"]
            lines += [f"verdict = {_toml(verdict)}"]
        for path, e in expected.items():
            lines += ["", f"[files.{_toml(path)}]", f"verdict = {_toml(e.verdict)}"]
            lines += [f"{k} = {_toml(v)}" for k, v in (("division", e.division), ("round", e.round)) if v is not None]
            lines += [f"codes = {_toml(e.codes)}"] if e.codes or e.exact else []
            lines += ["exact = true"] if e.exact else []
        for table, held_texts in (("ledger", ledger), ("decided", decided)):
            for round_, said in held_texts.items():
                lines += ["", f"[{table}.{round_}]", *(f"{no} = {_toml(text)}" for no, text in sorted(said.items()))]
        (folder / "expected.toml").write_text("\n".join(lines) + "\n", "utf-8")


def _toml(value: str | Sequence[str]) -> str:
    """A string or a list of them; what JSON writes for these, TOML reads."""
    return json.dumps(value if isinstance(value, str) else list(value), ensure_ascii=False)


class GbkEntry(zipfile.ZipInfo):
    """A name as Chinese Windows writes it: in GBK, without saying so."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802
        return self.filename.encode("gbk"), self.flag_bits


def zipped(files: Mapping[str, bytes], gbk: bool = False) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name, data in files.items():
            entry = GbkEntry(name) if gbk else zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            z.writestr(entry, data)
    return out.getvalue()
