"""The window: buttons, progress, what waits for a decision, the log."""

from __future__ import annotations

import contextlib
import os
import platform
import queue
import subprocess
import tkinter as tk
from collections.abc import Callable
from pathlib import Path
from tkinter import filedialog, messagebox, ttk
from tkinter import font as fonts

from toolkit.errors import Annex2Error
from toolkit.language import tr
from toolkit.model import Round
from toolkit.panel.work import Ask, Desk, Ended, Line, Open, Step

TITLE = "民政报送"
FAMILIES = ("Microsoft YaHei UI", "PingFang SC", "Noto Sans CJK SC", "WenQuanYi Micro Hei", "SimSun")
"""The first of these that the computer has."""

MONOSPACED = ("NSimSun", "Noto Sans Mono CJK SC", "WenQuanYi Micro Hei Mono", "PingFang SC")
"""Chinese characters twice as wide as Latin ones: the log's tables stand straight."""

POLL = 100  # milliseconds between looks at the work's events
MOST_LINES = 2000


class Panel:
    """The window over one workspace.  `opener` opens a file with whatever the computer has for it; `asker` puts a
    question, by title and words, and says whether the answer is yes; `chooser` asks for a form to be filled."""

    def __init__(
        self,
        root: tk.Tk,
        desk: Desk,
        opener: Callable[[Path], None] | None = None,
        asker: Callable[[str, str], bool] | None = None,
        chooser: Callable[[], Path | None] | None = None,
    ) -> None:
        self.root, self.desk, self._opener = root, desk, opener or open_file
        self._asker = asker or (lambda title, words: messagebox.askyesno(title, words, default="no", parent=root))
        self._chooser = chooser or self._choose
        self._question: Ask | None = None
        self._rounds: list[Round] = []
        self._files: dict[str, Path | None] = {}
        self.buttons: dict[str, ttk.Button] = {}
        self._dress()
        self._build()
        self.refresh()
        self._poll()

    # looks

    def _dress(self) -> None:
        self.root.title(TITLE)
        # 96 dpi is 1.333 pixels a point; Windows tells the real figure once the process is aware of it.
        scale = max(1.0, self.root.winfo_fpixels("1i") / 96)
        have = set(fonts.families(self.root))
        family = next((f for f in FAMILIES if f in have), None)
        for name in ("TkDefaultFont", "TkTextFont", "TkMenuFont", "TkHeadingFont"):
            known = fonts.nametofont(name, self.root)
            if family:
                known.configure(family=family)
            known.configure(size=11)
        mono = next((f for f in MONOSPACED if f in have), None)
        self._mono = fonts.nametofont("TkFixedFont", self.root).copy()
        self._mono.configure(size=11)
        if mono:
            self._mono.configure(family=mono)
        self._bold = fonts.nametofont("TkDefaultFont", self.root).copy()
        self._bold.configure(weight="bold", size=13)
        style = ttk.Style(self.root)
        with contextlib.suppress(tk.TclError):
            style.theme_use("vista" if platform.system() == "Windows" else "clam")
        style.configure("Big.TButton", font=self._bold, padding=(10, 14))
        style.configure("Treeview", rowheight=int(26 * scale))
        self.root.geometry(f"{int(980 * scale)}x{int(680 * scale)}")
        self.root.minsize(int(760 * scale), int(520 * scale))

    def _build(self) -> None:
        root = self.root
        root.columnconfigure(0, weight=1)
        root.rowconfigure(3, weight=2)
        root.rowconfigure(4, weight=3)
        head = ttk.Frame(root, padding=(14, 12, 14, 4))
        head.grid(row=0, column=0, sticky="ew")
        head.columnconfigure(3, weight=1)
        ttk.Label(head, text="报送节点").grid(row=0, column=0, padx=(0, 8))
        self.choice = ttk.Combobox(head, state="readonly", width=34)
        self.choice.grid(row=0, column=1)
        self.place = ttk.Label(head, text=str(self.desk.workspace.root), foreground="#595959")
        self.place.grid(row=0, column=3, sticky="e")

        bar = ttk.Frame(root, padding=(14, 6))
        bar.grid(row=1, column=0, sticky="ew")
        for column, (name, action) in enumerate(self._actions()):
            bar.columnconfigure(column, weight=1, uniform="buttons")
            button = ttk.Button(bar, text=name, style="Big.TButton", command=action)
            button.grid(row=0, column=column, sticky="ew", padx=4)
            self.buttons[name] = button

        line = ttk.Frame(root, padding=(18, 4))
        line.grid(row=2, column=0, sticky="ew")
        line.columnconfigure(1, weight=1)
        self.state = ttk.Label(line, text="就绪", width=30, anchor="w")
        self.state.grid(row=0, column=0)
        self.bar = ttk.Progressbar(line, mode="determinate")
        self.bar.grid(row=0, column=1, sticky="ew", padx=8)
        self.cancel = ttk.Button(line, text="取消", command=self.desk.cancel, state="disabled")
        self.cancel.grid(row=0, column=2)

        box = ttk.LabelFrame(root, text="待处理（双击打开文件；在总表的“待处理”里选处理意见）", padding=6)
        box.grid(row=3, column=0, sticky="nsew", padx=14, pady=(6, 4))
        self.waiting = self._list(box)

        log = ttk.LabelFrame(root, text="记录", padding=6)
        log.grid(row=4, column=0, sticky="nsew", padx=14, pady=(4, 12))
        log.columnconfigure(0, weight=1)
        log.rowconfigure(0, weight=1)
        self.log = tk.Text(log, wrap="word", height=10, state="disabled", relief="flat", background="#fbfbfb")
        self.log.configure(font=self._mono)
        self.log.grid(row=0, column=0, sticky="nsew")
        scroll = ttk.Scrollbar(log, command=self.log.yview)
        scroll.grid(row=0, column=1, sticky="ns")
        self.log.configure(yscrollcommand=scroll.set)
        self.log.tag_configure("bad", foreground="#9c0006")
        self.log.tag_configure("title", foreground="#1f3864", font=self._bold)
        root.protocol("WM_DELETE_WINDOW", self.close)

    def _list(self, box: ttk.LabelFrame) -> ttk.Treeview:
        box.columnconfigure(0, weight=1)
        box.rowconfigure(0, weight=1)
        tree = ttk.Treeview(box, columns=("no", "kind", "place", "problem"), show="headings", height=6)
        for name, text, width, stretch in (
            ("no", "编号", 56, False),
            ("kind", "事项", 90, False),
            ("place", "位置", 260, False),
            ("problem", "问题", 420, True),
        ):
            tree.heading(name, text=text)
            tree.column(name, width=width, stretch=stretch, anchor="center" if name in ("no", "kind") else "w")
        tree.grid(row=0, column=0, sticky="nsew")
        scroll = ttk.Scrollbar(box, command=tree.yview)
        scroll.grid(row=0, column=1, sticky="ns")
        tree.configure(yscrollcommand=scroll.set)
        tree.bind("<Double-1>", lambda _: self.open_selected())
        tree.bind("<Return>", lambda _: self.open_selected())
        return tree

    def _actions(self) -> list[tuple[str, Callable[[], None]]]:
        desk = self.desk
        return [
            ("发放表格", lambda: self._with_round("发放表格", desk.fan_out)),
            ("收集回收", lambda: self._begin("收集回收", desk.collect)),
            ("查看情况", lambda: self._with_round("查看情况", desk.status)),
            ("催报", lambda: self._begin("提醒和催报", desk.remind)),
            ("生成汇总", lambda: self._begin("生成汇总", desk.summarise)),
            ("填上级表", self._fill),
            ("打开总表", lambda: self._open(desk.workspace.master)),
        ]

    # doings

    def _with_round(self, title: str, work: Callable[[Round], None]) -> None:
        index = self.choice.current()
        if index < 0:
            self._write(Line("先在上面选一个报送节点", bad=True))
            return
        round_ = self._rounds[index]
        self._begin(f"{title}：{round_.name}", lambda: work(round_))

    def _fill(self) -> None:
        """Ask for a form of the level above, and fill it for the chosen round."""
        if (form := self._chooser()) is not None:
            self._with_round("填上级表", lambda round_: self.desk.fill(form, round_))

    def _choose(self) -> Path | None:
        kinds = [("Excel、Word", "*.xlsx *.xlsm *.docx"), ("*", "*")]
        name = filedialog.askopenfilename(parent=self.root, title="上级发来的表", filetypes=kinds)
        return Path(name) if name else None

    def _begin(self, title: str, work: Callable[[], None]) -> None:
        if self.desk.start(title, work):
            self.state.configure(text=f"正在{title}…")
            self.cancel.configure(state="normal")
            for button in self.buttons.values():
                button.configure(state="disabled")

    def refresh(self, said: str = "") -> None:
        """Read the workspace again: rounds and what waits.  `said`: what went wrong just now, which is not repeated."""
        try:
            master = self.desk.read()
        except Annex2Error as e:
            if str(e) != said:
                self._write(Line(str(e), bad=True))
            return
        chosen = self._rounds[self.choice.current()].key if self._rounds else ""
        self._rounds = list(master.office.rounds)
        self.choice.configure(values=[f"{r.name}（{r.key}，截止 {r.due:%Y-%m-%d}）" for r in self._rounds])
        keys = [r.key for r in self._rounds]
        self.choice.current(keys.index(chosen if chosen in keys else self.desk.at_hand(master).key))
        self.waiting.delete(*self.waiting.get_children())
        self._files.clear()
        for w in self.desk.waiting(master):
            problem = " ".join(w.problem.split())
            row = self.waiting.insert("", "end", values=(w.no, w.kind, " ".join(w.place.split()), problem))
            self._files[row] = w.file

    def open_selected(self) -> None:
        """Open the file that the chosen row is about, or the master."""
        for row in self.waiting.selection()[:1]:
            self._open(self._files.get(row) or self.desk.workspace.master)

    def _open(self, path: Path) -> None:
        try:
            self._opener(path)
        except OSError as e:
            self._write(Line(f"打不开 {path}：{e.strerror or e}", bad=True))

    def _poll(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                event = self.desk.events.get_nowait()
                if isinstance(event, Line):
                    self._write(event)
                elif isinstance(event, Step):
                    self.bar.configure(maximum=max(event.total, 1), value=event.done)
                    if event.name:
                        counted = f"{event.done}/{event.total} " if event.total else ""
                        self.state.configure(text=f"{counted}{event.name}"[:40])
                elif isinstance(event, Open):
                    self._open(event.path)
                elif isinstance(event, Ask):
                    self._question = event
                elif isinstance(event, Ended):
                    self._end(event.trouble)
        self._timer = self.root.after(POLL, self._poll)

    def _end(self, trouble: str) -> None:
        self.state.configure(text="就绪")
        self.bar.configure(value=0)
        self.cancel.configure(state="disabled")
        for button in self.buttons.values():
            button.configure(state="normal")
        self.refresh(trouble)
        question, self._question = self._question, None
        if question is not None:
            self.desk.wait(5)  # it has said that it is over
            if self._asker(question.title, question.question):
                self._begin(question.title, question.work)
            else:
                self._write(Line("没有发送"))

    def _write(self, line: Line) -> None:
        tags = "title" if line.text.startswith("——") else "bad" if line.bad else ""
        self.log.configure(state="normal")
        self.log.insert("end", line.text + "\n", tags)
        surplus = int(self.log.index("end-1c").split(".")[0]) - MOST_LINES
        if surplus > 0:
            self.log.delete("1.0", f"{surplus}.0")
        self.log.configure(state="disabled")
        self.log.see("end")

    def close(self) -> None:
        """End; work under way stops where nothing is half done."""
        self.desk.cancel()
        self.desk.wait(5)
        self.root.after_cancel(self._timer)
        self.root.destroy()


def open_file(path: Path) -> None:
    """Open a file or folder as a double click would.  Raises OSError."""
    system = platform.system()
    if system == "Windows":
        os.startfile(path)  # type: ignore[attr-defined,unused-ignore]
    else:
        subprocess.Popen(
            ["open" if system == "Darwin" else "xdg-open", str(path)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


def run(desk: Desk) -> int:
    """Show the window until it is closed.  Raises Annex2Error where no window can be shown."""
    if platform.system() == "Windows":
        import ctypes

        with contextlib.suppress(AttributeError, OSError):
            ctypes.windll.shcore.SetProcessDpiAwareness(1)  # type: ignore[attr-defined,unused-ignore]
    try:
        root = tk.Tk()
    except tk.TclError as e:
        raise Annex2Error(tr("这里不能显示窗口（{e}）", e=e), remedy=tr("在有桌面的计算机上运行，或用命令行")) from None
    Panel(root, desk)
    root.mainloop()
    return 0
