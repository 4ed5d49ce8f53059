"""rollover: the next year's workspace works, and the old one is as it was, file for file."""

from __future__ import annotations

import hashlib
import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest
from conftest import Annex2
from notices import TASKS, write_notice
from openpyxl import load_workbook
from openpyxl.comments import Comment
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.table import TableColumn
from openpyxl.worksheet.worksheet import Worksheet

from toolkit.cli import main
from toolkit.master.schema import Sheet
from toolkit.plans import step_done
from toolkit.rollover import beside
from toolkit.xlsx import Workbook


def hashes(root: Path) -> dict[str, str]:
    return {
        p.relative_to(root).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(root.rglob("*"))
        if p.is_file()
    }


def next_notice(shared: Path, path: Path, **words: str) -> Path:
    """The seed's notice as the office would issue it a year later; `words`: what it says instead."""
    with zipfile.ZipFile(shared / "seed" / "notice.docx") as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if name == "word/document.xml":
                text = data.decode().replace("2024", "NEXT").replace("2023", "2024").replace("NEXT", "2025")
                for old, new in words.items():
                    assert old in text
                    text = text.replace(old, new)
                data = text.encode()
            target.writestr(name, data)
    return path


def header_row(sheet: Worksheet) -> int:
    (table,) = sheet.tables.values()
    return int("".join(c for c in table.ref.partition(":")[0] if c.isdigit()))


def add_row(sheet: Worksheet, **values: object) -> None:
    """A row typed into the table's empty first row, or below its last."""
    top = header_row(sheet)
    columns = {sheet.cell(top, c).value: c for c in range(1, sheet.max_column + 1)}
    row = next(r for r in range(top + 1, top + 500) if sheet.cell(r, columns["工作内容"]).value is None)
    for header, value in values.items():
        sheet.cell(row, columns[header]).value = value
    (table,) = sheet.tables.values()
    table.ref = f"{table.ref.partition(':')[0]}:{table.ref.partition(':')[2].rstrip('0123456789')}{row}"


@pytest.fixture
def year(annex2: Annex2) -> Annex2:
    """A 2023 with reports, a returned one, closed and done tasks, plan nodes, own columns and sheets."""
    annex2("fanout", "2023Q1")
    for division in ("养老服务处", "社会救助处", "儿童福利处", "基层政权处"):
        annex2.deliver(division, "2023Q1", name=f"{division}.xlsx")
    annex2("collect", now="2023-04-03T10:00")
    annex2("fanout", "2023Y")
    annex2.deliver("社会救助处", "2023Y", name="全年.xlsx", texts=["已完成全年目标。", "已覆盖13类对象。"])
    annex2("collect", now="2024-01-04T10:00")
    annex2.type(Sheet.TASKS, "2023-01", "销号状态", "已销号")
    annex2.type(Sheet.TASKS, "2023-12", "任务状态", "超额完成")
    annex2.type(Sheet.DIVISIONS, "养老服务处", "邮箱", "yanglao@example.org")
    annex2.type(Sheet.DIVISIONS, "养老服务处", "免报节点", "2023Q2")
    annex2.type(Sheet.DIVISIONS, "养老服务处", "别名", "养老处")
    annex2.type(Sheet.DIVISIONS, "基层政权处", "延期", "2023Q3：2023-10-20")
    annex2.type(Sheet.TRACKER, "儿童福利处", "第三季度", "免报")
    book = load_workbook(annex2.master)
    plans = book["办理方案"]
    day = datetime(2023, 9, 30)  # noqa: DTZ001  as Excel has it
    add_row(plans, 序号=2, 工作内容="完成摸底", 完成时间节点=day, 责任人="李某", 进度="已完成")
    add_row(plans, 序号=2, 工作内容="出台办法", 完成时间节点=day, 责任人="李某", 进度="正在征求意见")
    add_row(plans, 序号=13, 工作内容="培训一次", 完成时间节点=day, 责任人="王某")
    add_row(plans, 序号=1, 工作内容="改造收尾", 完成时间节点=day, 责任人="赵某", 进度="正在施工")
    add_row(plans, 序号=12, 工作内容="评估一次", 完成时间节点=day, 责任人="赵某")
    add_row(plans, 序号=12, 工作内容="评估一次", 完成时间节点=day, 责任人="赵某")
    tasks = book["任务台账"]
    (table,) = tasks.tables.values()
    last = tasks.max_column + 1
    tasks.cell(3, last).value = "经办电话"
    for row in range(4, 25):
        tasks.cell(row, last).value = f"8{tasks.cell(row, 1).value:03d}"
    table.ref = f"A3:{get_column_letter(last)}24"
    table.autoFilter.ref = table.ref
    table.tableColumns.append(TableColumn(id=99, name="经办电话"))
    own = book.create_sheet("会议记录")
    own["A1"] = "2023年3月1日开会"
    book.save(annex2.master)
    (annex2.root / "templates" / "mail" / "发放.j2").write_text("主题：自己写的\n\n正文", "utf-8")
    return annex2


def rolled(old: Annex2, *words: object, now: str = "2024-01-20T09:00") -> tuple[Annex2, str]:
    new = old.root.with_name("工作区-2024")
    status, out, err = old("rollover", "2024", *words, now=now)
    assert status == 1, err
    return Annex2(new), out


def test_of_the_old_year_nothing_changes(year: Annex2) -> None:
    before = hashes(year.root)
    rolled(year)
    assert hashes(year.root) == before


def test_what_is_still_out_of_the_old_year_is_told(year: Annex2) -> None:
    _, out = rolled(year)
    assert "全年还没有报的：养老服务处、儿童福利处、基层政权处" in out
    assert "第一季度还没有报的" not in out
    assert f"annex2 -w {year.root} schedule install --remove" in out


def test_what_last_year_did_not_finish_goes_on(year: Annex2) -> None:
    new, out = rolled(year)
    assert "结转 19 项没有完成的任务；上年已完成、已销号的 2 项没有结转" in out
    assert "上年已完成、已销号，没有带过来的 2 项：第1*项 " in out
    assert "（已销号）；第12*项 " in out
    assert "（超额完成）" in out
    assert "上年提请销号、没有人决定的 1 项：第2*项 加大妇女儿童" in out
    assert "（今年第1*项）" in out
    tasks = new.cells("任务台账")
    assert [t["序号"] for t in tasks] == list(range(1, 20))
    assert [t["任务编号"] for t in tasks] == [f"2024-{n:02d}" for n in range(1, 20)]
    assert str(tasks[0]["工作事项"]).startswith("加大妇女儿童")
    assert tasks[0]["经办电话"] == "8002"  # the office's own column goes with its task
    emptied = ("任务状态", "销号状态", "销号日期", "第一季度完成情况", "全年报送状态")
    assert {t[h] for t in tasks for h in emptied} == {None}
    assert {c for r in new.cells("收件记录") for c in r.values()} == {None}


def test_rounds_a_year_later_with_the_calendars_word(year: Annex2) -> None:
    new, _ = rolled(year)
    rounds = new.cells("报送节点")
    assert [(r["编号"], r["截止日期"].date(), r["上报截止"].date()) for r in rounds] == [
        ("2024Q1", date(2024, 4, 5), date(2024, 4, 20)),
        ("2024Q2", date(2024, 7, 5), date(2024, 7, 20)),
        ("2024Q3", date(2024, 10, 5), date(2024, 10, 20)),
        ("2024Y", date(2025, 1, 5), date(2025, 1, 20)),
    ]
    assert [bool(r["日历提示"]) for r in rounds] == [True, False, True, True]
    assert "1月5日为星期日" in str(rounds[3]["日历提示"])
    assert [r["已核日期"].date() for r in rounds] == [r["截止日期"].date() for r in rounds]
    sheet = load_workbook(new.master)["报送情况"]
    assert [c.value for c in next(r for r in sheet.iter_rows() if r[0].value == "节点编号")][2:6] == [
        "2024Q1", "2024Q2", "2024Q3", "2024Y"
    ]  # fmt: skip


def test_divisions_settings_templates_and_jobs_go_along_and_grants_do_not(year: Annex2) -> None:
    new, out = rolled(year)
    (division,) = (d for d in new.cells("处室") if d["名称"] == "养老服务处")
    assert (division["邮箱"], division["别名"], division["免报节点"]) == ("yanglao@example.org", "养老处", None)
    assert {d["延期"] for d in new.cells("处室")} == {None}
    assert "上年的免报、延期没有带过来：养老服务处、基层政权处、儿童福利处" in out
    settings = {r["项目"]: r["值"] for r in new.cells("设置")}
    assert settings["年度"] == 2024
    assert settings["方案名称"] == "2024年省、市<政府工作报告>民政目标任务责任分解方案"
    assert settings["单位"] == "市民政局"
    assert (new.root / "templates" / "mail" / "发放.j2").read_text("utf-8").startswith("主题：自己写的")
    assert next((j["名称"], j["上次运行"]) for j in new.cells("定时任务")) == ("收取回件", None)
    assert (new.root / ".annex2" / "key").read_bytes() != (year.root / ".annex2" / "key").read_bytes()
    assert not (new.root / "archive" / "received.jsonl").exists()


def test_titles_say_the_new_year_and_own_sheets_are_left_alone(year: Annex2) -> None:
    new, out = rolled(year)
    book = load_workbook(new.master)
    for name in ("报送情况", "任务台账", "收件记录", "说明"):
        assert str(book[name]["A1"].value).startswith("2024年市民政局"), name
    assert not any("2023" in str(c.value) for r in book["说明"].iter_rows() for c in r)
    words = [str(c.value) for r in book["说明"].iter_rows() for c in r if c.value]
    assert "annex2 rollover 2025" in words
    assert "annex2 rollover 2024" not in words
    for name in ("报送情况", "处室"):
        above = "".join(str(c.value or "") for r in book[name].iter_rows(max_row=2) for c in r)
        assert "2024-04-10" in above, name
        assert "2023" not in above, name
    assert book["会议记录"]["A1"].value == "2023年3月1日开会"
    assert "你们自己加的工作表原样带过来了：会议记录" in out


def test_plan_nodes_that_are_not_done_are_proposed(year: Annex2) -> None:
    new, out = rolled(year)
    steps = new.cells("办理方案")
    assert [(s["序号"], s["工作内容"], s["进度"]) for s in steps] == [
        (1, "出台办法", "上年结转：正在征求意见"),
        (11, "培训一次", "上年结转：没有写进度"),
    ]
    assert steps[0]["完成时间节点"].date() == date(2024, 9, 30)
    assert "上年没有完成、今年没有对应任务的：第12*项评估一次" in out
    assert out.count("评估一次") == 1
    assert "改造收尾" not in out  # its task was closed


def test_last_years_texts_are_at_hand(year: Annex2) -> None:
    new, _ = rolled(year)
    assert load_workbook(year.master)["上年完成情况"].sheet_state == "hidden"
    assert load_workbook(new.master)["上年完成情况"].sheet_state == "visible"
    rows = new.cells("上年完成情况")
    assert len(rows) == 21
    (two,) = (r for r in rows if r["上年序号"] == "2*")
    assert (two["序号"], two["上年完成情况"], two["来源"]) == (1, "已完成全年目标。", "全年")
    assert two["说明"] == "今年第 1* 项"
    (one,) = (r for r in rows if r["上年序号"] == "1*")
    assert (one["序号"], one["来源"], one["销号状态"], one["说明"]) == (None, "第一季度", "已销号", "已完成，没有结转")


def test_the_new_workspace_works(year: Annex2) -> None:
    new, _ = rolled(year)
    before = new.master.read_bytes()
    assert new("collect", now="2024-01-21T09:00")[0] in (0, 1)
    assert new.master.read_bytes() == before  # what a run would write is written
    assert new("fanout", "2024Q1")[0] == 0
    new.deliver("社会救助处", "2024Q1", texts=["截至3月底，已覆盖14类对象。", "新增2处供养机构。"], approver="李超")
    done = new.json("collect", now="2024-04-02T10:00")
    assert done["merged_cells"] == 2
    assert new.status_text(1) == "截至3月底，已覆盖14类对象。"
    states = {d["division"]: d["state"] for d in new.json("status", now="2024-04-07T09:00")["rounds"][0]["divisions"]}
    assert states == {"社会救助处": "on_time", "养老服务处": "missing", "基层政权处": "missing"}  # 儿童福利处: all done
    assert new("summary", now="2025-01-20T09:00")[0] in (0, 1)
    assert any("2024年度" in p.name for p in (new.root / "summary").iterdir())
    # a form of last year is known for one
    held = new.json("check", year.form("社会救助处", "2023Q1"))["files"]
    assert held[-1]["verdict"] == "held"
    assert "2023 年的表" in held[-1]["findings"][0]["message"]


def test_the_master_is_sound_and_stays_byte_for_byte_reproducible(year: Annex2, tmp_path: Path) -> None:
    new, _ = rolled(year)
    again = tmp_path / "再来"
    assert year("rollover", "2024", again, now="2024-01-20T09:00")[0] == 1
    assert (again / "master.xlsx").read_bytes() == new.master.read_bytes()
    names = {n.name: n.text for n in Workbook.open(new.master).names}
    assert names["收件_时间"].endswith("$5000")  # ranges reach as far as they did


def test_targets_go_on_without_last_years_figures(year: Annex2) -> None:
    book = load_workbook(year.master)
    sheet = book["指标"]
    columns = {c.value: c.column for c in sheet[3]}
    for header, value in {
        "序号": 2, "指标": "新增床位", "目标值": 500, "单位": "张", "口径": "按验收数", "第一季度累计值": 120,
    }.items():  # fmt: skip
        sheet.cell(4, columns[header]).value = value
    book.save(year.master)
    year("collect", now="2024-01-05T09:00")
    assert year.cells("指标")[0]["完成率"] == 0.24
    new, _ = rolled(year)
    (row,) = (r for r in new.cells("指标") if r["指标"] == "新增床位")
    assert (row["序号"], row["目标值"], row["口径"]) == (1, 500, "待确认（上年结转）：按验收数")
    assert {row[h] for h in ("第一季度累计值", "全年累计值", "完成率", "提示")} == {None}


def test_a_target_names_the_tasks_that_share_it_by_this_years_numbers(year: Annex2) -> None:
    def shared(office: Annex2, *numbers: int) -> set[tuple[int, str]]:
        rows = [r for r in office.cells("指标") if r["序号"] in numbers]
        return {(r["序号"], str(r["口径"]).partition("；")[2]) for r in rows}

    assert {(3, "与第 9* 项是同一个数"), (9, "与第 3* 项是同一个数"), (11, "与第 1* 项是同一个数")} < shared(
        year, 3, 9, 11
    )
    new, _ = rolled(year)
    # 3, 9 and 11 of last year; 1, which the last one shared its number with, is closed
    assert shared(new, 2, 8, 10) == {
        (2, ""), (2, "与第 8* 项是同一个数"), (8, "与第 2* 项是同一个数"), (10, "")
    }  # fmt: skip


def test_from_the_new_years_notice(year: Annex2, shared: Path, tmp_path: Path) -> None:
    words = {
        "完成居家适老化改造2000户以上。": "完成居家适老化改造2400户以上。",
        "增强基层服务管理功能": "完善基层治理平台，增强基层服务管理功能",
        "4月5日、7月5日": "4月8日、7月5日",
        "居民收入增长与经济增长基本同步。": "开展殡葬领域专项整治，新建公益性公墓6处。",
    }
    notice = next_notice(shared, tmp_path / "通知.docx", **words)
    new, out = rolled(year, "--notice", notice)
    assert "由通知读出 21 项任务，其中 20 项与上年的对得上" in out
    tasks = new.cells("任务台账")
    assert [t["序号"] for t in tasks] == list(range(1, 22))
    assert tasks[0]["工作事项"] == "完成居家适老化改造2400户以上。"
    assert (tasks[0]["经办电话"], tasks[4]["经办电话"]) == ("8001", None)
    rounds = [(r["编号"], r["截止日期"].date()) for r in new.cells("报送节点")]
    assert rounds[:2] == [("2024Q1", date(2024, 4, 8)), ("2024Q2", date(2024, 7, 5))]
    rows = {r["上年序号"]: r for r in new.cells("上年完成情况")}
    assert (rows["1*"]["序号"], rows["5"]["序号"], rows["5"]["说明"]) == (1, None, "今年没有对应的任务")
    assert any(t["目标值"] == 2400 for t in new.cells("指标"))
    assert "上年没有完成，今年的通知里没有对上的 1 项：第5项 " in out
    assert "没有带过来的" not in out  # the notice goes on with what was closed and done
    # a task that was closed goes on where the notice says so; what was left of its plan was done with then
    assert "改造收尾" not in [s["工作内容"] for s in new.cells("办理方案")]
    assert "改造收尾" not in out
    assert new("fanout", "2024Q1")[0] == 0


def test_tasks_that_are_worded_much_alike(annex2: Annex2, shared: Path, tmp_path: Path) -> None:
    """Figures do not tell which task goes on as which; what is only worded alike is asked about, with both texts."""
    for no, text in enumerate(("新建幸福食堂20个。", "改造幸福食堂15个。", "提高城市低保标准至每月900元。"), start=10):
        annex2.type(Sheet.TASKS, f"2023-{no}", "工作事项", text)
    words = {
        "新开业老年人供餐点30个。": "改造幸福食堂20个。",
        "完成特殊困难老年人家庭居家适老化改造2000户以上。": "新建幸福食堂15个。",
        "为13个区级儿童福利指导中心配置专业社工。": "提高农村低保标准至每月700元。",
        "支持40个社区开展共同缔造社区治理项目。": "支持50个社区开展共同缔造社区治理项目。",
        "基层政权处": "基层治理处",
    }
    new, out = rolled(annex2, "--notice", next_notice(shared, tmp_path / "通知.docx", **words))
    rows = {r["上年序号"]: r["序号"] for r in new.cells("上年完成情况")}
    assert (rows["10*"], rows["11*"], rows["12*"], rows["14*"]) == (11, 10, 12, 14)
    (told,) = (line for line in out.splitlines() if "按相近算作同一项" in line)
    assert "有 1 项" in told
    assert "第12*项“提高农村低保标准至每月700元。”是上年第12*项“提高城市低保标准至每月900元。”" in told
    assert "今年的通知里没有任务的处室：基层政权处" in out


def test_tasks_that_differ_by_figures_alone(annex2: Annex2, shared: Path, tmp_path: Path) -> None:
    """The very same words go on; of a road, a hotline or a phase the figure is the name."""
    old = ("完成107国道沿线养老设施改造。", "完成318国道沿线养老设施改造。", "推广12345儿童服务热线。")
    for no, text in enumerate(old, start=10):
        annex2.type(Sheet.TASKS, f"2023-{no}", "工作事项", text)
    words = {
        "新开业老年人供餐点30个。": old[1],
        "完成特殊困难老年人家庭居家适老化改造2000户以上。": old[0],
        "为13个区级儿童福利指导中心配置专业社工。": "推广12355儿童服务热线。",
    }
    new, out = rolled(annex2, "--notice", next_notice(shared, tmp_path / "通知.docx", **words))
    rows = {r["上年序号"]: r["序号"] for r in new.cells("上年完成情况")}
    assert (rows["10*"], rows["11*"], rows["12*"]) == (11, 10, 12)
    (told,) = (line for line in out.splitlines() if "按相近算作同一项" in line)
    assert "有 1 项" in told
    assert "12355" in told


def test_what_is_carried_over_a_second_time_says_so_once(year: Annex2) -> None:
    rolled(year)
    again = year.root.with_name("工作区-2025")
    status, _, err = Annex2(year.root.with_name("工作区-2024"))("rollover", "2025", again, now="2025-01-20T09:00")
    assert status == 1, err
    assert {s["进度"] for s in Annex2(again).cells("办理方案")} >= {"上年结转：正在征求意见", "上年结转：没有写进度"}
    assert not any("上年结转：上年结转" in str(s["进度"]) for s in Annex2(again).cells("办理方案"))


def test_a_round_that_last_year_had_not(annex2: Annex2, shared: Path, tmp_path: Path) -> None:
    """An office whose 2023 began in the second quarter: the notice of 2024 asks for the first one too."""
    book = load_workbook(annex2.master)
    for name, headers in (("任务台账", ("第一季度完成情况", "第一季度报送状态")), ("报送情况", ("第一季度",))):
        sheet = book[name]
        (table,) = sheet.tables.values()
        for header in headers:
            cell = next(c for r in sheet.iter_rows() for c in r if c.value == header)
            cell.value = f"旧{header}"
            next(c for c in table.tableColumns if c.name == header).name = cell.value
    book["报送节点"].delete_rows(4)
    (table,) = book["报送节点"].tables.values()
    table.ref = table.autoFilter.ref = "A3:J6"
    book.save(annex2.master)
    notice = next_notice(shared, tmp_path / "通知.docx")
    _, out, err = annex2("rollover", "2024", "--notice", notice, now="2024-02-01T09:00")
    assert "通知里有上年没有的节点，加在最下面：第一季度（2024-04-05）" in out, err
    new = Annex2(annex2.root.with_name("工作区-2024"))
    assert [r["编号"] for r in new.cells("报送节点")] == ["2024Q2", "2024Q3", "2024Y", "2024Q1"]
    assert "第一季度完成情况" in new.cells("任务台账")[0]
    assert new("fanout", "2024Q1")[0] == 0


def test_a_longer_and_a_shorter_notice(annex2: Annex2, tmp_path: Path) -> None:
    """An office of three tasks gets the invented notice of 2024, and the other way round."""
    notice = write_notice(tmp_path / "通知.docx")
    book = load_workbook(annex2.master)
    sheet = book["任务台账"]
    sheet.delete_rows(7, 18)
    (table,) = sheet.tables.values()
    table.ref = f"{table.ref.partition(':')[0]}:{table.ref.partition(':')[2].rstrip('0123456789')}6"
    table.autoFilter.ref = table.ref
    book.save(annex2.master)
    status, out, err = annex2("rollover", "2024", "--notice", notice)
    assert status == 1, err
    new = Annex2(annex2.root.with_name("工作区-2024"))
    assert [t["工作事项"] for t in new.cells("任务台账")] == [t.text for t in TASKS]
    assert [t["任务编号"] for t in new.cells("任务台账")] == [t.key for t in TASKS]
    assert "通知里有上年没有的处室（单位）" in out
    assert new("fanout", "2024Q1")[0] == 0


def test_what_a_killed_rollover_left_is_no_obstacle(annex2: Annex2) -> None:
    new = annex2.root.with_name("明年")
    assert annex2("rollover", "2024", new)[0] == 1
    (new / "master.xlsx").unlink()  # what is written last
    assert annex2("rollover", "2024", new)[0] == 1
    assert (new / "master.xlsx").exists()
    assert annex2("rollover", "2024", new)[0] == 2


@pytest.mark.parametrize(
    ("deadlines", "rounds", "told"),
    [
        (  # no day is read: last year's are better than a guess, and there is no fourth quarter beside the year
            "按要求",
            "2024Q1 04-05 2024Q2 07-06 2024Q3 10-05 2024Y 01-05",
            "第一季度、第二季度、第三季度、全年的截止日期是由 2023 年的顺延一年得来的",
        ),
        (
            "于每季度首月8日前，将上季度工作目标完成情况",
            "2024Q1 04-08 2024Q2 07-08 2024Q3 10-08 2024Y 01-08",
            "通知里的第四季度（全年）就是上年括号里的节点，名称照上年的",
        ),
        (
            "于4月9日、10月9日及次年1月9日前，将第一、第二、第三季度及全年工作目标完成情况",
            "2024Q1 04-09 2024Q2 07-06 2024Q3 10-09 2024Y 01-09",
            "第二季度的截止日期是由 2023 年的顺延一年得来的",
        ),
        (
            "于7月9日及次年1月9日前，将上半年及全年工作目标完成情况",
            "2024Q1 04-05 2024Q2 07-09 2024Q3 10-05 2024Y 01-09",
            "今年的通知里没有读出第一季度（2024-04-05）、第三季度（2024-10-05），按上年的推后一年列着",
        ),
        (
            "于4月9日、7月9日、10月9日及次年1月9日前，将第一季度、上半年、第三季度及全年工作目标完成情况",
            "2024Q1 04-09 2024Q2 07-09 2024Q3 10-09 2024Y 01-09",
            "通知里的上半年（第二季度）就是上年括号里的节点，名称照上年的",
        ),
    ],
)
def test_days_that_the_notice_does_not_say(
    annex2: Annex2, tmp_path: Path, deadlines: str, rounds: str, told: str
) -> None:
    book = load_workbook(annex2.master)
    cell = next(c for r in book["报送节点"].iter_rows() for c in r if c.value == datetime(2023, 7, 5))  # noqa: DTZ001
    cell.value = datetime(2023, 7, 6)  # noqa: DTZ001  last year's own
    book.save(annex2.master)
    notice = write_notice(tmp_path / "通知.docx", deadlines=deadlines)
    _, out, err = annex2("rollover", "2024", "--notice", notice, now="2024-02-01T09:00")
    found = Annex2(annex2.root.with_name("工作区-2024")).cells("报送节点")
    assert " ".join(f"{r['编号']} {r['截止日期']:%m-%d}" for r in found) == rounds, err
    assert told in out
    assert "暂按期后5日" not in out


def test_days_off_as_the_new_notice_says(annex2: Annex2, tmp_path: Path) -> None:
    notice = write_notice(
        tmp_path / "通知.docx", deadlines="于每季度首月8日前（遇节假日顺延），将上季度工作目标完成情况"
    )
    annex2("rollover", "2024", "--notice", notice, now="2024-02-01T09:00")
    found = Annex2(annex2.root.with_name("工作区-2024")).cells("报送节点")
    assert {r["顺延规则"] for r in found} == {"顺延至下一工作日"}


def test_the_half_year_is_not_the_report_on_june(annex2: Annex2, tmp_path: Path) -> None:
    book = load_workbook(annex2.master)
    for cell in (c for r in book["报送节点"].iter_rows() for c in r if c.value in ("2023Q1", "2023Q2")):
        cell.value = {"2023Q1": "2023M5", "2023Q2": "2023M6"}[cell.value]
    book.save(annex2.master)
    notice = write_notice(tmp_path / "通知.docx", deadlines="于7月9日及次年1月9日前，将上半年及全年工作目标完成情况")
    _, _, err = annex2("rollover", "2024", "--notice", notice, now="2024-02-01T09:00")
    found = Annex2(annex2.root.with_name("工作区-2024")).cells("报送节点")
    assert " ".join(f"{r['编号']} {r['截止日期']:%m-%d}" for r in found) == (
        "2024M5 04-05 2024M6 07-05 2024Q3 10-05 2024Y 01-09 2024H1 07-09"
    ), err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("rollover", "2023"), "不能结转到 2023 年"),
        (("rollover", "2022"), "不能结转到 2022 年"),
        (("rollover", "2034"), "不能结转到 2034 年"),
        (("rollover",), "缺少"),
        (("rollover", "明年"), "不是整数"),
        (("rollover", "2024", "IN/THERE"), "不能放在上年的工作区里面"),
        (("rollover", "2024", "TAKEN"), "这里已经有文件"),
        (("rollover", "2024", "--notice", "NONE"), "NONE"),
    ],
)
def test_what_is_refused_changes_nothing(annex2: Annex2, tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "a.txt").write_text("b")
    before = hashes(tmp_path)
    places = {"IN/THERE": annex2.root / "2024", "TAKEN": tmp_path / "taken", "NONE": tmp_path / "NONE.docx"}
    status, _, err = annex2(*(places.get(w, w) for w in words))
    assert status == 2
    assert said in err
    assert hashes(tmp_path) == before


def test_a_notice_of_another_year_an_unreadable_master_and_a_year_all_done(annex2: Annex2, shared: Path) -> None:
    assert "2023 年的，不是 2024 年的" in annex2("rollover", "2024", "--notice", shared / "seed" / "notice.docx")[2]
    book = load_workbook(annex2.master)
    sheet = book["任务台账"]
    column = next(c.column for c in sheet[3] if c.value == "任务状态")
    for row in range(4, 25):
        sheet.cell(row, column).value = "已完成"
    whole = annex2.master.read_bytes()
    book.save(annex2.master)
    assert "没有要结转的" in annex2("rollover", "2024")[2]
    annex2.master.write_bytes(whole[: len(whole) // 2])
    status, _, err = annex2("rollover", "2024")
    assert (status, "怎么办" in err) == (2, True)
    assert not annex2.root.with_name("工作区-2024").exists()


def test_the_third_year(year: Annex2) -> None:
    new, _ = rolled(year)
    new("fanout", "2024Q1")
    new.deliver("社会救助处", "2024Q1", texts=["截至3月底，已覆盖14类对象。", "新增2处供养机构。"], approver="李超")
    new("collect", now="2024-04-02T10:00")
    assert new("rollover", "2025", now="2025-01-10T09:00")[0] == 1
    third = Annex2(new.root.with_name("工作区-2025"))
    rows = third.cells("上年完成情况")
    assert len(rows) == 19
    assert rows[0]["上年完成情况"] == "截至3月底，已覆盖14类对象。"
    assert [t["任务编号"] for t in third.cells("任务台账")][:2] == ["2025-01", "2025-02"]


def test_beside() -> None:
    assert beside(Path("/办/2023报送"), 2023, 2024) == Path("/办/2024报送")
    assert beside(Path("/办/报送"), 2023, 2024) == Path("/办/报送-2024")


@pytest.mark.parametrize(
    ("progress", "done"),
    [
        ("已完成", True),
        ("已全部完成。", True),
        ("9月按期完成", True),
        ("100%", True),
        ("", False),
        ("未完成", False),
        ("已完成60%", False),
        ("部分已完成", False),
        ("正在推进，前期工作已完成", False),
        ("基本完成", False),
    ],
)
def test_step_done(progress: str, done: bool) -> None:
    assert step_done(progress) is done


def test_init_dates_what_is_to_be_confirmed(tmp_path: Path) -> None:
    assert main(["init", str(tmp_path / "甲"), "--now", "2023-02-20T08:15"]) == 0
    items = Annex2(tmp_path / "甲").cells("待处理")
    assert {i["时间"] for i in items} == {datetime(2023, 2, 20, 8, 15)}  # noqa: DTZ001  as Excel has it


def test_what_is_not_saved_is_told_to_be_missing(annex2: Annex2) -> None:
    lock = annex2.master.with_name(".~lock.master.xlsx#")
    lock.write_text(",张三,办公室,24.11.2026 10:00,file:///x;", "utf-8")
    told = "总表正由“张三（办公室）”用 LibreOffice 打开着：没有保存的改动这里看不到"
    assert told in annex2("fanout", "2023Q1")[2]
    assert told in annex2("status")[1]
    assert told in annex2("rollover", "2024", now="2024-01-20T09:00")[1]
    lock.unlink()
    assert "没有保存" not in annex2("status")[1]


def test_comments_go_with_the_rows_that_do_not_come_along(year: Annex2) -> None:
    """A comment beside a task that was closed blocked the whole turn of the year."""
    book = load_workbook(year.master)
    ws = book["任务台账"]
    rows = {ws.cell(r, 1).value: r for r in range(4, 25)}
    ws.cell(rows[1], 4).comment = Comment("办完了", "办公室")  # closed in this year
    ws.cell(rows[5], 4).comment = Comment("要跟进", "办公室")
    book.save(year.master)
    made = rolled(year)[0].master
    ws = load_workbook(made)["任务台账"]
    assert [c.comment.text for row in ws.iter_rows() for c in row if c.comment] == ["要跟进"]
    with zipfile.ZipFile(made) as z:
        drawings = [z.read(n) for n in z.namelist() if n.lower().endswith(".vml")]
    assert sum(d.count(b'ObjectType="Note"') for d in drawings) == 1
