"""python -m benchmarks.peers.merge_pandas WORKSPACE OUT.xlsx: pandas with openpyxl, the script most offices have."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

DONE, STATE = "第一季度完成情况", "第一季度报送状态"


def main(workspace: Path, out: Path) -> None:
    frames = []
    for path in sorted((workspace / "inbox").glob("*.xlsx")):
        sheet = pd.read_excel(path, header=None, engine="openpyxl")
        top = sheet.index[sheet[0] == "序号"][0]
        rows = sheet.iloc[top + 1 :, [2, 5]]
        rows.columns = [DONE, "任务编号"]
        frames.append(rows[rows["任务编号"].notna()])
    got = pd.concat(frames, ignore_index=True)
    master = pd.read_excel(workspace / "master.xlsx", sheet_name="任务台账", header=2, engine="openpyxl")
    merged = master.drop(columns=[DONE]).merge(got, on="任务编号", how="left")
    merged[STATE] = merged[STATE].astype(object)
    merged.loc[merged[DONE].notna(), STATE] = "按时"
    merged = merged[master.columns]
    totals = merged.groupby("牵头处室", as_index=False).agg(任务数=("序号", "size"), 已填报=(DONE, "count"))
    with pd.ExcelWriter(out, engine="openpyxl") as writer:
        merged.to_excel(writer, sheet_name="任务台账", index=False)
        totals.to_excel(writer, sheet_name="汇总", index=False)
    print(int(merged[DONE].notna().sum()))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
