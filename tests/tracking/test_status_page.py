"""The status page: what it says, that it needs nothing else, and how a real Chromium shows it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from toolkit.errors import TemplateError
from toolkit.master.read import Item
from toolkit.model import Division, Rolling, Round
from toolkit.status_page import status_page
from toolkit.tracking import track
from toolkit.workspace import shipped

from .office import CHILDREN, DIVISIONS, GRASSROOTS, RECEIPTS, TASKS, ZONE, at, office

HELD = Item(
    "file:8", 1, kind="待裁定", place="收件记录 第8号", problem="看不出是哪个处室的\n报送", advice="核对后选“接收”"
)
SETTLED = Item("return:2", 2, result="已由第3号收件补正", kind="退回修改", problem="不该出现")
HOSTILE = Item("x", 3, kind="<script>alert(1)</script>", place="<b>位置</b>", problem='"引号" & 符号', advice="</td>")
ITEMS = (HELD, SETTLED, HOSTILE)


def page(now: str = "2023-10-08 09:00", **changed: Any) -> str:
    divisions = (*DIVISIONS[:3], replace(DIVISIONS[3], extended=(("2023Q1", date(2023, 4, 11)),)))
    of = office(Rolling.NEXT, divisions=divisions, supporting=True)
    moment = at(now)
    odd = replace(
        RECEIPTS[0], name='<img src=x onerror="alert(1)">' + "很长的文件名" * 20 + ".xlsx", reason="<i>原因</i>"
    )
    receipts = [r for r in (odd, *RECEIPTS[1:]) if r.received <= moment]
    rounds = track(of, receipts, moment, ZONE, {(CHILDREN, "2023Q2"): "免报"})
    template = shipped("templates/status.html.j2").read_bytes()
    return status_page(of, rounds, changed.pop("items", ITEMS), moment, ZONE, changed.pop("template", template))


class Outline(HTMLParser):
    """Tags in order, and whether each that must be closed is."""

    VOID = ("meta", "br", "wbr", "line")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


def test_well_formed_and_escaped() -> None:
    text = page()
    outline = Outline(text)
    assert outline.open == []
    tags = {t for t, _ in outline.tags}
    assert not tags & {"script", "img", "link", "iframe", "object", "i"}
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "&lt;b&gt;位置" in text
    assert "不该出现" not in text  # settled items are not open


def test_needs_nothing_else_and_nothing_new() -> None:
    text = page()
    for needs in ("http://", "https://", "src=", "url(", "@import", "<script"):
        assert needs not in text.replace("http://www.w3.org/2000/svg", "").replace("&lt;img src=x", "")
    style = re.search(r"<style>(.*?)</style>", text, re.S)
    assert style
    for new in ("grid", "flex", "var(", "--", "calc(", "gap:", ":is(", ":has(", "sticky", "aspect-ratio"):
        assert new not in style[1].replace("-webkit-", ""), new


def test_what_it_says() -> None:
    text = page()
    assert "4月5日为清明节，顺延至4月6日" in text
    assert "10月5日为国庆节，顺延至10月7日（星期六，调休上班）" in text
    assert "顺延期内" in text
    assert "延期至4月11日" in text
    assert "免报" in text
    assert "已过上报截止，未收齐，还差基层政权处" in text
    assert "重报 1 次" in text
    assert RECEIPTS[4].name in text
    early = page("2023-01-05 09:00", items=())
    assert "没有要处理的事" in early
    assert "还没有到期的节点" in early
    assert "还没有收到文件" in early
    assert "2024年放假安排" not in early  # published by now
    assert "未公布" not in early


def test_what_explains_the_table_is_not_in_its_header() -> None:
    """The header is repeated on every printed page; above it all of that is printed once."""
    text = page()
    head = text[text.index("<thead>") : text.index("</thead>")]
    assert "清明节" not in head
    assert '<p class="note">日历提示：第一季度：4月5日为清明节，顺延至4月6日；' in text
    assert text.index("图例：") < text.index("<thead>")
    assert '<span class="keep">截止 2023-04-05</span>' in head


def test_each_state_has_a_sign_and_a_word() -> None:
    outline = Outline(page())
    states = {a["class"] for t, a in outline.tags if t == "td" and (a.get("class") or "").startswith("cell ")}
    assert {"cell on_time", "cell late", "cell missing", "cell exempt", "cell not_due"} <= states
    signs = re.findall(r'<span class="sign">(.)</span> (?:<a [^>]*>)?([^<]+)<', page())
    assert signs
    assert all(sign.strip() and word.strip() for sign, word in signs)


def test_a_template_of_the_staffs() -> None:
    assert page(template=b"<p>{{ title }}</p>") == "<p>2023年市民政局目标任务报送情况</p>"
    for wrong in (b"{{ titel }}", b"{% for %}", "{{ title }}".encode("utf-16"), b"{{ rounds.x.y }}"):
        with pytest.raises(TemplateError) as e:
            page(template=wrong)
        assert "status.html.j2" in str(e.value)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A real Chromium; skips where there is none."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    driver = shutil.which("chromedriver")
    if not chromium or not driver:
        pytest.skip("no Chromium with chromedriver on this machine")
    webdriver = pytest.importorskip("selenium.webdriver")
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for word in ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"):
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    started = webdriver.Chrome(options, Service(driver))
    yield started
    started.quit()


def overflow(browser: Any) -> int:
    """Pixels by which the page is wider than the window."""
    return int(browser.execute_script("return document.documentElement.scrollWidth - window.innerWidth"))


def test_in_chromium(browser: Any, tmp_path: Path) -> None:
    from selenium.webdriver.common.by import By

    path = tmp_path / "报送情况.html"
    path.write_text(page(), "utf-8")
    browser.set_window_size(1366, 768)
    browser.get(path.as_uri())
    assert browser.title == "2023年市民政局目标任务报送情况"
    assert overflow(browser) <= 0
    cells = browser.find_elements(By.CSS_SELECTOR, "table.matrix tbody tr:first-child td")
    assert [c.text.splitlines()[0] for c in cells][1:3] == ["✓ 按时", "✓ 按时"]
    assert len(cells) == 7
    # every division is seen without scrolling
    last = browser.find_elements(By.CSS_SELECTOR, "table.matrix td.who")[3]
    assert GRASSROOTS in last.text
    assert last.rect["y"] + last.rect["height"] <= 768
    # a click on a state leads to its files, and back
    link = cells[1].find_element(By.TAG_NAME, "a")
    link.click()
    target = browser.find_element(By.CSS_SELECTOR, ".files:target")
    assert "第一季度" in target.text
    assert "onerror" in target.text  # the odd file name is text
    scrolled = browser.execute_script("return window.pageYOffset")
    assert scrolled > 0
    target.find_element(By.CSS_SELECTOR, "a.back").click()
    assert browser.execute_script("return window.pageYOffset") < scrolled
    colours = {c.value_of_css_property("background-color") for c in browser.find_elements(By.CSS_SELECTOR, "td.cell")}
    assert len(colours) >= 5
    bars = browser.find_elements(By.CSS_SELECTOR, "svg rect")
    assert len(bars) == 8  # two for each round that is due
    assert all(b.rect["height"] > 0 for b in bars[:2])
    assert not [e for e in browser.get_log("browser") if e["level"] == "SEVERE"]


LONG = "花园街道社会事务综合服务中心（退役军人服务站）"


@pytest.mark.parametrize("width", [1280, 900])
@pytest.mark.parametrize("number", [6, 12])
def test_long_names_and_many_rounds_stay_in_their_cells(
    browser: Any, tmp_path: Path, number: int, width: int
) -> None:
    ends = [date(2023 + n // 12, n % 12 + 1, 5) for n in range(1, number + 1)]
    months = tuple(Round(f"2023M{n}", f"{n}月", day) for n, day in enumerate(ends, 1))
    tasks = tuple(replace(t, division=LONG) if t.division == GRASSROOTS else t for t in TASKS)
    of = replace(office(), tasks=tasks, rounds=months, divisions=(*DIVISIONS[:3], Division(LONG)))
    moment = at("2023-06-20 09:00")
    template = shipped("templates/status.html.j2").read_bytes()
    path = tmp_path / "报送情况.html"
    path.write_text(status_page(of, track(of, [], moment, ZONE), (), moment, ZONE, template), "utf-8")
    browser.set_window_size(width, 900)
    browser.get(path.as_uri())
    assert overflow(browser) <= 0  # a narrow window moves the table alone
    beyond = browser.execute_script(
        "return Array.from(document.querySelectorAll('table.matrix th, table.matrix td'))"
        ".filter(c => c.scrollWidth > c.clientWidth).map(c => c.innerText)"
    )
    assert beyond == []


def test_on_a_phone(browser: Any, tmp_path: Path) -> None:
    from selenium.webdriver.common.by import By

    path = tmp_path / "报送情况.html"
    path.write_text(page(), "utf-8")
    metrics = {"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        browser.get(path.as_uri())
        assert overflow(browser) <= 0
        cell = browser.find_element(By.CSS_SELECTOR, "table.matrix td.cell")
        assert cell.rect["width"] > 300  # one below the other
        assert cell.text.startswith("第一季度")  # each names its round
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_prints_on_a4(browser: Any, tmp_path: Path) -> None:
    import base64

    path = tmp_path / "报送情况.html"
    path.write_text(page(), "utf-8")
    browser.get(path.as_uri())
    printed = browser.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True, "printBackground": True})
    data = base64.b64decode(printed["data"])
    boxes = set(re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", data))
    assert {(round(float(w)), round(float(h))) for w, h in boxes} == {(842, 595)}
