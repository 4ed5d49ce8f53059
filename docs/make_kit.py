"""Makes a kit that installs annex2 on a computer without internet: `python docs/make_kit.py KIT --python 3.12`.

Run it in a checkout, on any computer with internet.  The kit holds the wheels of annex2 and of all that it needs, an
install script to double-click, and how to use it.  `--platform` names the target as pip does; the default is Windows,
64 bit.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WINDOWS = "win_amd64"

CMD = """@echo off\r
chcp 65001 >nul\r
cd /d "%~dp0"\r
where py >nul 2>nul\r
if errorlevel 1 (\r
  echo 没有找到 Python {python}。请先安装同一文件夹里的 Python 安装程序（勾选 Add python.exe to PATH），再双击本文件。\r
  pause\r
  exit /b 1\r
)\r
py -{python} -m venv "%LOCALAPPDATA%\\annex2"\r
if errorlevel 1 goto bad\r
"%LOCALAPPDATA%\\annex2\\Scripts\\python.exe" -m pip install --no-index --find-links wheels annex2\r
if errorlevel 1 goto bad\r
echo.\r
echo 装好了。建立工作区：在要放工作区的地方打开命令窗口，运行\r
echo   "%LOCALAPPDATA%\\annex2\\Scripts\\annex2.exe" init 2023年报送 --notice 通知.docx\r
echo 以后双击工作区里的“打开民政报送.cmd”。\r
pause\r
exit /b 0\r
:bad\r
echo 没有装成。请把上面的文字拍下来，发给帮忙的人。\r
pause\r
exit /b 1\r
"""

SH = """#!/bin/sh
# 没有互联网的 Linux 或 macOS：sh 安装.sh [装到哪里]
set -e
cd "$(dirname "$0")"
where=${{1:-"$HOME/annex2"}}
python{python} -m venv "$where"
"$where/bin/python" -m pip install --no-index --find-links wheels annex2
echo "装好了：$where/bin/annex2"
"""

GUIDE = """annex2 离线安装包\r
\r
1. 先装 Python {python}（64 位）：从 python.org 下载安装程序，和这个文件夹一起拷到没有互联网的计算机上，\r
   双击安装，勾选“Add python.exe to PATH”。\r
2. 双击“安装.cmd”，看到“装好了”就可以关掉窗口。\r
3. 建立工作区的命令写在窗口里。以后双击工作区里的“打开民政报送.cmd”。\r
\r
不用管理员权限；装在 %LOCALAPPDATA%\\annex2，删掉这个文件夹就是卸载。\r
"""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kit", type=Path)
    parser.add_argument("--python", default=f"{sys.version_info.major}.{sys.version_info.minor}")
    parser.add_argument("--platform", default=WINDOWS, help="as pip names it, or 'here' for this computer")
    options = parser.parse_args(arguments)
    wheels = options.kit / "wheels"
    if options.kit.exists() and any(options.kit.iterdir()):
        print(f"{options.kit} is not empty", file=sys.stderr)
        return 2
    wheels.mkdir(parents=True)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "-q", "--no-deps", "--wheel-dir", str(wheels), str(ROOT)], check=True)
    (own,) = wheels.glob("annex2-*.whl")
    target = ["--python-version", options.python, "--only-binary=:all:"]
    if options.platform != "here":
        target += ["--platform", options.platform, "--implementation", "cp"]
    subprocess.run([*pip, "download", "-q", *target, "--dest", str(wheels), str(own)], check=True)
    if options.platform.startswith("win"):
        (options.kit / "安装.cmd").write_bytes(CMD.format(python=options.python).encode())
    else:
        (options.kit / "安装.sh").write_bytes(SH.format(python=options.python).encode())
    (options.kit / "先看我.txt").write_bytes(GUIDE.format(python=options.python).encode("utf-8-sig"))
    for name in ("快速上手.md", "使用手册.md", "问题与处理.md", "给处室的说明.docx"):
        if (ROOT / "docs" / name).is_file():
            shutil.copy(ROOT / "docs" / name, options.kit / name)
    shutil.copytree(ROOT / "docs" / "img", options.kit / "img")
    print(f"{options.kit}: {len(list(wheels.iterdir()))} wheels for {options.platform}, Python {options.python}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
