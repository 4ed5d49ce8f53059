"""A workbook as callers see it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

from toolkit.language import tr
from toolkit.xlsx.calcchain import without_calculated
from toolkit.xlsx.cellxml import may_hold_formula
from toolkit.xlsx.errors import Reason, WorkbookError
from toolkit.xlsx.package import Package
from toolkit.xlsx.properties import read_properties, set_property
from toolkit.xlsx.reader import Reader, SharedStrings
from toolkit.xlsx.scan import (
    SPREADSHEET,
    Edit,
    Node,
    attribute,
    escape,
    escape_attribute,
    inner,
    insert_child,
    prefix,
    splice,
)
from toolkit.xlsx.sheet import Sheet
from toolkit.xlsx.sheetxml import SheetXml
from toolkit.xlsx.styles import Styles
from toolkit.xlsx.table import Table, tables_of

# What follows definedNames and calcPr in CT_Workbook (ECMA-376 Part 1, 18.2.27).
_AFTER_CALC = (
    "oleSize",
    "customWorkbookViews",
    "pivotCaches",
    "smartTagPr",
    "smartTagTypes",
    "webPublishing",
    "fileRecoveryPr",
    "webPublishObjects",
    "extLst",
)
_AFTER_NAMES = ("calcPr", *_AFTER_CALC)
_NAME = re.compile(r"[^\W\d\\][\w.?\\]*|\\[\w.?\\]*")
_LIKE_CELL = re.compile(r"[A-Za-z]{1,3}\d+|[Rr]\d*[Cc]\d*|[RrCc]")


@dataclass(frozen=True, slots=True)
class DefinedName:
    """A defined name; `sheet` is the sheet it belongs to, None for the whole workbook; `text` has no leading '='."""

    name: str
    sheet: str | None
    text: str
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class _Listed:
    name: str
    hidden: bool
    sheet_id: str
    part: str | None  # None: a chart sheet or another that has no cells


class Workbook:
    """An .xlsx or .xlsm file in memory. Nothing is written anywhere; `to_bytes()` gives the file.

    Used as a context manager, it lets go of its sheets and what was done to them at the end: they and it hold each
    other, so that else the memory of one that was only read stays until the collector comes.
    """

    def __init__(self, package: Package) -> None:
        self._package = package
        main = package.related("", "officeDocument")
        if not main or not package.has(main[0]):
            raise WorkbookError(
                Reason.NOT_A_WORKBOOK,
                tr("这不是 Excel 工作簿（可能是其他压缩文件或 ODS），请用 Excel 或 WPS 另存为 .xlsx"),
            )
        self._part = main[0]
        if "sheet.binary" in package.content_type(self._part) or self._part.lower().endswith(".bin"):
            raise WorkbookError(
                Reason.UNSUPPORTED, tr("这是二进制工作簿（.xlsb），请用 Excel 另存为 .xlsx"), self._part
            )
        root = self._tree
        if root.name != "workbook" or root.ns not in SPREADSHEET:
            raise WorkbookError(
                Reason.NOT_A_WORKBOOK,
                tr("这不是 Excel 工作簿（可能是 Word 或 PowerPoint 文件），请另存为 .xlsx"),
                self._part,
            )
        self._listed = self._list_sheets(root)
        self._sheets: dict[str, Sheet] = {}
        self._gone: list[tuple[str, str]] = []
        self._packed = False
        properties = root.child("workbookPr")
        self.date1904 = properties is not None and properties.get("date1904") in ("1", "true")

    @classmethod
    def open(cls, path: str | Path) -> Workbook:
        """Reads the file at `path`; WorkbookError says why it cannot be used."""
        try:
            data = Path(path).read_bytes()
        except OSError as e:
            raise WorkbookError(
                Reason.UNREADABLE,
                tr(
                    "打不开文件 {name}（{why}），请检查它是否存在、是否被占用",
                    name=Path(path).name,
                    why=e.strerror or str(e),
                ),
                str(path),
            ) from e
        return cls.from_bytes(data)

    @classmethod
    def from_bytes(cls, data: bytes, *, packed: bool = False) -> Workbook:
        """`packed`: sheets of very many rows stay deflated: a fifth of the memory, and a little more time."""
        book = cls(Package(bytes(data)))
        book._packed = packed
        return book

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._sheets.clear()

    def _list_sheets(self, root: Node) -> list[_Listed]:
        relationships = self._package.relationships(self._part)
        found = []
        for node in (s for sheets in root.children if sheets.name == "sheets" for s in sheets.children):
            r = relationships.get(node.qualified("id") or "")
            part = r.target if r is not None and r.type == "worksheet" and not r.external else None
            hidden = node.get("state", "visible") != "visible"
            found.append(_Listed(node.get("name"), hidden, node.get("sheetId"), part))
        return found

    # sheets and tables

    @property
    def sheet_names(self) -> tuple[str, ...]:
        """The names of the worksheets, in order; chart sheets are left out."""
        return tuple(s.name for s in self._listed if s.part is not None)

    def sheet(self, name: str) -> Sheet:
        """The worksheet of that name (case does not matter); WorkbookError NO_SHEET."""
        if (known := self._sheets.get(name)) is not None:
            return known
        listed = next((s for s in self._listed if s.name.casefold() == name.casefold()), None)
        if listed is None or listed.part is None:
            if listed is not None:
                message = tr("“{name}”是图表工作表或宏表，没有可以读写的单元格，请换一张工作表", name=name)
            elif not self.sheet_names:
                message = tr("工作簿里只有图表，没有普通工作表，请检查文件是否正确")
            else:
                message = tr(
                    "工作簿里没有工作表“{name}”，现有：{sheets}。请核对名称", name=name, sheets=self.sheet_names
                )
            raise WorkbookError(Reason.NO_SHEET, message, name)
        if listed.name not in self._sheets:
            xml = SheetXml(self._package.xml(listed.part), listed.part)
            if self._packed:
                xml.pack()
            self._sheets[listed.name] = Sheet(self, listed.name, listed.hidden, listed.sheet_id, xml)
        return self._sheets[listed.name]

    def show(self, name: str, *, hidden: bool = False) -> None:
        """Makes a hidden worksheet a visible one, or the other way round."""
        sheet = self.sheet(name)
        sheets = self._tree.child("sheets")
        node = next((n for n in sheets.children if n.get("sheetId") == sheet.sheet_id), None) if sheets else None
        if node is not None and sheet.hidden is not hidden:
            self.before_change()
            self._package.set_attribute(self._part, node, "state", "hidden" if hidden else None)
            sheet.hidden = hidden

    @property
    def tables(self) -> tuple[str, ...]:
        """The names of all tables."""
        return tuple(t.name for n in self._with_tables() for t in tables_of(self, self.sheet(n)))

    def table(self, name: str) -> Table:
        """The table of that name, wherever it is; WorkbookError NO_TABLE."""
        for sheet in self._with_tables():
            for table in tables_of(self, self.sheet(sheet)):
                if table.name.casefold() == name.casefold():
                    return table
        raise WorkbookError(
            Reason.NO_TABLE, tr("工作簿里没有名为“{name}”的表格，请在 Excel 的“表设计”里核对表名", name=name), name
        )

    def _with_tables(self) -> list[str]:
        return [s.name for s in self._listed if s.part is not None and self._package.related(s.part, "table")]

    # properties and names

    @property
    def properties(self) -> dict[str, str]:
        """The custom document properties, as text."""
        return read_properties(self._package)

    def set_property(self, name: str, text: str) -> None:
        """Sets a custom document property."""
        if self.properties.get(name) != text:
            self.before_change()
            with self.transaction():
                set_property(self._package, self._part, name, text)

    @property
    def names(self) -> list[DefinedName]:
        """The defined names, built-in ones such as _xlnm.Print_Area included."""
        return [
            DefinedName(node.get("name"), self._owner(node), node.text, node.get("hidden") in ("1", "true"))
            for node in self._tree.all("definedName")
        ]

    def _owner(self, node: Node) -> str | None:
        index = node.get("localSheetId")
        return self._listed[int(index)].name if index.isdigit() and int(index) < len(self._listed) else None

    def set_name(self, name: str, text: str, sheet: str | None = None, hidden: bool = False) -> None:
        """Defines a name, or redefines it. `text` is a formula without '='; a constant text stands in quotes."""
        valid = _NAME.fullmatch(name) and not _LIKE_CELL.fullmatch(name) and len(name) <= 255
        if not valid:
            raise WorkbookError(
                Reason.BAD_NAME,
                tr("“{name}”不能用作名称：须以文字或下划线开头，不含空格，不像单元格地址", name=name),
                name,
            )
        index = None
        if sheet is not None:
            index = next((i for i, s in enumerate(self._listed) if s.name.casefold() == sheet.casefold()), None)
            if index is None:
                raise WorkbookError(
                    Reason.NO_SHEET, tr("工作簿里没有工作表“{sheet}”，不能在上面定义名称", sheet=sheet), sheet
                )
        xml, root = self._package.tree(self._part)
        old = next(
            (
                n
                for n in root.all("definedName")
                if n.get("name").casefold() == name.casefold()
                and n.get("localSheetId") == ("" if index is None else str(index))
            ),
            None,
        )
        if old is not None and old.text == text and (old.get("hidden") in ("1", "true")) == hidden:
            return
        self.before_change()
        if old is not None:
            edits = [attribute(xml, old, "hidden", "1" if hidden else None), inner(xml, old, text)]
        else:
            edits = [self._new_name(xml, root, name, text, index, hidden)]
        self._package.write(self._part, splice(xml, edits))

    def _new_name(self, xml: bytes, root: Node, name: str, text: str, index: int | None, hidden: bool) -> Edit:
        p = prefix(xml, root)
        local = b"" if index is None else b' localSheetId="%d"' % index
        new = b'<%bdefinedName name="%b"%b%b>%b</%bdefinedName>' % (
            p,
            escape_attribute(name),
            local,
            b' hidden="1"' if hidden else b"",
            escape(text),
            p,
        )
        if (names := root.child("definedNames")) is not None:
            return insert_child(xml, names, new)
        return insert_child(xml, root, b"<%bdefinedNames>%b</%bdefinedNames>" % (p, new, p), _AFTER_NAMES)

    # the file

    @property
    def changed(self) -> bool:
        """Whether anything differs from what was opened."""
        return self._package.changed or any(s.xml.touched for s in self._sheets.values())

    def to_bytes(self) -> bytes:
        """The file; the very bytes that were opened if nothing changed."""
        if not self.changed:
            return self._package.original
        touched = [s for s in self._sheets.values() if s.xml.touched]
        kept = self._package.snapshot()
        try:
            without_calculated(self._package, self._part, self._still_gone())
            if touched and self._any_formula():
                self._recalculate_on_load()
            return self._package.to_bytes({s.xml.part: s.xml.chunks() for s in touched})
        finally:
            self._package.restore(kept)

    def _still_gone(self) -> list[tuple[str, str]]:
        by_id = {s.sheet_id: s for s in self._sheets.values()}
        return [(i, ref) for i, ref in dict.fromkeys(self._gone) if by_id[i].formula(ref) is None]

    def _any_formula(self) -> bool:
        if self._package.related(self._part, "calcChain"):
            return True
        loaded = {s.xml.part: s.xml for s in self._sheets.values()}
        try:
            return any(
                loaded[part].has_formula() if part in loaded else may_hold_formula(self._package.xml(part))
                for part in self.sheet_parts
            )
        except WorkbookError:  # another sheet cannot be read: it may hold one
            return True

    def _recalculate_on_load(self) -> None:
        xml, root = self._package.tree(self._part)
        calc = root.child("calcPr")
        if calc is None:
            new = b'<%bcalcPr fullCalcOnLoad="1"/>' % prefix(xml, root)
            edit = insert_child(xml, root, new, _AFTER_CALC)
        elif calc.get("fullCalcOnLoad") in ("1", "true"):
            return
        else:
            edit = attribute(xml, calc, "fullCalcOnLoad", "1")
        self._package.write(self._part, splice(xml, [edit]))

    # for this package

    @property
    def package(self) -> Package:
        return self._package

    @property
    def part(self) -> str:
        return self._part

    @property
    def sheet_parts(self) -> tuple[str, ...]:
        return tuple(s.part for s in self._listed if s.part is not None)

    def opened(self, part: str) -> SheetXml | None:
        """A worksheet that somebody has asked for."""
        return next((s.xml for s in self._sheets.values() if s.xml.part == part), None)

    def may_mention(self, part: str, word: bytes) -> bool:
        """Whether a worksheet may have `word` in its XML; one that is open is not inflated again for that."""
        if (xml := self.opened(part)) is None:
            return word in self._package.xml(part)
        return word in xml.frame.xml or xml.may_hold(word)

    @property
    def all_sheet_names(self) -> tuple[str, ...]:
        return tuple(s.name for s in self._listed)

    @property
    def _tree(self) -> Node:
        return self._package.tree(self._part)[1]

    def _related(self, kind: str) -> str | None:
        return next(iter(self._package.related(self._part, kind)), None)

    @cached_property
    def styles(self) -> Styles:
        return Styles(self._package, self._related("styles"))

    @property
    def looks(self) -> tuple[str | None, str | None]:
        """The parts with the cells' styles and with their texts."""
        return self._related("styles"), self._related("sharedStrings")

    @cached_property
    def reader(self) -> Reader:
        return Reader(SharedStrings(self._package, self._related("sharedStrings")), self.styles, self.date1904)

    @cached_property
    def _signed(self) -> bool:
        return bool(self._package.related("", "origin")) or any(
            n.lower().startswith("_xmlsignatures/") for n in self._package.names()
        )

    def before_change(self) -> None:
        """WorkbookError SIGNED if a change would break a signature."""
        if self._signed:
            raise WorkbookError(
                Reason.SIGNED, tr("工作簿带有数字签名，修改会使签名失效。请用 Excel 移除签名后另存再试")
            )

    def formula_gone(self, sheet_id: str, ref: str) -> None:
        self._gone.append((sheet_id, ref))

    def formulas_moved(self) -> None:
        """Cells with formulas changed places: what was noted about single ones is void."""
        self._gone.clear()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing: if the block raises, everything is as it was before."""
        package, gone = self._package.snapshot(), list(self._gone)
        sheets = {name: s.xml.snapshot() for name, s in self._sheets.items()}
        try:
            yield
        except BaseException:
            self._package.restore(package)
            self._gone = gone
            self.styles.forget()
            for name, sheet in list(self._sheets.items()):
                sheet.forget()
                if name in sheets:
                    sheet.xml.restore(sheets[name])
                else:
                    del self._sheets[name]
            raise
