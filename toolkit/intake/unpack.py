"""A container -> its members, and a mail's facts.  What is inside is told from content, as everywhere.

Hostile ones are unpacked in a process that can be killed: `returns.sandbox.ReaderPool.unpack`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from toolkit.intake.members import MAX_BYTES, MAX_DEPTH, Basket, Bomb, MailFacts, Member, Unpacked
from toolkit.language import tr
from toolkit.model import Finding
from toolkit.returns.findings import finding
from toolkit.returns.formats.sniff import CONTAINERS, Kind, is_volume, sniff

__all__ = ["Found", "MailFacts", "Member", "Unpacked", "unpack", "walk"]

MOST_BYTES = 256 << 20
"""Of one container as it came."""

_ALONE = frozenset(("unreadable", "no_extractor"))
"""What is found where one volume of an archive is opened without the others."""

_MOST_FOUND = 5_000  # files from one original, at all depths


def unpack(name: str, data: bytes) -> Unpacked | None:
    """The members of an archive or a mail; None when the file is neither.

    Never raises for what stands in the file: what cannot be unpacked is among the findings.  Containers inside are
    members, and the caller's to unpack (`walk`).
    """
    kind = sniff(data, name)
    if kind not in CONTAINERS:
        return None
    if len(data) > MOST_BYTES:
        return Unpacked(kind, (), (finding("too_big", why=tr("超过 {megabytes} MB", megabytes=MOST_BYTES >> 20)),))
    basket, mail = Basket(len(data)), None
    try:
        mail = _empty(kind, name, data, basket)
    except Bomb as e:
        # Nothing of a bomb is used: which of its members are real is not ours to guess.
        return Unpacked(kind, (), (*basket.findings, e.finding))
    if is_volume(name) and not basket.members and {f.code for f in basket.findings} <= _ALONE:
        return Unpacked(kind, (), (finding("volume"),))
    return Unpacked(kind, tuple(basket.members), tuple(basket.findings), mail)


def _empty(kind: Kind, name: str, data: bytes, basket: Basket) -> MailFacts | None:
    if kind is Kind.MAIL:
        from toolkit.intake.mailfile import read_mail

        return read_mail(data, basket)
    if kind in (Kind.OUTLOOK, Kind.TNEF):
        from toolkit.intake import outlook

        return outlook.read_msg(data, basket) if kind is Kind.OUTLOOK else outlook.read_tnef(data, basket)
    from toolkit.intake import packed

    if kind is Kind.PACKED:
        packed.inflate(name, data, basket)
    else:
        readers = {Kind.SEVEN_ZIP: packed.un7z, Kind.RAR: packed.unrar, Kind.TAR: packed.untar}
        readers.get(kind, packed.unzip)(data, basket)
    return None


@dataclass(frozen=True, slots=True)
class Found:
    """One file met on the way into an original, the original itself first."""

    path: str  # the way to it: reply.eml!附件.zip!养老服务处/附件2.xlsx
    name: str
    data: bytes = field(repr=False)
    unpacked: Unpacked | Finding | None  # None: no container, to be read; a Finding: it could not be unpacked
    mails: tuple[MailFacts, ...] = ()  # of the mails around it, the outermost first
    inline: bool = False


def walk(
    name: str, data: bytes, unpack: Callable[[str, bytes], Unpacked | Finding | None] = unpack
) -> Iterator[Found]:
    """An original and everything in it, at all depths, each container before its members.

    `unpack`: this module's own, or a ReaderPool's.  Containers deeper than MAX_DEPTH and more files than any office
    sends come with a `bomb` finding and are not opened.
    """
    return _Walk(unpack).into(name, name, data, (), False, 0)


class _Walk:
    def __init__(self, unpack: Callable[[str, bytes], Unpacked | Finding | None]) -> None:
        self._unpack, self._count, self._bytes = unpack, 0, 0

    def into(
        self, path: str, name: str, data: bytes, mails: tuple[MailFacts, ...], inline: bool, depth: int
    ) -> Iterator[Found]:
        self._count += 1
        unpacked: Unpacked | Finding | None
        if depth > MAX_DEPTH and sniff(data, name) in CONTAINERS:
            unpacked = finding("bomb", why=tr("层层压缩超过 {depth} 层", depth=MAX_DEPTH))
        elif self._count > _MOST_FOUND:
            unpacked = finding("bomb", why=tr("里面超过 {n} 个文件", n=_MOST_FOUND))
        else:
            unpacked = self._unpack(name, data)
        if isinstance(unpacked, Unpacked):
            self._bytes += sum(len(m.data) for m in unpacked.members)
            if self._bytes > MAX_BYTES:  # each within its limit, together beyond it
                unpacked = finding("bomb", why=tr("展开后共超过 {megabytes} MB", megabytes=MAX_BYTES >> 20))
        yield Found(path, name, data, unpacked, mails, inline)
        if not isinstance(unpacked, Unpacked):
            return
        around = (*mails, unpacked.mail) if unpacked.mail is not None else mails
        for m in unpacked.members:
            if self._count > _MOST_FOUND:
                return
            inner = f"{m.folder}/{m.name}" if m.folder else m.name
            yield from self.into(f"{path}!{inner}", m.name, m.data, around, m.inline, depth + 1)
