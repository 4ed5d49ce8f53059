"""Tasks that pass to another division in the middle of the year (停用日期 and 并入): nothing of theirs is lost."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from conftest import Annex2

from toolkit.master.schema import Sheet
from toolkit.master.store import load
from toolkit.standing import standing
from toolkit.summary.frames import Frames, make_frames
from toolkit.workspace import Workspace
from toolkit.xlsx import Workbook, cell_name

CHILD, GRASSROOTS = "儿童福利处", "基层政权处"
NOW = "2024-01-08T09:00"


@pytest.fixture
def office(annex2: Annex2) -> Annex2:
    annex2("fanout", "2023Q1")
    annex2.deliver(CHILD, name="一季度.xlsx", texts=("儿童一",))
    annex2.json("collect", now="2023-04-03T10:00")
    annex2.type(Sheet.DIVISIONS, CHILD, "停用日期", datetime(2023, 11, 1))  # type: ignore[arg-type]  # noqa: DTZ001
    annex2.type(Sheet.DIVISIONS, CHILD, "并入", GRASSROOTS)
    annex2("fanout", "2023Y")
    return annex2


def frames(annex2: Annex2, now: str = NOW) -> Frames:
    master = load(Workspace(annex2.root)).master
    at = datetime.fromisoformat(now).replace(tzinfo=master.zone)
    return make_frames(master, standing(master, at), at)


def rows(frame: Any, **wanted: object) -> list[dict[str, Any]]:
    found = [{str(k): v for k, v in r.items()} for r in frame.to_dict("records")]
    return [r for r in found if all(r[k] == v for k, v in wanted.items())]


def test_the_heirs_report_of_an_inherited_task_is_in_the_summary(office: Annex2) -> None:
    office.deliver(GRASSROOTS, round_="2023Y", texts=("儿童全年", "基层全年"))
    office.json("collect", now="2024-01-04T10:00")
    found = frames(office)
    assert found.figures.closing_owed == 10
    (annual,) = rows(found.cells, no=12, round="2023Y")
    assert (annual["division"], annual["text"], annual["state"], annual["asked"]) == (
        GRASSROOTS, "儿童全年", "按时", True,
    )  # fmt: skip
    (first,) = rows(found.cells, no=12, round="2023Q1")
    assert (first["division"], first["text"], first["state"]) == (CHILD, "儿童一", "按时")
    assert rows(found.tasks, no=12)[0]["division"] == GRASSROOTS
    (report,) = rows(found.reports, round="2023Y", division=GRASSROOTS)
    assert (report["numbers"], report["tasks"]) == ("12、14", 2)
    assert rows(found.divisions, division=GRASSROOTS)[0]["tasks"] == 2


def test_an_inherited_task_that_nobody_reported_on_is_wanting(office: Annex2) -> None:
    office.deliver(GRASSROOTS, round_="2023Y", texts=(None, "基层全年"))
    office.json("collect", now="2024-01-04T10:00")
    office.type(Sheet.ATTENTION, "return:2", "处理意见", "接收此件")
    office.json("collect", now="2024-01-04T11:00")
    found = frames(office)
    assert found.figures.closing_owed == 10
    (cell,) = rows(found.cells, no=12, round="2023Y")
    assert (cell["asked"], cell["filled"]) == (True, False)
    assert any("12" in r["numbers"] for r in rows(found.gaps, round="2023Y", division=GRASSROOTS))


def test_the_steps_of_its_plan_are_the_heirs(office: Annex2) -> None:
    master = load(Workspace(office.root))
    layout = master.master.layouts[Sheet.PLANS]
    workbook = Workbook.from_bytes(master.data)
    sheet = workbook.sheet(layout.sheet)
    for header, value in (("序号", 12), ("工作内容", "招聘社工"), ("完成时间节点", "2023-12-15")):
        column = layout.column(header)
        assert column is not None
        sheet.set(cell_name(layout.header_row + 1, column), value)
    office.master.write_bytes(workbook.to_bytes())
    office.json("collect", now=NOW)
    (step,) = (r for r in office.cells("办理方案") if r["工作内容"])
    assert step["牵头处室"] == GRASSROOTS
    assert GRASSROOTS in office("status", now=NOW)[1].partition("办理方案的步骤")[2]
