"""The words of the command line."""

from __future__ import annotations

import argparse
import difflib
import re
import sys
from datetime import datetime
from pathlib import Path
from typing import NoReturn

from toolkit import __version__
from toolkit.language import said


def _epilog() -> str:
    return said("""\
在工作区文件夹里运行，或用 -w 指明工作区。例：
  annex2 init 2023年报送 --notice 通知.docx   由通知建立工作区
  annex2 fanout 2023Q1                        生成第一季度的表格
  annex2 collect                              收取 inbox 里的回件
  annex2 status                               看谁报了、谁没报
退出状态：0 完成；1 完成，但有事要人处理；2 用法或输入有误，什么都没有改动。""")


class _Parser(argparse.ArgumentParser):
    """argparse whose own words are in the console's language."""

    def error(self, message: str) -> NoReturn:
        told = said("用法有误：{message}\n怎么办：{program} --help 看用法", message=_told(message), program=self.prog)
        print(told, file=sys.stderr)
        raise SystemExit(2)

    def format_help(self) -> str:
        return super().format_help().replace("usage: ", said("用法： "), 1)


def _told(message: str) -> str:
    """What argparse found wrong; its own English where that is the console's language."""
    wrong = re.search(r"argument (\S+): invalid choice: '(.*)' \(choose from (.*)\)$", message)
    if wrong:
        known = [w.strip(" '") for w in wrong[3].split(",")]
        near = difflib.get_close_matches(wrong[2], known, 1)
        hint = (
            said("是不是 {near}？", near=near[0]) if near else said("可用的是：{known}", known=said("、").join(known))
        )
        return said("没有“{wrong}”这个{place}，{hint}", wrong=wrong[2], place=wrong[1], hint=hint)
    for english, ours in (
        ("the following arguments are required:", said("缺少")),
        ("unrecognized arguments:", said("不认识")),
        ("invalid int value:", said("不是整数：")),
        ("invalid Path value:", said("不是路径：")),
        ("expected one argument", said("后面要写一个值")),
        ("expected at least one argument", said("后面至少要写一个值")),
        ("argument ", said("参数 ")),
    ):
        message = message.replace(english, ours)
    return message


def _moment(text: str) -> datetime:
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(said("“{text}”不是时间，写成 2023-04-06T09:00 这样", text=text)) from None
    if value.tzinfo is not None:
        raise argparse.ArgumentTypeError(said("不要写时区，时间就是单位所在地的"))
    return value


def make_parser() -> argparse.ArgumentParser:
    """All verbs with their options; `verb` names the function in `verbs` that does it."""
    parser = _Parser(
        prog="annex2",
        description=said("把总表分发给各处室填报，收回来核对、汇总，看得出谁报了、谁没报。"),
        epilog=_epilog(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        add_help=False,
        allow_abbrev=False,
    )
    _help(parser)
    parser.add_argument("--version", action="version", version=f"annex2 {__version__}", help=said("版本"))
    parser.add_argument("-w", "--workspace", type=Path, metavar=said("工作区"), help=said("放着 master.xlsx 的文件夹"))
    parser.add_argument("--now", type=_moment, metavar=said("时间"), help=said("预演别的时刻，如 2023-04-06T09:00"))
    verbs = parser.add_subparsers(title=said("命令"), metavar=said("命令"), required=True, dest="word")

    def verb(word: str, about: str, *, json: bool = False) -> argparse.ArgumentParser:
        sub = verbs.add_parser(word, help=about, description=about, add_help=False, allow_abbrev=False)
        _help(sub)
        # also behind the verb, where most people write it
        sub.add_argument(
            "-w", "--workspace", type=Path, metavar=said("工作区"), default=argparse.SUPPRESS, help=said("工作区")
        )
        sub.add_argument(
            "--now", type=_moment, metavar=said("时间"), default=argparse.SUPPRESS, help=said("预演别的时刻")
        )
        if json:
            sub.add_argument("--json", action="store_true", help=said("输出一个 JSON 文档，供程序读取"))
        sub.set_defaults(verb=word.replace("-", "_"))
        return sub

    init = verb("init", said("建立工作区：总表、模板和收发的文件夹"))
    init.add_argument("folder", type=Path, metavar=said("文件夹"))
    init.add_argument("--notice", type=Path, metavar=said("通知.docx"), help=said("由这份通知的附件1生成总表"))
    rollover = verb("rollover", said("结转到下一年：在旁边另建工作区，上年的不动"))
    rollover.add_argument("year", type=int, metavar=said("年度").upper(), help=said("如 2024"))
    where = said("不写就在上年工作区旁边，名字里的年份换成新的")
    rollover.add_argument("folder", nargs="?", type=Path, metavar=said("文件夹"), help=where)
    rollover.add_argument(
        "--notice", type=Path, metavar=said("通知.docx"), help=said("新一年的通知；没有就结转没有完成的任务")
    )
    fanout = verb("fanout", said("生成各处室的表格，放在 outbox 里"))
    fanout.add_argument("round", metavar=said("节点").upper(), help=said("如 2023Q1 或 第一季度"))
    fanout.add_argument("--division", metavar=said("处室"), help=said("只生成这个处室的"))
    send = verb("send", said("把表格用邮件发给各处室"))
    send.add_argument("round", metavar=said("节点").upper(), help=said("如 2023Q1 或 第一季度"))
    send.add_argument("--division", metavar=said("处室"), help=said("只发给这个处室"))
    send.add_argument("--dry-run", action="store_true", help=said("只看要发什么，不发"))
    send.add_argument("--drafts", action="store_true", help=said("生成 .eml 草稿，用 Outlook、Foxmail 打开发送"))
    send.add_argument("--again", action="store_true", help=said("发过的也再发一次"))
    collect = verb("collect", said("收取回件：归档、核对、写入总表"), json=True)
    collect.add_argument("paths", nargs="*", type=Path, metavar=said("文件"), help=said("文件或文件夹；不写就是 inbox"))
    collect.add_argument("--no-mailbox", action="store_true", help=said("不收邮箱"))
    collect.add_argument(
        "--workers", type=int, metavar=said("个数"), help=said("几个进程读文件；0 不另开，只用于可信的文件")
    )
    collect.add_argument(
        "--cluster", default="", metavar=said("地址"), help=said("由 Dask 集群读文件，如 tcp://10.0.0.5:8786")
    )
    check = verb("check", said("看看一份文件会怎样处理，什么都不改动"), json=True)
    check.add_argument("file", type=Path, metavar=said("文件"))
    status = verb("status", said("谁报了、谁没报、谁逾期"), json=True)
    status.add_argument("round", nargs="?", metavar=said("节点").upper(), help=said("只看这个节点"))
    status.add_argument("--html", type=Path, metavar=said("文件"), help=said("另写一页网页，可以打印、发给领导看"))
    remind = verb("remind", said("提醒快到期的、催报逾期的处室（到了该提醒的日子才发）"))
    remind.add_argument("round", nargs="?", metavar=said("节点").upper(), help=said("只提醒这个节点；不写就是全部"))
    remind.add_argument("--dry-run", action="store_true", help=said("只看要发什么，不发"))
    remind.add_argument("--drafts", action="store_true", help=said("生成 .eml 草稿，用 Outlook、Foxmail 打开发送"))
    remind.add_argument("--again", action="store_true", help=said("上次“不确定”发出没有的，再发一次"))
    notice = verb("bulletin", said("出一份通报（Word）：谁按时、谁逾期、谁没报"))
    notice.add_argument("round", metavar=said("节点").upper())
    approval = verb("approval", said("送审：每位分管领导一份 Word，汇集所分管处室的完成情况，审阅签名"))
    approval.add_argument("round", nargs="?", metavar=said("节点").upper(), help=said("不写就只列出等待审定的"))
    fill = verb("fill", said("填上级发来的表：把台账里的完成情况填进它的一份副本"))
    fill.add_argument("form", type=Path, metavar=said("表"), help=said("上级发来的 .xlsx 或 .docx"))
    fill.add_argument("--round", metavar=said("节点"), help=said("填哪个节点的；不写就看表的标题"))
    fill.add_argument("--column", metavar=said("列名"), help=said("填在哪一列；表里有几列像的才要写"))
    schedule = verb("schedule", said("按“定时任务”表自动运行"))
    schedule.add_argument("what", choices=("run", "install", "list"), metavar="run|install|list", help=said("见下"))
    schedule.add_argument("--once", action="store_true", help=said("run：只看一次，到点的运行完就结束"))
    schedule.add_argument("--print", action="store_true", help=said("install：只看要登记什么，不登记"))
    schedule.add_argument("--remove", action="store_true", help=said("install：取消登记"))
    schedule.epilog = said("run 一直运行；install 登记到本机的任务计划程序，不用一直开着窗口；list 列出各任务")
    summary = verb("summary", said("生成全年汇总，放在 summary 里"), json=True)
    summary.add_argument("year", nargs="?", type=int, metavar=said("年度").upper(), help=said("不写就是总表的年度"))
    trace = verb("trace", said("总表里一段完成情况是从哪份文件来的"), json=True)
    trace.add_argument("task", metavar=said("任务"), help=said("序号，如 3；或任务编号，如 2023-03"))
    trace.add_argument("round", metavar=said("节点").upper())
    verb("rebuild", said("由归档的原件重算总表里的完成情况，比较有没有出入"), json=True)
    restore = verb("restore", said("看总表的旧版，或恢复其中一个"))
    restore.add_argument("number", nargs="?", type=int, metavar=said("第几个"), help=said("1 是最近的；不写就只列出"))
    verb("panel", said("打开窗口：选节点、按按钮，不用记命令"))
    doctor = verb("doctor", said("看看这台计算机上什么能用、什么要处理"), json=True)
    doctor.add_argument("--no-mailbox", action="store_true", help=said("不试邮件服务器"))
    doctor.add_argument("--zip", type=Path, metavar=said("文件"), help=said("把检查结果和日志打成压缩包，发给帮忙的人"))
    excel = verb("excel", said("在 Excel 的功能区里装上或去掉按钮"))
    excel.add_argument("what", choices=("install", "uninstall"), metavar="install|uninstall")
    excel.add_argument("--label", metavar=said("名称"), help=said("功能区里的名称"))
    excel.add_argument(
        "--folder", type=Path, metavar=said("文件夹"), help=said("装到别的文件夹，不装到 Excel 的启动文件夹")
    )
    demo = verb("demo", said("在一个文件夹里演示一整年"))
    demo.add_argument("folder", nargs="?", type=Path, metavar=said("文件夹"), help=said("不写就是 annex2-demo"))
    return parser


def _help(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-h", "--help", action="help", help=said("看用法"))
    parser._positionals.title, parser._optionals.title = said("参数"), said("选项")
