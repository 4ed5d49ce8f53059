"""The notice's text around Annex 1 -> title, issuer, year, rounds, counts.  Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from toolkit.errors import NoticeError
from toolkit.language import Text, tr
from toolkit.model import Round
from toolkit.notice.doubt import Doubt
from toolkit.notice.names import squeeze
from toolkit.notice.rounds import read_rounds

_SETTINGS = "请在 master.xlsx 的设置里核对；不对就改正"

_OFFICE = (
    r"[\u3400-\u9fff（）()]{2,30}?(?:办公室|办|委员会|局|委|厅|院|部|处|中心|政府|会|公司|集团|大学|学校|街道|镇|乡)"
)
_HEADING_LINES = 15
_DAY = r"(?:\d{4}|[〇○零一二三四五六七八九]{4})年\d{0,2}月\d{0,2}日"
_YEARS = re.compile(r"(?P<year>20\d\d)(?:年?(?:[-—–~至到]+)(?P<last>20\d\d)(?:学?年)|年)")
"""2024年, or 2024—2026年."""
_LISTED = re.compile(r"\d{1,2}[.、](?!\d)")
_PLACEHOLDER = re.compile(r"[XxΧХ×_〇○*＊…\s]{2,}|\((?:处室|单位|处室、单位|部门)\)")


@dataclass(frozen=True, slots=True)
class Body:
    """What the text says."""

    title: str
    issuer: str
    organisation: str
    year: int
    rounds: tuple[Round, ...]
    guessed: tuple[str, ...]  # keys of rounds whose day the text does not say
    starred: int | None  # N项牵头任务
    unstarred: int | None  # N项配合任务
    doubts: tuple[Doubt, ...]


def read_body(before: Sequence[str], after: Sequence[str], tables: Sequence[str] = ()) -> Body:
    """`before` and `after`: the paragraphs before and after Annex 1; `tables`: those before it, each as a sentence.

    Raises NoticeError where no year is named.
    """
    doubts: list[Doubt] = []
    lines = [line for p in before for line in p.split("\n") if squeeze(line)]
    body, caption = _parted(lines)
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
        organisation = _OFFICES_OFFICE.sub("", sender or issuer) or _office_in(title, lines)
        guess = tr("暂按“{organisation}”", organisation=organisation) if organisation else tr("没有读出单位名称")
        doubts.append(Doubt("", tr("附件2 标题"), tr("附件2的标题里没有写单位，{guess}", guess=guess), _SETTINGS))
    text = "".join(unicodedata.normalize("NFKC", squeeze(t)) for t in body)
    schedule = read_rounds([*_spoken(body), *(f"。{t}" for t in tables)], after, year)
    return Body(
        title,
        issuer,
        organisation,
        year,
        schedule.rounds,
        schedule.guessed,
        _count(text, "牵头"),
        _count(text, "配合"),
        (*doubts, *schedule.doubts),
    )


def _parted(lines: Sequence[str]) -> tuple[Sequence[str], str]:
    """What stands before the annexes, and the caption of Annex 1.  附件： above a list of annexes opens none."""
    texts = [unicodedata.normalize("NFKC", squeeze(line)) for line in lines]
    numbered = [i for i, t in enumerate(texts) if re.fullmatch(r"附件[\d一二三四五六七八九]{1,2}:?", t)]
    listed = {i for i, t in enumerate(texts[1:]) if _LISTED.match(t)}
    bare = [i for i, t in enumerate(texts) if re.fullmatch("附件:?", t) and i not in listed]
    markers = numbered or bare[-1:] or [len(lines)]
    return lines[: markers[0]], "".join(squeeze(t) for t in lines[markers[-1] + 1 :])


def _spoken(body: Sequence[str]) -> Iterator[str]:
    """What the notice says: without its heading, the list of its annexes, who signs it and when."""
    _, heading = _heading(body)
    listing = False
    for line in body[heading:]:
        text = unicodedata.normalize("NFKC", squeeze(line))
        listing = re.match(r"附件?\d{0,2}[:.、]", text) is not None or (listing and _LISTED.match(text) is not None)
        if not listing and not re.fullmatch(rf"(?:{_OFFICE})?{_DAY}", text):
            yield line


def _heading(body: Sequence[str]) -> tuple[str, int]:
    """The notice's own title, and how many lines it ends behind; ("", 0) where there is none."""
    head = ""
    for count, line in enumerate(body[:_HEADING_LINES], 1):
        head += squeeze(line)
        if "。" in head:
            break
        if head.endswith(("的通知", "的函", "的意见")):
            return head, count
    return "", 0


def _title(body: Sequence[str], caption: str) -> tuple[str, str]:
    """The plan's title and who issues it, from the heading: 市民政局办公室关于印发《…》的通知."""
    head, _ = _heading(body)
    sender = re.search(rf"({_OFFICE})关于", re.sub(r"^.*(?:文件|[号\]〕])(?=.*关于)", "", head))
    m = re.search(r"关于(?:印发|下发|转发|公布)(.+)的(?:通知|函|意见)$", head) or re.search(
        r"现将(《.+?》)(?:印发|下发|发)", "".join(squeeze(t) for t in body)
    )
    title = m[1] if m else caption
    if title.startswith("《") and title.endswith("》"):
        title = title[1:-1]
    return title, sender[1] if sender else ""


def _year(texts: Sequence[str], doubts: list[Doubt]) -> int:
    """The plan's year.  `texts`: the title, the captions of Annex 1 and 2, then the body."""
    texts = [unicodedata.normalize("NFKC", squeeze(t)) for t in texts]
    found = [list(_YEARS.finditer(t)) for t in texts[:3]]
    named = [years for ms in found if (years := list(dict.fromkeys(m["year"] for m in ms if not m["last"])))]
    if named:
        own, *others = named
        # 关于2023年工作总结和2024年工作要点的通知: the annex tells which; without it, it is the later one.
        plan = next((y for ys in others for y in ys if y in own), max(own))
        if len(own) > 1:
            told = tr("标题里有几个年度（{listed}），按{year}年", listed=_years(own), year=plan)
            doubts.append(Doubt("", tr("标题"), told, _SETTINGS))
        if any(y not in own for ys in others for y in ys):
            listed = _years([y for ys in named for y in ys])
            told = tr("通知标题、附件1、附件2写的年度不一致（{listed}），按{year}年", listed=listed, year=plan)
            doubts.append(Doubt("", tr("标题"), told, _SETTINGS))
        return int(plan)
    spans = [ms[0] for ms in found if ms]
    if spans:
        first, last = int(spans[0]["year"]), int(spans[0]["last"])
        signed = [int(y) for t in texts[3:] for y in re.findall(r"(20\d\d)年\d{0,2}月\d{0,2}日$", t)]
        year = next((y for y in reversed(signed) if first <= y <= last), first)
        told = tr("标题里写的是{first}—{last}年，按{year}年", first=first, last=last, year=year)
    else:
        said = _YEARS.search("".join(texts))
        if not said:
            raise NoticeError(
                tr("通知里没有写明年度（例如 2023年），不能编任务编号"),
                where=tr("标题"),
                remedy=tr("请在通知标题里写上年度，另存后再试"),
            )
        year = int(said["year"])
        told = tr("标题里没有年度，按正文里最先出现的{year}年", year=year)
    doubts.append(Doubt("", tr("标题"), told, _SETTINGS))
    return year


def _years(years: Sequence[str]) -> tuple[Text, ...]:
    return tuple(tr("{year}年", year=y) for y in dict.fromkeys(years))


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
        whole = re.match(rf".+?(?:{_OFFICES}|委)", name)
        name = whole[0] if whole else ""
    return name


_OFFICES = "(?:局|委员会|厅|街道办事处|街道|镇|乡|集团(?!有限|股份|总?公司)|公司|大学(?!生)|学院|医院)"
_OFFICES_OFFICE = re.compile("(?:(?:党政|党委|行政|校长|院长)?(?:综合)?(?:办公室|办))$")


def _office_in(title: str, lines: Sequence[str]) -> str:
    """市民政局 of 2023年市民政局重点工作任务分解表, or of 填报单位：市民政局."""
    m = re.match(rf"(?:20\d{{2}}年(?:度)?)?([^年度]{{1,20}}?{_OFFICES})", unicodedata.normalize("NFKC", title))
    said = re.compile(rf"(?:^|填报|编制|制表|报送)单位[:：]([^:：，。]{{1,20}}?{_OFFICES})")
    found = (said.search(unicodedata.normalize("NFKC", squeeze(line))) for line in lines)
    named = m or next(filter(None, found), None)
    return named[1] if named else ""


def _count(text: str, kind: str) -> int | None:
    m = re.search(rf"(\d{{1,3}})项{kind}任务|{kind}任务[共计有为(]*(\d{{1,3}})[项个]", text)
    return int(m[1] or m[2]) if m else None
