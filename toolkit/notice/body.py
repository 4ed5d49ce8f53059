"""The notice's text around Annex 1 -> title, issuer, year, rounds, counts.  Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from toolkit.errors import NoticeError
from toolkit.language import tr
from toolkit.model import Round
from toolkit.notice.doubt import Doubt
from toolkit.notice.names import squeeze

_OFTENER = re.compile(r"每个?(?:月|周|星期|旬|半月)[^。；;]{0,30}?报[^。；;，,]{0,12}")
_ROUNDS = "请在 master.xlsx 的报送节点里核对，缺的补上，错的改正"
_SETTINGS = "请在 master.xlsx 的设置里核对；不对就改正"

_OFFICE = r"[\u3400-\u9fff（）()]{2,30}?(?:办公室|委员会|局|委|厅|院|部|处|中心|政府|会)"
_DAY = r"(?:\d{4}|[〇○零一二三四五六七八九]{4})年\d{0,2}月\d{0,2}日"
_DATE = re.compile(r"(?:(\d{4})年|(次年|翌年|明年|下一?年|第二年|当年|今年|本年度?))?(\d{1,2})月(\d{1,2})日")
# One or more dates in a row, up to 前: 2023年4月5日、7月5日、10月5日及2024年1月5日前.
_DATES = re.compile(rf"(?:(?:{_DATE.pattern})[前、,;和及与以]*)+")
_HOUR = re.compile(
    r"(?<=日)(?:\((?:星期|周|礼拜)[一二三四五六日天][^()]{0,12}\))?"
    r"(?:[上下]午|中午|晚上?)?(?:\d{1,2}(?:[:时点](?:\d{1,2}分?|半|整)?)|(?=[前之、,;和及与以]))"
)
"""Behind a date the weekday, and the hour: 4月5日(星期五)下午5时前."""
_QUARTERS = re.compile(
    r"(?:第?[一二三四1-4](?:个?季度)?[、,和及与至到]*)*第?[一二三四1-4]个?季度|上半年|下半年|全年|(?<!\d)年度(?!目标|工作)"
)
_PERIODS = {
    "1": ("Q1", "第一季度", 3),
    "2": ("Q2", "第二季度", 6),
    "3": ("Q3", "第三季度", 9),
    "4": ("Q4", "第四季度", 12),
    "上半年": ("H1", "上半年", 6),
    "下半年": ("H2", "下半年", 12),
    "全年": ("Y", "全年", 12),
    "年度": ("Y", "全年", 12),
}
_PLACEHOLDER = re.compile(r"[XxΧХ×_〇○*＊…\s]{2,}|\((?:处室|单位|处室、单位|部门)\)")


@dataclass(frozen=True, slots=True)
class Body:
    """What the text says."""

    title: str
    issuer: str
    organisation: str
    year: int
    rounds: tuple[Round, ...]
    starred: int | None  # N项牵头任务
    unstarred: int | None  # N项配合任务
    doubts: tuple[Doubt, ...]


def read_body(before: Sequence[str], after: Sequence[str]) -> Body:
    """`before` and `after`: the paragraphs before and after Annex 1.  Raises NoticeError where no year is named."""
    doubts: list[Doubt] = []
    lines = [line for p in before for line in p.split("\n") if squeeze(line)]
    marker = next((i for i, t in enumerate(lines) if re.fullmatch(r"附件[1１一]?[:：]?", squeeze(t))), len(lines))
    body, caption = lines[:marker], "".join(squeeze(t) for t in lines[marker + 1 :])
    form = _form_title(after)
    title, sender = _title(body, caption)
    if not title:
        doubts.append(Doubt("", tr("标题"), tr("没有读出通知的标题"), _SETTINGS))
    year = _year((title, caption, form, *body), doubts)
    issuer = _issuer(body) or sender
    if not issuer:
        doubts.append(Doubt("", tr("落款"), tr("没有读出发文单位"), _SETTINGS))
    organisation = _organisation(form)
    if not organisation:
        organisation = re.sub(r"(?:办公室|办)$", "", sender or issuer) or _office_in(title, lines)
        guess = tr("暂按“{organisation}”", organisation=organisation) if organisation else tr("没有读出单位名称")
        doubts.append(Doubt("", tr("附件2 标题"), tr("附件2的标题里没有写单位，{guess}", guess=guess), _SETTINGS))
    text = "".join(unicodedata.normalize("NFKC", squeeze(t)) for t in body)
    rounds = _rounds(text, year, doubts)
    return Body(title, issuer, organisation, year, rounds, _count(text, "牵头"), _count(text, "配合"), tuple(doubts))


def _title(body: Sequence[str], caption: str) -> tuple[str, str]:
    """The plan's title and who issues it, from the heading: 市民政局办公室关于印发《…》的通知."""
    head = ""
    for line in body[:15]:
        head += squeeze(line)
        if head.endswith(("的通知", "的函", "的意见")):
            break
    else:
        head = ""
    sender = re.search(rf"({_OFFICE})关于", re.sub(r"^.*(?:文件|[号\]〕])(?=.*关于)", "", head))
    m = re.search(r"关于(?:印发|下发|转发|公布)(.+)的(?:通知|函|意见)$", head) or re.search(
        r"现将(《.+?》)(?:印发|下发|发)", "".join(squeeze(t) for t in body)
    )
    title = m[1] if m else caption
    if title.startswith("《") and title.endswith("》"):
        title = title[1:-1]
    return title, sender[1] if sender else ""


def _year(texts: Sequence[str], doubts: list[Doubt]) -> int:
    named = [y for t in texts[:3] for y in re.findall(r"(20\d{2})年", unicodedata.normalize("NFKC", t))[:1]]
    if not named:
        found = re.search(r"(20\d{2})年", unicodedata.normalize("NFKC", "".join(map(squeeze, texts))))
        if not found:
            raise NoticeError(
                tr("通知里没有写明年度（例如 2023年），不能编任务编号"),
                where=tr("标题"),
                remedy=tr("请在通知标题里写上年度，另存后再试"),
            )
        doubts.append(Doubt("", tr("标题"), tr("标题里没有年度，按正文里最先出现的{year}年", year=found[1]), _SETTINGS))
        return int(found[1])
    if len(set(named)) > 1:
        listed = tuple(tr("{year}年", year=y) for y in dict.fromkeys(named))
        doubts.append(
            Doubt(
                "",
                tr("标题"),
                tr("通知标题、附件1、附件2写的年度不一致（{listed}），按{year}年", listed=listed, year=named[0]),
                _SETTINGS,
            )
        )
    return int(named[0])


def _issuer(body: Sequence[str]) -> str:
    """Who signs: the office before the date at the end (2023年月日 may still be blank)."""
    signed = False
    for line in reversed(body):
        text = unicodedata.normalize("NFKC", squeeze(line))
        rest = re.sub(rf"{_DAY}$", "", text)
        signed = signed or rest != text
        if signed and re.fullmatch(_OFFICE, rest):
            return re.sub(rf"{_DAY}$", "", squeeze(line))
        if signed and len(rest) > 40:
            return ""
    return ""


def _form_title(after: Sequence[str]) -> str:
    """Annex 2's title, which may be broken over paragraphs."""
    text = unicodedata.normalize("NFKC", "".join(squeeze(t) for t in after))
    m = re.search(r"20\d{2}年.{2,60}?完成情况", text)
    return m[0] if m else ""


def _organisation(form: str) -> str:
    """市民政局 of 2023年市民政局XXX（处室）第X季度工作目标完成情况."""
    m = re.match(r"\d{4}年(?:度)?(.+?)(?:第?.季度|全年|年度|工作)", form)
    if not m:
        return ""
    name = _PLACEHOLDER.split(m[1])[0]
    if name == m[1]:  # a form that is already filled in: 2023年市民政局养老服务处第一季度…
        whole = re.match(r".+?(?:局|委员会|委|厅)", name)
        name = whole[0] if whole else ""
    return name


_OFFICES = "(?:局|委员会|厅|街道办事处|街道|镇|乡)"


def _office_in(title: str, lines: Sequence[str]) -> str:
    """市民政局 of 2023年市民政局重点工作任务分解表, or of 填报单位：市民政局."""
    m = re.match(rf"(?:20\d{{2}}年(?:度)?)?([^年度]{{1,14}}?{_OFFICES})", unicodedata.normalize("NFKC", title))
    said = re.compile(rf"(?:^|填报|编制|制表|报送)单位[:：]([^:：，。]{{1,14}}?{_OFFICES})")
    found = (said.search(unicodedata.normalize("NFKC", squeeze(line))) for line in lines)
    named = m or next(filter(None, found), None)
    return named[1] if named else ""


def _count(text: str, kind: str) -> int | None:
    m = re.search(rf"(\d{{1,3}})项{kind}任务|{kind}任务[共计有为(]*(\d{{1,3}})[项个]", text)
    return int(m[1] or m[2]) if m else None


def _rounds(text: str, year: int, doubts: list[Doubt]) -> tuple[Round, ...]:
    """The sentence with most dates that also names periods.  `text`: the body, NFKC, without white space."""
    for s in text.split("。"):
        if (m := _OFTENER.search(s)) is not None:
            message = tr("正文要求“{words}”，没有列为节点", words=m[0][:40])
            doubts.append(Doubt("", tr("正文"), message, "要收的，在 master.xlsx 的“报送节点”里一次一行加上"))
    text = _HOUR.sub("", text)
    sentences = [s for s in text.split("。") if (_QUARTERS.search(s) or "季度" in s) and _DATE.search(s)]
    if not sentences:
        message = tr("没有读出各季度和全年的报送时限，暂按四个季度、季后5日前列出")
        doubts.append(Doubt("", tr("正文"), message, _ROUNDS))
        return tuple(Round(f"{year}{_PERIODS[p][0]}", _PERIODS[p][1], _usual(p, year)) for p in "1234")
    sentence = max(sentences, key=lambda s: len(_DATE.findall(s)))
    dues = _dates(sentence, year, doubts)
    periods = list(_periods(_DATES.sub("、", sentence)))
    if "季度" in sentence and not {"1", "2", "3", "4"} & set(periods):
        message = tr("正文没有逐个写明第几季度（如各季度、每季度），按时限的月份对应")
        doubts.append(Doubt("", tr("正文"), message, _ROUNDS))
        periods, dues = _by_month(["1", "2", "3", *(periods or ["4"])], dues, year)
    elif len(dues) != len(periods):
        named = tuple(_PERIODS[p][1] for p in periods)
        listed = tuple(f"{d:%Y-%m-%d}" for d in dues)
        message = tr(
            "报送时限有{count}个（{listed}），报送期有{count2}个（{named}），对不上",
            count=len(dues),
            listed=listed,
            count2=len(periods),
            named=named,
        )
        doubts.append(Doubt("", tr("正文"), message, _ROUNDS))
        paired = dict(zip(*_by_month(periods, dues, year), strict=True))
        if left := [p for p in periods if p not in paired]:
            message = tr("{listed}的报送时限没有读出来，暂按期后5日前列出", listed=tuple(_PERIODS[p][1] for p in left))
            doubts.append(Doubt("", tr("正文"), message, _ROUNDS))
        dues = [paired.get(p, _usual(p, year)) for p in periods]
    elif any(b <= a for a, b in pairwise(dues)):
        doubts.append(Doubt("", tr("正文"), tr("报送时限不是从早到晚排列的"), _ROUNDS))
    for period, due in zip(periods, dues, strict=True):
        if not 0 <= _months_after(period, due, year) <= 3:
            message = tr("{periods}的报送时限{due:%Y-%m-%d}不在这一期结束前后", periods=_PERIODS[period][1], due=due)
            doubts.append(Doubt("", tr("正文"), message, _ROUNDS))
    return tuple(Round(f"{year}{_PERIODS[p][0]}", _PERIODS[p][1], due) for p, due in zip(periods, dues, strict=True))


def _dates(sentence: str, year: int, doubts: list[Doubt]) -> list[date]:
    """The deadlines: dates before 前 where there are any, without a year taking it from the date before."""
    groups = list(_DATES.finditer(sentence))
    until = [g for g in groups if "前" in g[0] or sentence[g.end() :].startswith("之前")]
    dues: list[date] = []
    current = year
    for group in until or groups:
        for m in _DATE.finditer(group[0]):
            month = int(m[3])
            if m[1]:
                current = int(m[1])
            elif m[2] in ("次年", "翌年", "明年", "下年", "下一年", "第二年"):
                current = year + 1
            elif dues and month < dues[-1].month:  # 10月5日及1月5日: the new year is meant
                current = dues[-1].year + 1
                doubts.append(
                    Doubt(
                        "",
                        tr("正文"),
                        tr("时限{month}月{day}日没有写年份，按{year}年", month=m[3], day=m[4], year=current),
                        _ROUNDS,
                    )
                )
            try:
                dues.append(date(current, month, int(m[4])))
            except ValueError:
                doubts.append(Doubt("", tr("正文"), tr("时限“{date}”不是日历上有的日子，没有采用", date=m[0]), _ROUNDS))
    return dues


def _periods(sentence: str) -> Iterator[str]:
    """The periods that a sentence names, in its order: 第一、第二、第三季度及全年 -> 1 2 3 全年."""
    found: list[str] = []
    for m in _QUARTERS.finditer(sentence):
        if not m[0].endswith("季度"):
            found.append("全年" if m[0] == "年度" else m[0])
            continue
        digits = [d.translate(str.maketrans("一二三四", "1234")) for d in re.findall(r"[一二三四1-4]", m[0])]
        if re.search(r"[至到]", m[0]) and len(digits) == 2:
            digits = [str(d) for d in range(int(digits[0]), int(digits[1]) + 1)]
        found += digits
    if "全年" in found:  # 第四季度及全年 is one report
        found = [p for p in found if p != "4"]
    yield from dict.fromkeys(found)


def _usual(period: str, year: int) -> date:
    """The 5th behind a period, where the notice does not say."""
    month = _PERIODS[period][2]
    return date(year + (month == 12), month % 12 + 1, 5)


def _months_after(period: str, due: date, year: int) -> int:
    """How many months after the period's last month the deadline falls."""
    return due.year * 12 + due.month - (year * 12 + _PERIODS[period][2])


def _by_month(periods: Sequence[str], dues: Sequence[date], year: int) -> tuple[list[str], list[date]]:
    """Pairs what can be paired: a period with the first deadline in the four months from its last one."""
    pairs: dict[str, date] = {}
    for period in periods:
        for due in dues:
            if due not in pairs.values() and 0 <= _months_after(period, due, year) <= 3:
                pairs[period] = due
                break
    return list(pairs), list(pairs.values())
