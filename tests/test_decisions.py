"""What people decide on 待处理 when the master has changed since they were asked."""

from __future__ import annotations

import pytest
from conftest import Annex2
from test_lost_tasks import delete_row, put_back

from toolkit.master.schema import Sheet

RELIEF = "社会救助处"
NOW, LATER, LATEST = "2023-04-03T10:00", "2023-04-04T10:00", "2023-04-05T10:00"


def item(annex2: Annex2, key: str) -> dict[str, object]:
    return next(r for r in annex2.cells("待处理") if str(r["标识"]).startswith(key))


def choose(annex2: Annex2, key: str, words: str) -> None:
    annex2.type(Sheet.ATTENTION, str(item(annex2, key)["标识"]), "处理意见", words)


def test_a_return_that_was_judged_by_a_master_that_was_wrong_is_looked_at_again(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2("collect", now=NOW)
    values = delete_row(annex2, "2")
    annex2.deliver(RELIEF, texts=("救助一", "标准一"))
    annex2("collect", now=NOW)
    put_back(annex2, values)
    annex2("collect", now=LATER)
    assert annex2.status_text(2) is None
    choose(annex2, "return:", "接收此件")
    annex2("collect", now=LATEST)
    assert (annex2.status_text(2), annex2.status_text(13)) == ("救助一", "标准一")
    assert str(item(annex2, "return:")["处理结果"]).startswith("已接收")
    settled = annex2.master.read_bytes()
    annex2("collect", now=LATEST)
    assert annex2.master.read_bytes() == settled


@pytest.fixture
def returned(annex2: Annex2) -> Annex2:
    annex2("fanout", "2023Q1")
    annex2.deliver(RELIEF, texts=("救助一", None))
    annex2("collect", now=NOW)
    return annex2


@pytest.mark.parametrize("words", ["接收此件 儿童福利处 2023Q2", "接收此件？不", "接收此件，但请补第13项"])
def test_more_words_than_accept_are_not_passed_over(returned: Annex2, words: str) -> None:
    choose(returned, "return:", words)
    returned("collect", now=LATER)
    assert "没有接收" in str(item(returned, "return:")["处理结果"])


@pytest.mark.parametrize("words", ["接收此件", "接收此件 社会救助处", "接收此件 社会救助处第一季度"])
def test_what_is_accepted_as_it_is_has_its_state_by_the_time(returned: Annex2, words: str) -> None:
    choose(returned, "return:", words)
    returned("collect", now=LATER)
    states = [returned.status_text(no, "第一季度报送状态") for no in (2, 13)]
    assert states == ["按时", "按时"]
    assert returned.status_text(13) is None


def test_an_emptied_cell_is_asked_about_when_its_text_comes_again(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver(RELIEF, name="一.xlsx", texts=("救助一", "标准一"))
    annex2("collect", now=NOW)
    annex2.type(Sheet.TASKS, "2023-02", "第一季度完成情况", None)
    annex2.deliver(RELIEF, name="二.xlsx", texts=("救助一", "标准二"))
    assert annex2("collect", now=LATER)[0] == 1
    assert "人工改过的：（空）" in str(item(annex2, "conflict:")["问题"])
    choose(annex2, "conflict:", "采用报送")
    annex2("collect", now=LATEST)
    assert (annex2.status_text(2), annex2.status_text(13)) == ("救助一", "标准二")


def test_a_choice_does_not_replace_what_somebody_typed_after_it_was_asked_for(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver(RELIEF, name="一.xlsx", texts=("救助一", "标准一"))
    annex2("collect", now=NOW)
    annex2.type(Sheet.TASKS, "2023-02", "第一季度完成情况", "办公室改过")
    annex2.deliver(RELIEF, name="二.xlsx", texts=("救助二", "标准一"))
    annex2("collect", now=NOW)
    annex2.type(Sheet.TASKS, "2023-02", "第一季度完成情况", "办公室又改，第二版")
    choose(annex2, "conflict:", "采用报送")
    annex2("collect", now=LATER)
    asked = item(annex2, "conflict:")
    assert annex2.status_text(2) == "办公室又改，第二版"
    assert str(asked["处理结果"]).startswith("台账这一格后来又改过，没有换")
    assert "人工改过的：办公室又改，第二版" in str(asked["问题"])
    assert asked["处理意见"] is None
    choose(annex2, "conflict:", "采用报送")
    annex2("collect", now=LATEST)
    assert annex2.status_text(2) == "救助二"
