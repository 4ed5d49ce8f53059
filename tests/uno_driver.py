"""Drives LibreOffice as a division's or a clerk's own program: one JSON command a line in, one answer a line out.

Run by the system's Python, which has `uno`; knows nothing of the project.
"""

import json
import subprocess
import sys
import tempfile
import time

import uno
from com.sun.star.awt import Point, Rectangle, Size
from com.sun.star.beans import PropertyValue
from com.sun.star.table import CellRangeAddress

FILTERS = {
    "xlsx": "Calc MS Excel 2007 XML",
    "xls": "MS Excel 97",
    "ods": "calc8",
    "csv": "Text - txt - csv (StarCalc)",
    "pdf": "calc_pdf_Export",
}


def prop(name, value):
    p = PropertyValue()
    p.Name, p.Value = name, value
    return p


class Office:
    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix="lo-")
        pipe = "annex2" + self.profile.rsplit("-", 1)[1].replace("_", "x")
        self.process = subprocess.Popen(
            [
                "soffice",
                f"-env:UserInstallation=file://{self.profile}",
                "--headless",
                "--norestore",
                "--nologo",
                f"--accept=pipe,name={pipe};urp;",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        resolver = uno.getComponentContext().ServiceManager.createInstance("com.sun.star.bridge.UnoUrlResolver")
        for _ in range(300):
            try:
                context = resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
                break
            except Exception:
                time.sleep(0.1)
        else:
            raise RuntimeError("soffice did not start")
        self.desktop = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
        self.document = None

    def open(self, path):
        self.document = self.desktop.loadComponentFromURL(
            uno.systemPathToFileUrl(path), "_blank", 0, (prop("Hidden", True),)
        )

    def save(self, path=None, kind="xlsx", **options):
        if path is None:
            path = uno.fileUrlToSystemPath(self.document.URL)
        asked = [prop("FilterName", FILTERS.get(kind, kind)), *(prop(k, v) for k, v in options.items())]
        self.document.storeToURL(uno.systemPathToFileUrl(path), tuple(asked))

    def close(self):
        self.document.close(True)
        self.document = None

    def sheet(self, name):
        sheets = self.document.Sheets
        return sheets.getByIndex(0) if name is None else sheets.getByName(name)

    def recalculate(self):
        self.document.calculateAll()

    def set(self, ref, value, sheet=None):
        cell = self.sheet(sheet).getCellRangeByName(ref)
        if isinstance(value, (int, float)):
            cell.Value = value
        elif isinstance(value, str) and value.startswith("formula:"):
            cell.Formula = value.removeprefix("formula:")
        else:
            cell.String = value

    def get(self, ref, sheet=None):
        return self.sheet(sheet).getCellRangeByName(ref).String

    def rows(self, sheet=None):
        cursor = self.sheet(sheet).createCursor()
        cursor.gotoEndOfUsedArea(False)
        area = self.sheet(sheet).getCellRangeByPosition(
            0, 0, cursor.RangeAddress.EndColumn, cursor.RangeAddress.EndRow
        )
        return [[str(v) if not isinstance(v, float) else v for v in row] for row in area.DataArray]

    def unprotect(self, sheet=None):
        self.sheet(sheet).unprotect("")

    def insert_rows(self, at, count, sheet=None):
        self.sheet(sheet).Rows.insertByIndex(at - 1, count)

    def delete_rows(self, at, count, sheet=None):
        self.sheet(sheet).Rows.removeByIndex(at - 1, count)

    def insert_columns(self, at, count, sheet=None):
        self.sheet(sheet).Columns.insertByIndex(at - 1, count)

    def delete_columns(self, at, count, sheet=None):
        self.sheet(sheet).Columns.removeByIndex(at - 1, count)

    def move_range(self, source, target, sheet=None):
        s = self.sheet(sheet)
        s.moveRange(s.getCellRangeByName(target).CellAddress, s.getCellRangeByName(source).RangeAddress)

    def merge(self, area, sheet=None):
        self.sheet(sheet).getCellRangeByName(area).merge(True)

    def sort(self, area, column, descending=False, sheet=None):
        field = uno.createUnoStruct("com.sun.star.table.TableSortField")
        field.Field, field.IsAscending = column, not descending
        fields = uno.Any("[]com.sun.star.table.TableSortField", (field,))
        uno.invoke(
            self.sheet(sheet).getCellRangeByName(area),
            "sort",
            ((prop("SortFields", fields), prop("ContainsHeader", False)),),
        )

    def comment(self, ref, text, sheet=None):
        s = self.sheet(sheet)
        s.Annotations.insertNew(s.getCellRangeByName(ref).CellAddress, text)

    def strike(self, ref, start=None, end=None, sheet=None):
        """All of a cell, or some of its characters."""
        cell = self.sheet(sheet).getCellRangeByName(ref)
        if start is None:
            cell.CharStrikeout = 1
            return
        cursor = cell.Text.createTextCursor()
        cursor.gotoStart(False)
        cursor.goRight(start, False)
        cursor.goRight(end - start, True)
        cursor.CharStrikeout = 1

    def box(self, ref, text, fixed=True, sheet=None):
        """A text box at a cell's corner, fixed to that cell or to its sheet."""
        s = self.sheet(sheet)
        shape = self.document.createInstance("com.sun.star.drawing.TextShape")
        s.DrawPage.add(shape)
        size, at, cell = Size(), Point(), s.getCellRangeByName(ref).Position
        size.Width, size.Height, at.X, at.Y = 4000, 1500, cell.X + 50, cell.Y + 50
        shape.Anchor = s.getCellRangeByName(ref) if fixed else s
        shape.Size, shape.Position, shape.String = size, at, text

    def colour(self, ref, colour, sheet=None):
        self.sheet(sheet).getCellRangeByName(ref).CellBackColor = colour

    def add_sheet(self, name):
        self.document.Sheets.insertNewByName(name, self.document.Sheets.Count)

    def rename_sheet(self, name, new):
        self.sheet(name).Name = new

    def chart(self, name, area, sheet=None):
        s = self.sheet(sheet)
        place = Rectangle()
        place.X, place.Y, place.Width, place.Height = 1000, 20000, 9000, 6000
        s.Charts.addNewByName(name, place, (s.getCellRangeByName(area).RangeAddress,), True, True)

    def picture(self, path, sheet=None):
        s = self.sheet(sheet)
        shape = self.document.createInstance("com.sun.star.drawing.GraphicObjectShape")
        shape.GraphicURL = uno.systemPathToFileUrl(path)
        s.DrawPage.add(shape)
        size = Size()
        size.Width, size.Height = 3000, 2000
        shape.Size = size

    def pivot(self, name, area, target, row_field, data_field, sheet=None, target_sheet=None):
        s, t = self.sheet(sheet), self.sheet(target_sheet or sheet)
        tables = t.DataPilotTables
        descriptor = tables.createDataPilotDescriptor()
        descriptor.setSourceRange(s.getCellRangeByName(area).RangeAddress)
        fields = descriptor.DataPilotFields
        fields.getByName(row_field).Orientation = uno.Enum("com.sun.star.sheet.DataPilotFieldOrientation", "ROW")
        data = fields.getByName(data_field)
        data.Orientation = uno.Enum("com.sun.star.sheet.DataPilotFieldOrientation", "DATA")
        data.Function = uno.Enum("com.sun.star.sheet.GeneralFunction", "COUNT")
        tables.insertNewByName(name, t.getCellRangeByName(target).CellAddress, descriptor)

    def quit(self):
        try:
            self.desktop.terminate()
        finally:
            self.process.wait(20)


def main():
    office = Office()
    print(json.dumps({"ok": None}), flush=True)
    for line in sys.stdin:
        name, arguments = json.loads(line)
        try:
            answer = {"ok": getattr(office, name)(**arguments)}
        except Exception as e:
            answer = {"error": f"{name}: {type(e).__name__}: {e}"}
        print(json.dumps(answer), flush=True)
        if name == "quit":
            return
    office.quit()


CellRangeAddress  # noqa: B018  pyuno loads a type when it is named

if __name__ == "__main__":
    main()
