"""doctor: what works on this computer and in this workspace; a tick, or what to do.

Looks and tries, changes nothing.  What it says may be sent to whoever helps: no passwords, no texts of reports.
"""

from __future__ import annotations

import contextlib
import io
import locale
import os
import platform
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from toolkit import __version__
from toolkit.errors import Annex2Error
from toolkit.forms.fanout import template_of
from toolkit.jobs import parse_jobs
from toolkit.kinds import KINDS
from toolkit.language import tr
from toolkit.master import schema
from toolkit.master.holders import holder_of
from toolkit.master.read import Master
from toolkit.master.store import load, versions
from toolkit.model import Office
from toolkit.reminders import reminder_policy
from toolkit.whereabouts import elsewhere
from toolkit.workspace import MASTER, Workspace

FONTS = ("宋体", "黑体", "仿宋_GB2312", "方正小标宋简体")
_FONT_NAMES = {
    "宋体": ("simsun", "宋体", "noto serif cjk"),
    "黑体": ("simhei", "黑体", "noto sans cjk"),
    "仿宋_GB2312": ("仿宋_gb2312", "fangsong_gb2312", "simfang", "仿宋"),
    "方正小标宋简体": ("方正小标宋", "fzxiaobiaosong", "fzxbsjw"),
}
DEPENDENCIES = ("openpyxl", "lxml", "jinja2", "pandas", "python-calamine", "xlwings", "schedule", "imap-tools")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at."""

    topic: str
    ok: bool | None  # None: worth knowing, neither good nor bad
    message: str
    remedy: str = ""

    @property
    def sign(self) -> str:
        return "·" if self.ok is None else "✓" if self.ok else "✗"


def examine(workspace: Workspace | None, *, mail: bool = True) -> tuple[Check, ...]:
    """Everything, in the order in which people would ask.  `mail`: also try the mail servers."""
    checks = [*_computer()]
    if workspace is None:
        remedy = tr("在工作区里运行，或用 -w 指明，可以看得更多")
        checks.append(Check(tr("工作区"), None, tr("这里不是工作区，只看了计算机"), remedy))
        return tuple(checks)
    checks += _folders(workspace)
    office = _office(workspace, checks)
    if office is not None:
        checks += _templates(workspace, office)
        checks += _fonts()
        checks += _mail(office) if mail else ()
    return tuple(checks)


def _office(workspace: Workspace, checks: list[Check]) -> Office | None:
    """The office, with the check that says whether its master can be read."""
    try:
        master = load(workspace).master
    except Annex2Error as e:
        checks.append(Check(tr("总表"), False, _what(e), e.remedy))
        return None
    office = master.office
    count = tr(
        "{tasks} 项任务、{rounds} 个节点、{receipts} 份收件",
        tasks=len(office.tasks),
        rounds=len(office.rounds),
        receipts=len(master.receipts),
    )
    checks.append(
        Check(
            tr("总表"),
            True,
            tr(
                "{master} 读得出来：{year}年{organisation}，{count}",
                master=MASTER,
                year=office.year,
                organisation=office.organisation,
                count=count,
            ),
        )
    )
    unknown = sorted({t.division for t in office.tasks if office.division(t.division) is None})
    if unknown:
        listed = tuple(unknown)
        checks.append(
            Check(
                tr("总表"),
                False,
                tr("牵头处室在“处室”表里没有：{listed}", listed=listed),
                tr("改正，或在“处室”表里加上"),
            )
        )
    without = [d.name for d in office.divisions if not d.mail and d.name in office.owed(office.rounds[0])]
    if without:
        checks.append(
            Check(
                tr("总表"),
                None,
                tr("还没有邮箱：{listed}", listed=tr("、").join(without)),
                tr("要用邮件就在“处室”表里填上"),
            )
        )
    checks += _read_later(master)
    return office


def _read_later(master: Master) -> Iterator[Check]:
    """What only reminders and jobs read, when nobody looks."""
    yield _try(tr("设置"), tr("提醒和催报的设置看得懂"), lambda: reminder_policy(master.office.settings))
    for problem in parse_jobs(master.jobs, schema.JOB_ACTIONS)[1]:
        yield Check(tr("定时任务"), False, problem, tr("改好那一行；不用的把“状态”选成停用"))


def _computer() -> Iterator[Check]:
    yield Check(
        tr("程序"),
        True,
        tr(
            "annex2 {version}，Python {python}，{system}",
            version=__version__,
            python=platform.python_version(),
            system=platform.platform(),
        ),
    )
    missing = [n for n in DEPENDENCIES if _version(n) is None]
    if missing:
        yield Check(
            tr("程序"),
            False,
            tr("缺少组件：{listed}", listed=tuple(missing)),
            tr("重新安装 annex2：pip install -e ."),
        )
    encoding = (sys.stdout.encoding or "").lower()
    good = encoding.replace("-", "") in ("", "utf8", "gbk", "gb18030", "cp936", "gb2312")  # "": no window at all
    yield Check(
        tr("窗口"),
        good,
        tr(
            "命令行的编码是 {encoding}，语言区域 {listed}",
            encoding=encoding or tr("不明"),
            listed=".".join(filter(None, locale.getlocale())) or tr("没有设置"),
        ),
        "" if good else tr("在 Windows 上运行 chcp 65001；在 Linux 上设 LANG=zh_CN.UTF-8"),
    )
    yield from _spreadsheets()


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _spreadsheets() -> Iterator[Check]:
    found = []
    if platform.system() == "Windows":
        programs = (("Excel", "Excel.Application"), ("WPS", "KET.Application"))
        found += [name for name, key in programs if registered(key)]
    elif platform.system() == "Darwin":
        found += [n for n in ("Microsoft Excel", "wpsoffice") if Path(f"/Applications/{n}.app").exists()]
    elif shutil.which("et") or Path("/opt/kingsoft/wps-office").exists():
        found.append("WPS")
    soffice = shutil.which("soffice")
    if soffice:
        found.append("LibreOffice")
    if found:
        yield Check(tr("表格软件"), True, tr("找到 {listed}", listed=tr("、").join(found)))
    else:
        yield Check(
            tr("表格软件"), False, tr("没有找到 Excel、WPS 或 LibreOffice"), tr("装上其中一个，才能打开总表和表格")
        )
    if not soffice:
        yield Check(
            tr("表格软件"), None, tr("没有 LibreOffice：不能自动读 .doc、.wps"), tr("需要时装上 LibreOffice（免费）")
        )


def registered(name: str) -> bool:
    """Whether Windows knows a program by this name."""
    if sys.platform == "win32":
        import winreg

        with contextlib.suppress(OSError):
            winreg.CloseKey(winreg.OpenKey(winreg.HKEY_CLASSES_ROOT, name))
            return True
    return False


def _folders(workspace: Workspace) -> Iterator[Check]:
    yield _try(tr("工作区"), tr("{root} 可以写", root=workspace.root), lambda: _writable(workspace))
    if before := elsewhere(workspace):
        yield Check(tr("工作区"), None, before)
    holder = holder_of(workspace.master)
    if holder:
        remedy = tr("收取前要关闭它；确实没有人打开就删除 {name}", name=holder.file.name)
        yield Check(tr("总表"), None, tr("{master} 正被{name}打开", master=MASTER, name=holder.name), remedy)
    kept = versions(workspace)
    newest = tr("，最近的是 {kept:%Y-%m-%d %H:%M}", kept=kept[0].kept) if kept else ""
    yield Check(tr("旧版"), None, tr("留有 {count} 个旧版{newest}", count=len(kept), newest=newest))
    free = shutil.disk_usage(workspace.root).free >> 20
    yield Check(
        tr("磁盘"),
        free > 200,
        tr("还有 {free} MB", free=free),
        "" if free > 200 else tr("清理磁盘：收到的原件要一直保存"),
    )


def _writable(workspace: Workspace) -> None:
    workspace.refuse_a_part()
    probe = workspace.state / "doctor.probe"
    try:
        workspace.state.mkdir(exist_ok=True)
        try:
            probe.write_bytes(b"x")
        finally:
            probe.unlink(missing_ok=True)
    except OSError as e:
        raise Annex2Error(
            tr("不能写入（{strerror}）", strerror=e.strerror or e),
            where=str(workspace.state),
            remedy=tr("检查权限，或把工作区移到能写的地方"),
        ) from None
    with workspace.writing():  # nobody else is at work
        pass
    workspace.secret()


def _what(e: Annex2Error) -> str:
    return tr("{where}：{what}", where=e.where, what=e.what) if e.where else e.what


def _try(topic: str, good: str, work: Callable[[], object]) -> Check:
    try:
        work()
    except Annex2Error as e:
        return Check(topic, False, _what(e), e.remedy)
    return Check(topic, True, good)


def _templates(workspace: Workspace, office: Office) -> Iterator[Check]:
    for kind, form in KINDS.items():
        name, round_ = form.template, next((r for r in office.rounds if r.kind is kind), None)
        if round_ is None:
            continue
        tasks = next(iter(office.owed(round_).items()), None)

        def fill(round_=round_, tasks=tasks) -> None:  # type: ignore[no-untyped-def]
            template = template_of(workspace, round_)
            if tasks:
                template.fill(office, round_, tasks[0], tasks[1], bytes(32))

        yield _try(tr("模板"), tr("templates/{name} 能填", name=name), fill)

    def words() -> None:
        from toolkit.mail.settings import mail_settings
        from toolkit.post import composer

        made = composer(workspace, office, mail_settings({}))
        for round_ in office.rounds[:1]:
            for division in office.divisions[:1]:
                from dataclasses import replace

                made.form(round_, replace(division, mail="a@example.cn"), [], datetime(office.year, 1, 1))  # noqa: DTZ001

    yield _try(tr("模板"), tr("邮件模板能用"), words)


def _fonts() -> Iterator[Check]:
    have = _installed_fonts()
    missing = [f for f in FONTS if not any(n in have for n in _FONT_NAMES[f])]
    if not have:
        yield Check(tr("字体"), None, tr("看不出装了哪些字体"))
    elif missing:
        remedy = tr("要正式印发就装上；文件里写的仍是这些字体的名字")
        yield Check(tr("字体"), None, tr("没有 {listed}，会用别的字体代替", listed=tuple(missing)), remedy)
    else:
        yield Check(tr("字体"), True, tr("公文用的字体都有"))


def _installed_fonts() -> str:
    """All font names in one lower-case text; "" where they cannot be listed."""
    if platform.system() == "Windows":
        folders = [Path(os.environ.get("WINDIR", r"C:\Windows"), "Fonts")]
        return " ".join(p.name.lower() for f in folders if f.is_dir() for p in f.iterdir())
    if shutil.which("fc-list"):
        done = subprocess.run(["fc-list", ":", "family"], capture_output=True, text=True, check=False)
        return done.stdout.lower()
    return ""


def _mail(office: Office) -> Iterator[Check]:
    from toolkit.mail.probe import probe
    from toolkit.mail.settings import mail_settings

    yield from _addresses(office)
    try:
        settings = mail_settings(office.settings)
    except Annex2Error as e:
        yield Check(tr("邮件"), False, _what(e), e.remedy)
        return
    if settings.receiving is None and settings.sending is None:
        yield Check(tr("邮件"), None, tr("没有设邮件服务器：收发靠人工，或用 annex2 send --drafts 出草稿"))
        return
    for step in probe(settings):
        yield Check(
            tr("邮件 {server}", server=tr("收件") if step.server == "收件" else tr("发件")),
            step.ok,
            tr("{name}：{message}", name=step.name, message=step.message),
            step.remedy,
        )


def _addresses(office: Office) -> Iterator[Check]:
    """The addresses of 处室: a wrong one is found before a mail should go out."""
    from toolkit.mail.compose import addresses_of
    from toolkit.mail.settings import in_cell, one_address

    for division in office.divisions:
        try:
            if division.mail:
                addresses_of(division)
            for copy in division.copies:
                one_address(copy, f"处室!抄送（{division.name}）")
            for leader in in_cell(division.leader_mail):
                one_address(leader, f"处室!领导邮箱（{division.name}）")
        except Annex2Error as e:
            yield Check(tr("邮箱地址"), False, _what(e), e.remedy)


def bundle(checks: Iterable[Check], workspace: Workspace | None) -> bytes:
    """A zip for whoever helps: what was found, and the logs.  No workbook, no mail, no key, no password."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        lines = [f"{c.sign} {c.topic}：{c.message}" + (f"\n    怎么办：{c.remedy}" if c.remedy else "") for c in checks]
        z.writestr("检查结果.txt", "\r\n".join(lines).encode("utf-8-sig"))
        z.writestr("组件.txt", "\r\n".join(f"{n} {_version(n)}" for n in DEPENDENCIES).encode("utf-8-sig"))
        logs = workspace.root / "日志" if workspace else None
        for path in sorted(logs.glob("*.txt")) if logs and logs.is_dir() else ():
            z.write(path, f"日志/{path.name}")
    return out.getvalue()
