"""Entry: words in, exit status out (design §9: 0 done, 1 a person is needed, 2 nothing was changed)."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from toolkit.cli.console import heard
from toolkit.cli.parser import make_parser
from toolkit.errors import Annex2Error, debugging
from toolkit.language import choose, preferred, said

BUG = 70
"""Exit status of a fault of the program's own (EX_SOFTWARE)."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    _speak()
    gc.set_threshold(100_000)  # rows and tasks hold no cycles: looking for some took a tenth of reading a big master
    choose(preferred())
    parser = make_parser()
    try:
        options = parser.parse_args(arguments)
    except SystemExit as e:  # --help, --version, or words that are off: argparse has spoken
        return int(e.code or 0)
    try:
        # By its own module, since `collect` mostly has nothing to do and then needs little.
        home = import_module("toolkit.cli.taking" if options.verb == "collect" else "toolkit.cli.verbs")
        status = getattr(home, options.verb)(options)
        sys.stdout.flush()
        return int(status)
    except Annex2Error as e:
        print(e.told(), file=sys.stderr)
        return e.exit_status
    except KeyboardInterrupt:
        print(said("已中断。总表要么是原来的，要么是写好的；再运行一次就接着做"), file=sys.stderr)
        return 130
    except Exception as e:
        if debugging():
            raise
        told = said(
            "程序出了没有料到的错：{kind}: {error}\n"
            "怎么办：总表没有写坏，原件都在 archive 里。设环境变量 ANNEX2_DEBUG=1 再运行一次，把全部输出发给维护的人",
            kind=type(e).__name__,
            error=e,
        )
        print(told, file=sys.stderr)
        return BUG


def _speak() -> None:
    """Without a window (pythonw) there are no streams; a console with another code page lacks characters; who was
    listening may have gone: none of these must stop the run."""
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115  as long as the program
    sys.stderr = sys.stderr or sys.stdout
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is None:
            continue
        encoding = (stream.encoding or "").lower().replace("-", "")
        if encoding in ("utf8", "gbk", "gb18030", "cp936", "gb2312"):
            reconfigure(errors="replace")
        else:
            reconfigure(encoding="utf-8", errors="replace")
    sys.stdout, sys.stderr = heard(sys.stdout), heard(sys.stderr)
