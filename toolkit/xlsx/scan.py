"""XML as bytes with places: a read-only tree whose nodes know where they stand, and splices at those places.

Nothing here writes a tree back: an edit is (start, end, new bytes), so that all other bytes stay as they were.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from operator import itemgetter
from xml.parsers import expat

from toolkit.language import tr
from toolkit.xlsx.errors import Reason, WorkbookError

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT_MAIN = "http://purl.oclc.org/ooxml/spreadsheetml/main"
SPREADSHEET = (MAIN, STRICT_MAIN)

Edit = tuple[int, int, bytes]

# Atomic: a `>` inside a quoted attribute must not end the tag, and damaged input must not backtrack for ever.
# Not (?:…)*+, which Python before 3.11.5 matches wrongly (CPython 106052).
ATTRIBUTES = rb"""((?>(?:[^>"'/]++|"[^"]*+"|'[^']*+'|/(?!>))*))"""
_OPEN = re.compile(rb"<[^\s/>]+" + ATTRIBUTES + rb"/?>")
ATTRIBUTE = re.compile(rb"""([^\s=/>"']+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_DECLARED = re.compile(rb"""^<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_USUAL_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"'
_DECLARATION = re.compile(r"^<\?xml[^>]*?\?>")
_ENTITY = re.compile(r"&(#x[0-9A-Fa-f]+|#[0-9]+|lt|gt|amp|quot|apos);")
_OPAQUE = re.compile(rb"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>", re.DOTALL)
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}
_BLOCK, _PIECE = 1 << 20, 1 << 16
_BETWEEN = "\ue002"  # of private use: where a text has one, it is taken singly
_BETWEEN_RAWS = _BETWEEN.encode()
_SHARED_SIZE = 1 << 15


def _damaged(part: str, detail: object) -> WorkbookError:
    return WorkbookError(
        Reason.DAMAGED,
        tr(
            "工作簿已损坏（{part}：{detail}），请用 Excel 打开修复并另存，或请对方重新发送",
            part=part,
            detail=str(detail),
        ),
        part,
    )


def _forbid_doctype(*_: object) -> None:
    raise WorkbookError(
        Reason.UNSAFE, tr("工作簿里有外部实体声明（DOCTYPE），可能不安全，已拒绝处理。请用 Excel 另存后再试")
    )


def as_utf8(xml: bytes, part: str) -> bytes:
    """The part in UTF-8: itself, or transcoded with its declaration changed to match."""
    if xml.startswith(_USUAL_DECLARATION):
        return xml
    if xml.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif xml[:4] == b"<\0?\0":
        encoding = "utf-16-le"
    elif xml[:4] == b"\0<\0?":
        encoding = "utf-16-be"
    else:
        m = _DECLARED.match(xml[:400])
        encoding = m[1].decode().lower() if m else "utf-8"
        if encoding in ("utf-8", "utf8"):
            return xml
    try:
        text = xml.decode(encoding)
    except (LookupError, UnicodeError) as e:
        raise _damaged(part, e) from e
    text = _DECLARATION.sub('<?xml version="1.0" encoding="UTF-8" standalone="yes"?>', text.lstrip("\ufeff"))
    return text.encode("utf-8", "surrogatepass")


_OTHER_REFERENCE = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos|#(?:9|10|13));)")
_BEYOND_TEXT = ((b"!", b"<!"), (b"?", b"<?"), (b"]", b"]]>"))
"""What is no text, behind a rare byte of it."""
_ALLOWED = bytes({9, 10, 13, *range(32, 256)})


def within(word: bytes, rare: bytes, xml: bytes, start: int = 0, end: int | None = None) -> bool:
    """Whether `word` is in these bytes.  `rare`, a byte of it, is looked for first, in a twentieth of the time."""
    return xml.find(rare, start, end) >= 0 and xml.find(word, start, end) >= 0


def plainly_written(xml: bytes, start: int, end: int) -> bool:
    """Whether there is nothing between two offsets but tags and text: characters that XML allows, in UTF-8.

    Where that is so, `check` could object to tags alone.
    """
    if any(within(word, rare, xml, start, end) for rare, word in _BEYOND_TEXT):
        return False
    if _OTHER_REFERENCE.search(xml, start, end) is not None:
        return False
    decode = codecs.getincrementaldecoder("utf-8")().decode
    for at in range(start, end, _PIECE):
        piece = xml[at : min(at + _PIECE, end)]
        try:
            text = decode(piece, at + _PIECE >= end)
        except UnicodeDecodeError:
            return False
        if piece.translate(None, _ALLOWED) or "\ufffe" in text or "\uffff" in text:
            return False
    return True


def check(xml: bytes, part: str) -> bool:
    """WorkbookError unless `xml` is well formed and declares no entities.  Whether there is anything to `mask`."""
    return check_all((xml,), part)


def check_all(pieces: Iterable[bytes | memoryview], part: str) -> bool:
    """`check` of what these are together."""
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _forbid_doctype
    opaque: list[object] = []
    parser.CommentHandler = opaque.append
    parser.StartCdataSectionHandler = lambda: opaque.append(None)
    parser.ProcessingInstructionHandler = lambda *given: opaque.append(given)
    try:
        last: bytes | memoryview = b""  # told to be the last: else expat copies what it has not finished
        for piece in pieces:
            view = memoryview(piece)
            for at in range(0, len(view), _BLOCK):
                if last:
                    parser.Parse(last, False)
                last = view[at : at + _BLOCK]
        parser.Parse(last, True)
    except expat.ExpatError as e:
        raise _damaged(part, e) from e
    except (ValueError, LookupError) as e:  # an encoding that expat does not know
        raise _damaged(part, e) from e
    return bool(opaque)


class Node:
    """An element, and where its tags stand: most are asked for what they say, few for that, so it is found then.

    A node does not know its parent: a tree is gone as soon as nobody holds it.
    """

    __slots__ = ("_xml", "attrs", "children", "close", "name", "ns", "start", "text")

    def __init__(self, ns: str, name: str, attrs: dict[str, str], xml: bytes, start: int) -> None:
        self.ns, self.name, self.attrs = ns, name, attrs
        self._xml, self.start = xml, start
        self.close = -1  # where the end tag starts; of `<a/>`, where it ends
        self.children: list[Node] = []
        self.text = ""

    @property
    def open_end(self) -> int:
        """Where the start tag ends."""
        opened = _OPEN.match(self._xml, self.start)
        assert opened is not None
        return opened.end()

    @property
    def end(self) -> int:
        """Where the element ends."""
        if self._xml[self.close - 2 : self.close] == b"/>" and self.close == self.open_end:
            return self.close
        return self._xml.index(b">", self.close) + 1

    def get(self, name: str, default: str = "") -> str:
        """An attribute without a namespace."""
        return self.attrs.get(name, default)

    def number(self, name: str, default: int = 0) -> int:
        """An attribute that is a count or an index; the default where it is missing or says something else."""
        text = self.attrs.get(name, "").strip()
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else default

    def qualified(self, local: str) -> str | None:
        """An attribute with some namespace, such as r:id, in transitional or strict clothes."""
        return next((v for k, v in self.attrs.items() if k.endswith(" " + local)), None)

    def child(self, name: str) -> Node | None:
        return next((c for c in self.children if c.name == name), None)

    def all(self, *names: str) -> Iterator[Node]:
        """Descendants with one of these local names, in document order."""
        stack = [self]
        while stack:
            node = stack.pop()
            if node is not self and node.name in names:
                yield node
            stack += reversed(node.children)


def parse(xml: bytes, part: str) -> Node:
    """The root of a small part; refuses what is not well formed. Do not change the tree: it is shared."""
    return _parse_again(xml, part) if len(xml) <= _SHARED_SIZE else _parse(xml, part)


@lru_cache(maxsize=48)
def _parse_again(xml: bytes, part: str) -> Node:
    """The many forms of a round have their small parts in common, and one that is filled is opened again and again."""
    return _parse(xml, part)


def _parse(xml: bytes, part: str) -> Node:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    document = Node("", "", {}, xml, 0)
    opened = [document]

    def start(name: str, attrs: dict[str, str]) -> None:
        ns, _, local = name.rpartition(" ")
        node = Node(ns, local, attrs, xml, parser.CurrentByteIndex)
        opened[-1].children.append(node)
        opened.append(node)

    def end(_: str) -> None:
        opened.pop().close = parser.CurrentByteIndex

    def text(data: str) -> None:
        opened[-1].text += data

    parser.StartDoctypeDeclHandler = _forbid_doctype
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    try:
        parser.Parse(xml, True)
    except (expat.ExpatError, ValueError, LookupError) as e:
        raise _damaged(part, e) from e
    finally:  # it holds those who hold it: without this the bytes stayed until the collector comes
        parser.StartElementHandler = parser.EndElementHandler = None
    return document.children[0]


def prefix(xml: bytes, node: Node) -> bytes:
    """The namespace prefix that the element is written with, colon included; empty for the default namespace."""
    name = xml[node.start + 1 : node.open_end].split(None, 1)[0].rstrip(b"/>")
    return name[: name.rfind(b":") + 1]


_START = itemgetter(0)


def splice(xml: bytes, edits: Iterable[Edit]) -> bytes:
    """`xml` with the edits made. Edits at the same offset keep their order; they must not overlap."""
    out: list[bytes] = []
    at = 0
    for start, end, new in sorted(edits, key=_START):
        assert start >= at, "edits overlap"
        out += (xml[at:start], new)
        at = end
    out.append(xml[at:])
    return b"".join(out)


def attribute(xml: bytes, node: Node, name: str, value: str | None) -> Edit:
    """The edit that gives an attribute a value, adds it, or (None) takes it away."""
    tag_end = node.open_end - (2 if xml[node.open_end - 2] == 47 else 1)
    return attribute_edit(xml, node.start, tag_end, name.encode(), None if value is None else escape_attribute(value))


def attribute_edit(xml: bytes, start: int, end: int, name: bytes, value: bytes | None) -> Edit:
    """The same for the start tag that stands at xml[start:end], without its `>` or `/>`."""
    found = _value_of(name, xml, start, end)
    if found is not None:
        at, value_at, value_end = found
        if value is not None:
            return value_at, value_end, value
        while xml[at - 1 : at].isspace():
            at -= 1
        return at, value_end + 1, b""
    if value is None:
        return end, end, b""
    while xml[end - 1 : end].isspace():
        end -= 1
    return end, end, b" " + name + b'="' + value + b'"'


def _value_of(name: bytes, xml: bytes, start: int, end: int) -> tuple[int, int, int] | None:
    """Where an attribute of the start tag at xml[start:end] stands, and where its value begins and ends."""
    if xml.find(b"'", start, end) < 0:  # as nearly all are written: what follows is no part of another value then
        usual = b' %b="' % name
        at = xml.find(usual, start, end)
        if at >= 0 and not xml.count(b'"', start, at) % 2:
            begin = at + len(usual)
            return at + 1, begin, xml.index(b'"', begin)
    at = start + 1
    while xml[at : at + 1] not in (b" ", b"\t", b"\r", b"\n", b"/", b">", b""):
        at += 1
    for m in ATTRIBUTE.finditer(xml, at, end):
        if m[1] == name:
            return m.start(), m.start(2) if m[2] is not None else m.start(3), m.end() - 1
    return None


def insert_child(xml: bytes, parent: Node, new: bytes, before: Iterable[str] = ()) -> Edit:
    """The edit that puts `new` into `parent`, before the first child with one of these names, else at the end."""
    names = set(before)
    if (child := next((c for c in parent.children if c.name in names), None)) is not None:
        return child.start, child.start, new
    if parent.close != parent.open_end or xml[parent.open_end - 2] != 47:
        return parent.close, parent.close, new
    name = xml[parent.start + 1 : parent.open_end].split(None, 1)[0].rstrip(b"/>")
    return parent.open_end - 2, parent.open_end, b">" + new + b"</" + name + b">"


def inner(xml: bytes, node: Node, text: str) -> Edit:
    """The edit that replaces all content of an element by text."""
    new = escape(text)
    if xml[node.open_end - 2] != 47:
        return node.open_end, node.close, new
    return insert_child(xml, node, new)


def opaque(xml: bytes) -> bool:
    """Whether there are comments, CDATA or processing instructions."""
    return within(b"<!", b"!", xml) or within(b"<?", b"?", xml)


def mask(xml: bytes) -> bytes:
    """A copy of the same length in which comments, CDATA and processing instructions are blank."""
    if b"<!" not in xml and xml.find(b"<?", 2) < 0:
        return xml
    return _OPAQUE.sub(lambda m: b" " * len(m[0]), xml)


def plain(xml: bytes) -> bytes:
    """A fragment without comments, and with CDATA written as escaped text."""
    if not opaque(xml):
        return xml

    def replace(m: re.Match[bytes]) -> bytes:
        if not m[0].startswith(b"<![CDATA["):
            return b""
        return m[0][9:-3].replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;")

    return _OPAQUE.sub(replace, xml)


def unescape(raw: bytes) -> str:
    """Character data as text."""
    if b"&" in raw:  # openpyxl writes each Chinese character as a reference: expat resolves those in no time
        with suppress(expat.ExpatError):
            return _resolved(raw)
    text = raw.decode("utf-8", "replace")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "&" not in text:
        return text

    def replace(m: re.Match[str]) -> str:
        name = m[1]
        if name[0] != "#":
            return _NAMED[name]
        return chr(int(name[2:], 16) if name[1] == "x" else int(name[1:]))

    return _ENTITY.sub(replace, text)


def unescape_all(raws: Sequence[bytes]) -> list[str]:
    """`unescape` of each; of many together it takes less time."""
    joined = _BETWEEN_RAWS.join(raws)
    if b"&" in joined:
        referring = [raw for raw in raws if b"&" in raw]
        if len(referring) < len(raws):
            resolved = iter(unescape_all(referring))
            return [next(resolved) if b"&" in raw else unescape(raw) for raw in raws]
        with suppress(expat.ExpatError):
            texts = _resolved(joined).split(_BETWEEN)
            if len(texts) == len(raws):
                return texts
    elif raws and b"\r" not in joined:
        texts = joined.decode("utf-8", "replace").split(_BETWEEN)
        if len(texts) == len(raws):
            return texts
    return [unescape(raw) for raw in raws]


def _resolved(raw: bytes) -> str:
    """Character data with its references resolved; ExpatError where it is not well formed."""
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.buffer_size = min(len(raw) + 16, _BLOCK)
    pieces: list[str] = []
    parser.CharacterDataHandler = pieces.append
    parser.Parse(b"<t>" + raw + b"</t>", True)
    return pieces[0] if len(pieces) == 1 else "".join(pieces)


def escape(text: str) -> bytes:
    """Text as character data; what XML cannot hold becomes U+FFFD."""
    if text.isprintable():
        return escape_printable(text)
    clean = "".join(_legal(text)) if _ILLEGAL.search(text) else text
    return escape_printable(clean).replace(b"\r", b"&#13;")


def escape_printable(text: str) -> bytes:
    """The same for a text without control characters: nearly every one."""
    raw = text.encode("utf-8")
    if b"&" in raw or b"<" in raw or b">" in raw:
        raw = raw.replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;")
    return raw


def escape_attribute(text: str) -> bytes:
    return escape(text).replace(b'"', b"&quot;").replace(b"\n", b"&#10;").replace(b"\t", b"&#9;")


_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def _legal(text: str) -> Iterator[str]:
    return ("\ufffd" if _ILLEGAL.match(c) else c for c in text)
