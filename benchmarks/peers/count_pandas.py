"""python -m benchmarks.peers.count_pandas WORKSPACE: who has filled what, counted by pandas from the master."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd


def main(workspace: Path) -> None:
    master = pd.read_excel(workspace / "master.xlsx", sheet_name="任务台账", header=2, engine="openpyxl")
    print(master.groupby("牵头处室").agg(任务数=("序号", "size"), 已填报=("第一季度完成情况", "count")).to_string())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
