"""Which edition of a list its title names: of what year, and whether a draft or a sample.  Pure."""

from __future__ import annotations

import re
import unicodedata

_SPAN = re.compile(r"20\d{2}年?[-—–~至到]+20\d{2}年?")  # 2025—2027年: no edition of a year
_YEAR = re.compile(r"20\d{2}(?=年(?!底|末|[以之]?前|内|\d))")  # no 2027年底前完成
_DRAFT = "[初草]稿|讨论稿|送审稿|征求意见稿|样表"
_VOID = f"{_DRAFT}|作废|废止|草案|征求意见|旧版|备份|参考|示例|模板"
_LIST = "任务|目标|事项|清单|分解|分工|责任|方案|工作|重点|主要|年度|项目|表"
# As the whole name, in brackets, or behind what the list is: no 规范性文件废止, no （参考2025年格式）.
_OUTDATED = re.compile(
    rf"[(（〔\[【](?:[仅供已为系\d年度版的])*(?:{_VOID}|往年|上年|去年)[)）〕\]】]|(?:^|{_LIST}|\d)(?:{_VOID}|往年|上年|去年)\d*$"
    rf"|(?:{_DRAFT})$|^(?:往年|上年|去年)度?的?(?:{_LIST})+$"
)
_CARRIED = re.compile("未完|未办结|继续|结转|续[建办]|延续|跨年")
_LONGEST = 60  # characters; beyond it is no title


def years(text: str) -> set[str]:
    """The years that a title names."""
    return set(_YEAR.findall(_SPAN.sub("", unicodedata.normalize("NFKC", text))))


def is_title(text: str) -> bool:
    return len(text) <= _LONGEST and "。" not in text and not re.match("(?:备?注|说明)[:：]", text)


def outdated(title: str) -> bool:
    """Whether a list stands there that no longer holds, or only as an example; not what last year left to do."""
    return bool(_OUTDATED.search(title)) and not carried(title)


def carried(title: str) -> bool:
    """Whether it lists what an earlier year left to do: 2025年未完成任务."""
    return bool(_CARRIED.search(title))


def plain(title: str) -> bool:
    """Whether a title says that this is a year's list, and of nothing beside: no 2025年巡视反馈整改任务."""
    bare = re.sub(r"[(（〔\[【][^)）〕\]】]*[)）〕\]】]", "", unicodedata.normalize("NFKC", title))
    return bool(years(bare)) and not re.sub(rf"20\d{{2}}年|度|牵头|配合|民生|实事|{_LIST}", "", bare)


def another(title: str, own: str, year: set[str]) -> bool:
    """Whether a title names another edition than the list's `own`: of a year that is past in the notice's `year`, or
    else in the other's, where this one is not; or one that no longer holds where the other does."""
    if carried(title):
        return False
    like = plain(title) or (bool(years(title)) and _without_years(title) == _without_years(own))
    if like and (of_own := years(own)):
        now = min(year or of_own)
        if (max(years(title)) < now) != (max(of_own) < now):
            return True
    elif like and year and not _SPAN.search(own) and max(years(title)) < min(year):
        return True
    return like and not outdated(title) if outdated(own) else outdated(title)


def _without_years(title: str) -> str:
    return re.sub(r"20\d{2}年度?", "", title)
