"""Whose a mail's address is.  Pure."""

from __future__ import annotations

from collections.abc import Iterable

from toolkit.mail.errors import MailError
from toolkit.mail.settings import addresses_among, in_cell, mail_settings
from toolkit.model import Division, Office

PUBLIC = frozenset(
    (
        *("163.com", "126.com", "yeah.net", "188.com", "139.com", "189.cn", "21cn.com", "qq.com", "foxmail.com"),
        *("sina.com", "sina.cn", "sohu.com", "tom.com", "aliyun.com", "outlook.com", "hotmail.com", "gmail.com"),
    )
)
"""Whose mail anybody can have: such a domain names no division."""


class Senders:
    """The divisions by their 邮箱 and 抄送, or by a domain that is one division's alone.

    The office's own addresses are nobody's: what comes from there, the office itself has put into its mailbox.
    """

    def __init__(self, office: Office) -> None:
        self.own, self._divisions = _own(office), office.divisions
        self._by_address: dict[str, dict[str, Division]] = {}
        self._mailboxes: set[str] = set()
        owners: dict[str, dict[str, Division]] = {}
        for d in office.divisions:
            mailboxes, copied = _folded(in_cell(d.mail)), _folded(d.copies)
            self._mailboxes.update(mailboxes)
            for folded in (*mailboxes, *copied):
                if folded not in self.own:
                    self._by_address.setdefault(folded, {}).setdefault(d.name, d)
                    owners.setdefault(_domain(folded), {}).setdefault(d.name, d)
        # Of a domain that a bureau shares, as most do, often only one address is known.
        leads = {t.division for t in office.tasks}
        report = [d for d in office.divisions if d.closed is None and leads & {d.name, *d.aliases}]
        complete = all(d.mail or d.copies for d in report or office.divisions)
        nobodys = PUBLIC | {_domain(a) for a in self.own}
        self._domains = (owners.keys() | {_domain(a) for a in self.own}) - PUBLIC
        self._by_domain = {
            domain: next(iter(found.values()))
            for domain, found in owners.items()
            if complete and len(found) == 1 and domain not in nobodys
        }

    def of(self, address: str) -> Division | None:
        """The division that an address belongs to, of several the first one."""
        wanted = address.strip().lower()
        own = self._by_address.get(wanted)
        return next(iter(own.values())) if own else self._by_domain.get(_domain(wanted))

    def sharing(self, address: str) -> tuple[str, ...]:
        """The divisions that have an address as theirs: small ones may share one."""
        return tuple(self._by_address.get(address.strip().lower(), ()))

    def led_by(self, address: str) -> tuple[str, ...]:
        """The divisions whose leader's address it is (领导邮箱)."""
        wanted = address.strip().lower()
        return tuple(d.name for d in self._divisions if wanted in _folded(in_cell(d.leader_mail)))

    def near(self, address: str) -> bool:
        """Whether an address is of a domain that a division's, or the office's own, is of."""
        return _domain(address.strip().lower()) in self._domains

    def copied(self, address: str) -> bool:
        """Whether an address is only copied in, by several divisions: a director's, who is none of them."""
        wanted = address.strip().lower()
        return wanted not in self._mailboxes and len(self._by_address.get(wanted, ())) > 1


def _own(office: Office) -> frozenset[str]:
    try:
        return mail_settings(office.settings).own
    except MailError:  # told where mail is sent or fetched
        return frozenset()


def _folded(pieces: Iterable[str]) -> list[str]:
    """The addresses among what a cell of 处室 says."""
    return [a.lower() for a in addresses_among(pieces)[0]]


def _domain(address: str) -> str:
    return address.rpartition("@")[2]
