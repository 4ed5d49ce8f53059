"""Native charts of rates, over cells of the same sheet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from openpyxl.chart import BarChart
from openpyxl.chart.axis import ChartLines
from openpyxl.chart.data_source import AxDataSource, NumDataSource, NumRef, StrRef
from openpyxl.chart.label import DataLabelList
from openpyxl.chart.layout import Layout, ManualLayout
from openpyxl.chart.series import Series, SeriesLabel
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.chart.text import RichText, Text
from openpyxl.chart.title import Title
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.text import (
    CharacterProperties,
    Font,
    Paragraph,
    ParagraphProperties,
    RegularTextRun,
    RichTextProperties,
)
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.worksheet import Worksheet

from toolkit.newbook import HEI, SONG

_SERIES = ("2E75B6", "A9D18E")
"""A dark and a light colour: they stay apart in a black-and-white print."""
MOST_COLUMNS = 20
"""Names from which on a chart lies: they stand below each other, each with its bars."""
_BARS = 16
"""Columns from which on their figures, side by side, would run into each other."""
_LABELLED = 12
"""Names from which on no figures stand at the bars: they would on the next one's.  The table above has them."""
_TOP, _UPRIGHT_TOP = 1.15, 1.24
"""End of the axis, over 100%: room for the figure of a bar that reaches it."""


class _Labels(DataLabelList):
    """Figures at the bars; openpyxl writes no sourceLinked, without which LibreOffice takes the cells' format too."""

    __elements__, __nested__ = DataLabelList.__elements__, DataLabelList.__nested__

    def to_tree(self, *args: Any, **kwargs: Any) -> Any:
        tree: Any = super().to_tree(*args, **kwargs)
        tree.find("{*}numFmt").set("sourceLinked", "0")
        return tree


def rate_chart(
    sheet: Worksheet,
    heading: str,
    axis: str,
    header: int,
    rows: Sequence[int],
    columns: tuple[int, ...],
) -> BarChart:
    """Clustered columns of rates, or bars where there are many names.

    `header`: row of the table's header; names are in its first column.  `rows`: those to show, in their order; the
    header may be repeated between them.  `columns`: the one or two to show.
    """
    lines = len(rows)
    chart = BarChart()
    lies, labelled = lines > MOST_COLUMNS, lines < _LABELLED
    upright = lines * len(columns) > _BARS
    chart.type, chart.grouping, chart.gapWidth, chart.overlap = "bar" if lies else "col", "clustered", 80, -5
    if lies:  # the first name on top, and the rates below all
        chart.x_axis.scaling.orientation, chart.y_axis.crosses = "maxMin", "max"
    chart.title = _title(heading, HEI, 12)
    chart.x_axis.title, chart.y_axis.title = _title(axis, SONG, 9), _title("比率", SONG, 9)
    chart.x_axis.delete = chart.y_axis.delete = False  # openpyxl leaves it unsaid, and Excel then hides them
    chart.x_axis.txPr = chart.y_axis.txPr = _plain(SONG, 9)
    chart.y_axis.scaling.min, chart.y_axis.scaling.max = 0.0, 1.0
    if labelled:
        chart.y_axis.scaling.max = _UPRIGHT_TOP if upright else _TOP
    chart.y_axis.majorUnit = 0.25
    chart.y_axis.number_format = "0%"
    chart.y_axis.majorGridlines = ChartLines(GraphicalProperties(ln=LineProperties(solidFill="D9D9D9", w=6350)))
    for column, colour in zip(columns, _SERIES, strict=False):
        series = Series(
            tx=SeriesLabel(strRef=StrRef(_cells(sheet, column, [header]))),
            val=NumDataSource(numRef=NumRef(f=_cells(sheet, column, rows))),
            cat=AxDataSource(strRef=StrRef(_cells(sheet, 1, rows))),
        )
        chart.append(series)
        series.graphicalProperties = GraphicalProperties(solidFill=colour)
        series.graphicalProperties.line.solidFill = "404040"
        series.invertIfNegative = False
        if labelled:
            series.dLbls = _labels(upright=upright)
    chart.legend.position = "b"
    chart.legend.txPr = _plain(SONG, 9)
    chart.roundedCorners = False
    return chart


def _cells(sheet: Worksheet, column: int, rows: Sequence[int]) -> str:
    """A reference to these rows of a column, in as many areas as they stand in."""
    letter, there = get_column_letter(column), quote_sheetname(sheet.title)
    areas: list[list[int]] = []
    for row in rows:
        if areas and row == areas[-1][1] + 1:
            areas[-1][1] = row
        else:
            areas.append([row, row])
    found = [f"{there}!${letter}${first}:${letter}${last}" for first, last in areas]
    return found[0] if len(found) == 1 else f"({','.join(found)})"


def _labels(*, upright: bool) -> _Labels:
    text = _plain(SONG, 8, upright=True) if upright else _plain(SONG, 9)
    labels = _Labels(numFmt='[=1]"100%";[=0]"0%";0.0%', showVal=True, txPr=text)
    labels.dLblPos = "outEnd"
    labels.showLegendKey = labels.showCatName = labels.showSerName = labels.showPercent = False
    return labels


def _face(name: str, size: float) -> CharacterProperties:
    return CharacterProperties(
        lang="zh-CN", sz=round(size * 100), b=False, latin=Font(typeface=name), ea=Font(typeface=name)
    )


def _plain(name: str, size: float, *, upright: bool = False) -> RichText:
    return RichText(
        bodyPr=RichTextProperties(rot=-5400000, vert="horz") if upright else RichTextProperties(),
        p=[Paragraph(pPr=ParagraphProperties(defRPr=_face(name, size)), endParaRPr=CharacterProperties(lang="zh-CN"))],
    )


def _title(text: str, name: str, size: float) -> Title:
    face = _face(name, size)
    paragraph = Paragraph(pPr=ParagraphProperties(defRPr=face), r=[RegularTextRun(rPr=face, t=text)])
    rich = RichText(bodyPr=RichTextProperties(), p=[paragraph])
    return Title(tx=Text(rich=rich), overlay=False, layout=Layout(manualLayout=ManualLayout()))
