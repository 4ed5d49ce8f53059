"""What a collection gives does not depend on how many processes read the files: byte for byte."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Annex2, fill

from toolkit.intake.deliveries import MOST_ALONG
from toolkit.model import Finding
from toolkit.returns.cluster import cluster_pool
from toolkit.returns.sandbox import ReaderPool

CASES = Path(__file__).parent / "cases"

NOW, LATER = "2023-04-03T10:00", "2023-04-04T10:00"
WORKERS = (0, 1, 2, 4)


@pytest.fixture
def campaign(annex2: Annex2) -> Annex2:
    """Good, broken, doubled, packed, half filled and foreign files, more than any number of workers."""
    annex2("fanout", "2023Q1")
    for name in ("养老服务处", "社会救助处", "儿童福利处"):
        annex2.deliver(name)
    annex2.deliver("基层政权处", name="空着.xlsx", texts=[None])
    annex2.deliver("养老服务处", name="半截.xlsx")
    inbox = annex2.root / "inbox"
    (inbox / "半截.xlsx").write_bytes((inbox / "半截.xlsx").read_bytes()[:4000])
    shutil.copyfile(annex2.form("社会救助处"), inbox / "没填.xlsx")
    shutil.copyfile(inbox / annex2.form("社会救助处").name, inbox / "再发一次.xlsx")
    (inbox / "说明.txt").write_text("请查收", "utf-8")
    with zipfile.ZipFile(inbox / "打包.zip", "w") as z:
        for i, name in enumerate(("养老服务处", "基层政权处")):
            texts = [f"{name}补报第{j}项，已完成" for j in range(20)]
            z.writestr(f"{i}.xlsx", fill(annex2.form(name).read_bytes(), texts=texts))
        for i in range(MOST_ALONG):  # more than are read where they are unpacked
            z.writestr(f"附注{i}.txt", f"第{i}条")
    return annex2


@pytest.fixture
def cluster() -> Iterator[Any]:
    """A Dask cluster of two processes on this computer."""
    distributed = pytest.importorskip("distributed", reason="Dask is not installed")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as found:
        yield found


def test_the_same_bytes_with_a_cluster(campaign: Annex2, tmp_path: Path, cluster: Any) -> None:
    results = []
    for choice in (("--workers", 0), ("--cluster", cluster.scheduler_address)):
        root = tmp_path / str(choice[1]).replace(":", "").replace("/", "") / "w"
        shutil.copytree(campaign.root, root)
        results.append((Annex2(root)("collect", "--no-mailbox", *choice, now=NOW), _files(root)))
    assert "写入台账" in results[0][0][1]
    assert results[0] == results[1]


def test_a_cluster_whose_computers_go_away_loses_nothing(campaign: Annex2, cluster: Any) -> None:
    files = [(p.read_bytes(), p.name) for p in sorted((campaign.root / "inbox").iterdir())] * 8
    with ReaderPool(1) as pool:
        alone = list(pool.read_many(files))
    with cluster_pool(cluster.scheduler_address) as pool:
        coming = pool.read_many(files)
        together = [next(coming)]
        for worker in cluster.workers.values():
            os.kill(worker.pid, signal.SIGKILL)
        together += coming
        assert together == alone
        cluster.close()
        assert list(pool.read_many(files[:3])) == alone[:3]
        assert pool.unpack(files[0][1], files[0][0]) is None


def test_hostile_files_are_findings_there_too(cluster: Any) -> None:
    hostile = [p for name in ("xml-bomb", "broken-parts") for p in (CASES / name).glob("*.xlsx")]
    with cluster_pool(cluster.scheduler_address) as pool:
        outcomes = list(pool.read_many((p.read_bytes(), p.name) for p in hostile))
    assert len(outcomes) == 2
    assert all(isinstance(o, Finding) for o in outcomes)


@pytest.mark.parametrize("workers", [None, 0])
def test_a_cluster_that_is_not_there_says_so(campaign: Annex2, workers: int | None) -> None:
    distributed = pytest.importorskip("distributed", reason="Dask is not installed")
    if workers is None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            code, out, err = campaign("collect", "--cluster", f"tcp://127.0.0.1:{unused.getsockname()[1]}", now=NOW)
            assert "连不上集群" in err
    else:
        with distributed.LocalCluster(n_workers=0, dashboard_address=None) as empty:
            code, out, err = campaign("collect", "--cluster", empty.scheduler_address, now=NOW)
            assert "没有工作进程" in err
    assert (code, out) == (2, "")
    assert not list((campaign.root / "archive").rglob("*.xlsx"))


def test_the_same_bytes_with_any_number_of_workers(campaign: Annex2, tmp_path: Path) -> None:
    correction = campaign.deliver("儿童福利处", name="更正.xlsx", texts=["改过了，已完成"])
    correction = correction.rename(tmp_path / correction.name)
    results = {}
    for workers in WORKERS:
        root = tmp_path / f"{workers}" / "w"
        shutil.copytree(campaign.root, root)  # with the times of the files, which are the times of receipt
        copy = Annex2(root)
        said = [copy("collect", "--no-mailbox", "--workers", workers, now=NOW)]
        shutil.copy2(correction, root / "inbox")
        said.append(copy("collect", "--no-mailbox", "--workers", workers, now=LATER))
        results[workers] = said, _files(root)
    said, files = results[0]
    assert "写入台账" in said[0][1]
    assert len([f for f in files if f.startswith("archive/originals/")]) > 8
    for workers in WORKERS[1:]:
        assert results[workers][0] == said, workers
        theirs = results[workers][1]
        assert theirs.keys() == files.keys(), workers
        assert [f for f in files if theirs[f] != files[f]] == [], workers


def _files(root: Path) -> dict[str, bytes]:
    """All that a workspace holds but the inbox, which the test itself writes."""
    found = {p.relative_to(root).as_posix(): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}
    assert "master.xlsx" in found
    return {name: data for name, data in found.items() if not name.startswith("inbox/")}
