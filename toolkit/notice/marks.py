"""What marks the tasks that the office leads (牵头任务): stars, legends, headings and brackets.  Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

STARS = "*＊﹡∗⁎✱✲★☆⭐"
_KINDS = ("*＊﹡∗⁎✱✲", "★☆⭐")  # one is typed for the other
_SYMBOLS = STARS + "▲△▼●○◆◇■□◎※#＃§†‡√✓✔"
# 注：带▲的为我局牵头任务；标“★”者为区政府民生实事项目。
_LEGEND = re.compile(
    rf"([{_SYMBOLS}])[”\"」』）)]?号?(?:标[记识注])?[的者]?(?:序号|任务|事项|项目|工作)?[，,]?[均都即]?"
    r"(?:为|是|系|表示|代表|指)([^。；;，,（）()]{1,30})"
)
_SHORT = re.compile(rf"(?:注|说明)[:：]?[“\"「（(]?([{_SYMBOLS}])[”\"」）)]?([^。；;]{{0,8}}牵头)")  # 注：▲由我局牵头
_LEADING, _HELPING = "牵头|主办|主责|承办", "配合|协办|协同|协助|参与"
_OURS = "负责|承担|主抓|[我本][局委厅院校办区县镇]"
_WHOSE = re.compile(f"{_LEADING}|{_HELPING}|{_OURS}")
# 注：*为市政府重点督办事项，由我局牵头。
_FURTHER = re.compile(
    rf"(?:由[我本]?|[我本])[局委厅院校办区县镇](?:负责|统一|组织)?(?:负责|承担|主抓|{_LEADING}|{_HELPING})(?!处室|科室|单位|部门)"
)
_WORK = "(?:负责|落实|完成|办理|推进|承担)?的?(?:重点|工作)?(?:任务|事项|工作|项目|类|部分)"
# What another level of government leads (市级牵头任务) is not the office's own.
_LED = re.compile(rf"(?<![省市区县级])(?:{_LEADING}){_WORK}|(?:{_LEADING})$")
_HELPED = re.compile(rf"(?:{_HELPING}).{{0,4}}?{_WORK}|(?:{_HELPING})$")
# A title, not a line that asks for something: 2026年配合任务清单; no 京津冀协同发展任务, no 请加强协调配合.
_TITLE = re.compile(
    rf"(?!.*(?:[，,；;：:]|[请需须]|协调|支持)).*(?:(?<![省市区县级])(?P<lead>{_LEADING})|(?P<help>配合|协办))"
    r"(?:负责|落实|完成|办理|推进|承担)?的?(?:重点|工作)*(?:任务|事项|工作|项目|清单|表)(?:.*(?:清单|任务|事项|工作|项目|表))?"
)
_BRACKET = re.compile(rf"[（(](?:(?P<lead>{_LEADING})|(?P<help>{_HELPING}))(?:任务|事项)?[）)]")


@dataclass(frozen=True, slots=True)
class Marks:
    """The characters beside a task's number or text, by what they say."""

    lead: str = STARS
    support: str = ""
    other: tuple[tuple[str, str], ...] = ()  # a star and what it stands for instead, where none is said to lead

    @property
    def any(self) -> str:
        """As a class of a regular expression."""
        return f"[{re.escape(STARS + self.lead + self.support)}]"

    def leads(self, text: str) -> bool:
        return any(c in self.lead for c in text)

    def supports(self, text: str) -> bool:
        return any(c in self.support for c in text)


def read_marks(texts: Iterable[str]) -> Marks:
    """What the legends among a notice's paragraphs and remarks say."""
    found: dict[str, str] = {}
    for text in texts:
        for m in _LEGEND.finditer(text):
            found.setdefault(m[1], m[2] if _WHOSE.search(m[2]) else m[2] + _further(text[m.end() :]))
        for m in _SHORT.finditer(text):
            found.setdefault(m[1], m[2])
    lead, support, other = STARS, "", []
    for char, meaning in found.items():
        kind = next((k for k in _KINDS if char in k), char)
        helps = re.search(f"{_HELPING}|[非不](?:{_LEADING})", meaning)
        if re.search(f"(?<![非不])(?:{_LEADING})", meaning) or (re.search(_OURS, meaning) and not helps):
            lead += "" if char in lead else char
            continue
        lead = "".join(c for c in lead if c not in kind)
        if helps:
            support += kind
        elif char in STARS:
            other.append((char, meaning))
    named = any(found.keys() & set(lead))
    return Marks(lead, support, () if named else tuple(other))


def _further(text: str) -> str:
    """What the rest of a legend's sentence says of whose the tasks are, before it comes to other tasks."""
    rest = re.split("[。；;）)]", text)[0]
    if not re.search("[，,][均都]由", rest):
        rest = re.split(f"[{_SYMBOLS}]", rest)[0]
    m = _FURTHER.search(re.split("其余|其[他它]|[未无不][标带]", rest)[0])
    return f"，{m[0]}" if m else ""


def role(text: str) -> bool | None:
    """Whether a heading or category says that the office leads its tasks (牵头任务) or supports them (配合任务)."""
    bare = re.sub(r"\([^()]*\)", "", unicodedata.normalize("NFKC", text))
    led, helped = bool(_LED.search(bare)), bool(_HELPED.search(bare))
    return led if led != helped else None


def role_of_title(text: str) -> bool | None:
    """Whether the title of a table, or the name of a sheet, says that the office leads or supports what it lists."""
    bare = re.sub(r"\([^()]*\)", "", unicodedata.normalize("NFKC", text))
    bare = f"{bare}任务" if bare in ("牵头", "配合") else bare
    m = _TITLE.fullmatch(bare)
    return role(bare) is not False if m and m["lead"] else False if m and role(bare) is not True else None


def take_bracket(text: str) -> tuple[str, bool | None]:
    """The text without a （牵头） or （配合） at its beginning or end, and what that says."""
    for m in _BRACKET.finditer(text):
        if not text[: m.start()].strip() or not text[m.end() :].strip("。 "):
            return text[: m.start()] + text[m.end() :], bool(m["lead"])
    return text, None
