"""Which edition of a list its title names: of what year, and whether a draft or a sample.  Pure."""

from __future__ import annotations

import re
import unicodedata

_SPAN = re.compile(r"20\d{2}年?[-—–~至到]+20\d{2}年?")  # 2025—2027年: no edition of a year
_YEAR = re.compile(r"20\d{2}(?=年(?!底|末|[以之]?前|内|\d))")  # no 2027年底前完成
_OUTDATED = re.compile("作废|废止|[初草]稿|草案|讨论稿|送审稿|征求意见|旧版|备份|往年|上年|去年|参考|示例|样表|模板")
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


def another(title: str, own: str, year: set[str]) -> bool:
    """Whether a title names another edition than the list's `own`: of none of the years that this, or else the notice,
    names, or one that no longer holds where the other does."""
    current = years(own) or (set() if _SPAN.search(own) else year)
    other = years(title)
    if carried(title):
        return False
    if other and current and not other & current:
        return True
    return bool(other) and not outdated(title) if outdated(own) else outdated(title)
