"""python -m benchmarks.peers.merge_polars WORKSPACE OUT.xlsx: calamine, polars, XlsxWriter, the best stock pipeline."""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl
import xlsxwriter
from python_calamine import CalamineWorkbook

DONE, STATE = "第一季度完成情况", "第一季度报送状态"


def main(workspace: Path, out: Path) -> None:
    got = []
    for path in sorted((workspace / "inbox").glob("*.xlsx")):
        rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
        top = next(i for i, r in enumerate(rows) if r[0] == "序号")
        got += [(r[5], r[2] or None) for r in rows[top + 1 :] if r[5]]
    new = pl.DataFrame(got, schema={"任务编号": pl.String, "new": pl.String}, orient="row")
    rows = CalamineWorkbook.from_path(workspace / "master.xlsx").get_sheet_by_name("任务台账").to_python()[2:]
    header = rows[0]
    body = [[None if v == "" else v for v in r] for r in rows[1:]]
    schema = {h: pl.Float64 if h == "序号" else pl.String for h in header}
    master = pl.DataFrame(body, schema=schema, orient="row")
    del rows, body
    master = (
        master.join(new, on="任务编号", how="left", maintain_order="left")
        .with_columns(pl.col("new").alias(DONE))
        .with_columns(pl.when(pl.col("new").is_not_null()).then(pl.lit("按时")).otherwise(pl.col(STATE)).alias(STATE))
        .drop("new")
    )
    totals = master.group_by("牵头处室", maintain_order=True).agg(
        pl.len().alias("任务数"), pl.col(DONE).is_not_null().sum().alias("已填报")
    )
    options = {"constant_memory": True, "strings_to_urls": False, "strings_to_formulas": False}
    book = xlsxwriter.Workbook(out, options)
    head = book.add_format({"bold": 1, "border": 1, "bg_color": "#D9E1F2", "align": "center"})
    cell = book.add_format({"border": 1, "valign": "top", "text_wrap": 1})
    for name, frame in (("任务台账", master), ("汇总", totals)):
        sheet = book.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, frame.columns, head)
        for r, row in enumerate(frame.iter_rows(), 1):
            for c, value in enumerate(row):
                if value is None:
                    sheet.write_blank(r, c, None, cell)
                elif isinstance(value, str):
                    sheet.write_string(r, c, value, cell)
                else:
                    sheet.write_number(r, c, value, cell)
        sheet.autofilter(0, 0, frame.height, frame.width - 1)
    book.close()
    print(master[DONE].is_not_null().sum())


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
