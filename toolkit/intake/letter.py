"""What somebody wrote in a mail: without the mail that it answers, a gateway's banner and a telephone's signature.

Mail programs mark what they quote by > or a blockquote, by a line (原始邮件, …写道：) or by the quoted mail's head.
"""

from __future__ import annotations

import re

_WROTE = re.compile(r"(?:写道|wrote)[:：]\s*$")
_LINE = re.compile(
    r"^[\s\-_—*]*(?:原始邮件|原邮件|原始信息|回复的原邮件|转发邮件信息|转发的邮件|Original(?: Message)?"
    rf"|Forwarded [Mm]essage)[\s\-_—*]*$|{_WROTE.pattern}"
)
_HEAD = re.compile(r"^[\s*]*(?:发件人|寄件者|收件人|抄送|主题|日期|发送时间|时间|From|To|Cc|Subject|Date|Sent)\*?[:：]")
_SENDER = re.compile(r"^[\s*]*(?:发件人|寄件者|From)\*?[:：]")
_NOT_WRITTEN = re.compile(
    r"^\s*(?:(?:发自|来自|从) ?(?:我的|网易|Windows|QQ|Foxmail|手机|iPhone|华为|小米|安卓).{0,30}|获取 ?Outlook.{0,30}"
    r"|(?:Sent from|Get Outlook).{0,60}|.{0,20}(?:外部邮件|谨防钓鱼|注意甄别|External [Ee]mail).{0,60}|[\-_=*—\s]*)$"
)
_COURTESY = re.compile(
    r"[已均]?(?:收到|收悉|知悉|知晓|阅|明白)了?|好的?|是的|可以|[Oo][Kk]|谢谢您?|多谢|感谢|辛苦了?|您好|你好|不好意思|不客气|不用谢"
    r"|核对无误|领导|老师|主任|处长|科长|同志|此致|敬礼|请?放心|马上办理?|遵照执行|顺?祝您?(?:工作|周末|一切|节日|生活)?(?:顺利|愉快|安好|好)"
    r"|(?:我们?|我[处科室股]|一定|会|将)*(?:按时|按期|尽快|抓紧|马上|立即|及时)(?:报送|办理|落实|填报|上报|提交)?"
)
_SAYS_NO = re.compile("[没未不无勿]|有误|错|\ufffd")  # what cannot be read may say anything
_SAYS_SOMETHING = re.compile(r"[报交补改延推催发送完数请因待才周月期等再后明系]")
_ASKS_OR_TELLS = re.compile(
    r"[吗么呢?？]|[能可是]否|能不能|晚|缓|宽限|附件|打[不]?开|空白|少[了一几]|多[了一几]|第.{0,4}项|[一几两]项"
    r"|牵头|撤[并销]|并入|合并|划[转归]|移交|交接|审[定批阅核]|签[字发批]|表[里中格上]|填|他处|别的?处|[几两]天|[一二两三四五六七八九十\d]+[天日]内?[再后]"
)
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f\ufffe\uffff]")
_NO_LETTER = re.compile(r"[\W\d_]")
_SIGNED = 16
"""Characters that may stand beside 收到: a name, a division."""

INSIDE = "（正文里只有所引的邮件，写的话可能夹在里面，请打开原件看）"


def written_above(body: str) -> str:
    """The lines above what a mail quotes, without those that quote."""
    return "\n".join(_parted(body)[0]).strip()


def own_words(body: str) -> str:
    """What somebody wrote in a mail, "" for nothing but courtesies (收到，谢谢)."""
    above, below, marked = _parted(body)
    written = "\n".join(above).strip()
    if written and not _courteous(written):
        return written
    rest = "\n".join(line for line in below if not _HEAD.match(line)).strip()
    if marked:  # what is not marked as quoted was written below or between
        return "" if _courteous(rest) else rest
    return INSIDE if rest and not written else ""


def words_of(body: str) -> str:
    """The same on one line."""
    return " ".join(own_words(body).split())


def begins_quotation(line: str) -> bool:
    """Whether a mail program's quotation begins with this line: 原始邮件, 发件人：…"""
    return bool(_LINE.search(line.strip()) or _SENDER.match(line))


def introduces_quotation(line: str) -> bool:
    """Whether it speaks of the very quotation that follows (…写道：), below which somebody may go on."""
    return bool(_WROTE.search(line.strip()))


def _parted(body: str) -> tuple[list[str], list[str], bool]:
    """Lines above the quotation, unquoted lines from there on, and whether each quoted line is marked as one."""
    lines = _CONTROL.sub(" ", body.replace("\r\n", "\n")).split("\n")
    quoted = {i for i, line in enumerate(lines) if line.lstrip().startswith(">")}
    begin = next((i for i in range(len(lines)) if i in quoted or _quotes_from(lines, i)), len(lines))
    kept = [i for i, line in enumerate(lines) if i not in quoted and not _NOT_WRITTEN.match(line)]
    above = [lines[i] for i in kept if i < begin]
    below = [lines[i] for i in kept if i >= begin and not _LINE.search(lines[i])]
    return above, below, bool(quoted)


def _quotes_from(lines: list[str], at: int) -> bool:
    if _LINE.search(lines[at]):
        return True
    if not _SENDER.match(lines[at]):
        return False
    ruled = at > 0 and lines[at - 1].strip(" _-—") == "" != lines[at - 1].strip()
    return ruled or any(_HEAD.match(line) for line in lines[at + 1 : at + 4])


def _courteous(text: str) -> bool:
    beside = _COURTESY.sub("", text)
    if _SAYS_NO.search(beside) or _ASKS_OR_TELLS.search(beside):
        return False
    left = _NO_LETTER.sub("", beside)
    signed = len(left) <= _SIGNED and left != _NO_LETTER.sub("", text) and not _SAYS_SOMETHING.search(left)
    return len(left) <= 1 or signed
