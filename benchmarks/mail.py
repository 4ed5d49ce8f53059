"""500 mails with workbooks: collected, reviewed and merged, against fetching the same bytes with plain imap-tools.

    python -m benchmarks.mail [N] [--divisions M] [--tasks 12]

All come from one division of the notice's own office; with M, each of an invented office's M divisions of 12 tasks
sends in turn (`benchmarks.campaign`).  Needs Dovecot (the tests' own throw-away server).  Prints CPU seconds of whole
processes and their ratio.
"""

from __future__ import annotations

import argparse
import random
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from email.message import EmailMessage
from itertools import count, islice
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Annex2
    from mail.servers import MailWorld

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

FETCH = """
import ssl, sys
from imap_tools import MailBox
context = ssl.create_default_context(cafile=sys.argv[3])
with MailBox("localhost", int(sys.argv[1]), ssl_context=context).login(sys.argv[2], sys.argv[4]) as box:
    print(sum(len(m.obj.as_bytes()) for m in box.fetch(bulk=True, mark_seen=False)))
"""


def main(arguments: list[str]) -> int:
    from conftest import Annex2
    from mail.servers import PASSWORD, Certificates, Dovecot, MailWorld, Post, missing

    from benchmarks.measure import as_installed

    if missing():
        print(missing())
        return 1
    parser = argparse.ArgumentParser()
    parser.add_argument("n", type=int, nargs="?", default=500)
    parser.add_argument("--divisions", type=int, default=1)
    parser.add_argument("--tasks", type=int, default=12)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        certificates = Certificates(folder)
        dovecot = Dovecot.start(certificates)
        world = MailWorld(dovecot, Post(dovecot, certificates), certificates)
        try:
            annex2 = Annex2(folder / "w")
            many = options.divisions > 1
            mails = _from_many(annex2, world, options.divisions, options.tasks) if many else _from_one(annex2, world)
            for mail in islice(mails, options.n):
                dovecot.deliver("office", mail.as_bytes())
            environment = {**as_installed(), "ANNEX2_MAIL_PASSWORD": PASSWORD}
            user = "office@office.example"
            reader = [sys.executable, "-c", FETCH, str(dovecot.imaps), user, str(certificates.root), PASSWORD]
            plain = cpu(reader, environment)
            whole = cpu(
                [sys.executable, "-m", "toolkit", "-w", str(annex2.root), "--now", "2023-04-03T10:00", "collect"],
                environment,
            )
            again = cpu(
                [sys.executable, "-m", "toolkit", "-w", str(annex2.root), "--now", "2023-04-04T10:00", "collect"],
                environment,
            )
        finally:
            world.post.stop()
            dovecot.stop()
    print(f"{options.n} mails | plain imap-tools {plain:.2f} s | collect {whole:.2f} s, ratio {whole / plain:.1f} | "
          f"again {again:.2f} s, ratio {again / plain:.1f}")  # fmt: skip
    return 0


def _from_one(annex2: Annex2, world: MailWorld) -> Iterator[EmailMessage]:
    """One division's form, which openpyxl saved, again and again."""
    from conftest import fill
    from mail.test_quarter import set_up

    from toolkit.opening import open_workspace

    open_workspace(annex2.root)
    to = set_up(annex2, world.settings("office"), "u")
    annex2("fanout", "2023Q1")
    blank = annex2.form("社会救助处").read_bytes()
    for i in count():
        form = fill(blank, [f"截至本期末已救助{i}户，按序时推进。", "标准已统一。"], "李超")
        yield _mail(to["社会救助处"], f"第{i}次报送", form)


def _from_many(annex2: Annex2, world: MailWorld, divisions: int, tasks: int) -> Iterator[EmailMessage]:
    """Each division in turn; who has reported sends a correction."""
    from mail.test_quarter import set_up

    from benchmarks.campaign import filled, make, office

    make(divisions, annex2.root, tasks)
    names = [d.name for d in office(divisions, tasks).divisions]
    to = set_up(annex2, world.settings("office"), "u", {name: f"d{i}" for i, name in enumerate(names)})
    forms = sorted((annex2.root / "inbox").iterdir())
    blanks = [f.read_bytes() for f in forms]
    for form in forms:
        form.unlink()
    rnd = random.Random(5)
    for i in count():
        k = i % divisions
        yield _mail(to[names[k]], f"报送第一季度完成情况 {i}", filled(blanks[k], rnd))


def _mail(sender: str, subject: str, form: bytes) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["Subject"] = sender, subject
    mail.set_content("见附件。")
    mail.add_attachment(form, maintype="application", subtype="octet-stream", filename="报表.xlsx")
    return mail


def cpu(command: list[str], environment: dict[str, str]) -> float:
    """CPU seconds of a process and its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
