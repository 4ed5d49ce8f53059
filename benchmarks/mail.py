"""500 mails with workbooks: collected, reviewed and merged, against fetching the same bytes with plain imap-tools.

    python -m benchmarks.mail [N]

Needs Dovecot (the tests' own throw-away server).  Prints CPU seconds of whole processes and their ratio.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from email.message import EmailMessage
from pathlib import Path

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
    from conftest import Annex2, fill
    from mail.servers import PASSWORD, Certificates, Dovecot, MailWorld, Post, missing
    from mail.test_quarter import set_up

    from benchmarks.measure import as_installed
    from toolkit.opening import open_workspace

    if missing():
        print(missing())
        return 1
    count = int(arguments[0]) if arguments else 500
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        certificates = Certificates(folder)
        dovecot = Dovecot.start(certificates)
        world = MailWorld(dovecot, Post(dovecot, certificates), certificates)
        try:
            open_workspace(folder / "w")
            annex2 = Annex2(folder / "w")
            to = set_up(annex2, world.settings("office"), "u")
            annex2("fanout", "2023Q1")
            blank = annex2.form("社会救助处").read_bytes()
            for i in range(count):
                mail = EmailMessage()
                mail["From"], mail["Subject"] = to["社会救助处"], f"第{i}次报送"
                mail.set_content("见附件。")
                form = fill(blank, [f"截至本期末已救助{i}户，按序时推进。", "标准已统一。"], "李超")
                mail.add_attachment(form, maintype="application", subtype="octet-stream", filename="报表.xlsx")
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
    print(f"{count} mails | plain imap-tools {plain:.2f} s | collect {whole:.2f} s, ratio {whole / plain:.1f} | "
          f"again {again:.2f} s, ratio {again / plain:.1f}")  # fmt: skip
    return 0


def cpu(command: list[str], environment: dict[str, str]) -> float:
    """CPU seconds of a process and its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
