"""A cluster's processes in place of this computer's: any `concurrent.futures.Executor` reads the files.

    with cluster_pool("tcp://10.0.0.5:8786") as pool:
        for parts in pool.open_many(Given(data, name) for …):
            …

The bytes travel with the job, so that the other computers need no way to the archive.  There, too, each file is read in
a process that can be killed (`sandbox.ReaderPool`), one for each thread that the cluster's worker runs.
"""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from itertools import islice
from typing import Any, Self, TypeVar

from toolkit import __version__
from toolkit.errors import Annex2Error
from toolkit.intake.deliveries import Delivery
from toolkit.intake.unpack import Unpacked
from toolkit.language import tr
from toolkit.model import Finding
from toolkit.returns.read import Reading
from toolkit.returns.sandbox import Given, ReaderPool

_log = logging.getLogger(__name__)

BATCH = 16
"""Files a job: a job costs the cluster about as much as reading a form."""
_AHEAD = 3
"""Jobs that wait for each worker, so that none stands idle while the results travel."""
_CONNECT = "10s"

F = TypeVar("F")
T = TypeVar("T")


class ExecutorPool:
    """What `ReaderPool` does, done by an executor's workers.  To be used from one thread.

    `workers`: how many jobs it runs at a time.  `close`: called at the end.  A job that the executor loses (a computer
    went, the network did) is done on this one: no file's verdict depends on where it was read.
    """

    def __init__(self, executor: Executor, workers: int, close: Callable[[], object] = lambda: None) -> None:
        self._executor, self.workers, self._close = executor, max(1, workers), close

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._close()

    def read(self, data: bytes, name: str = "") -> Reading | Finding:
        """`ReaderPool.read`."""
        return next(self.read_many([(data, name)]))

    def unpack(self, name: str, data: bytes) -> Unpacked | Finding | None:
        """`ReaderPool.unpack`."""
        (outcome,) = self._result(self._submit(_unpack, name, data), _unpack, name, data)
        assert outcome is None or isinstance(outcome, Unpacked | Finding)
        return outcome

    def read_many(self, files: Iterable[tuple[bytes, str]]) -> Iterator[Reading | Finding]:
        """`ReaderPool.read_many`."""
        return self._many(_read, files)

    def open(self, data: bytes, name: str, *, read: bool = True) -> tuple[Delivery, ...]:
        """`ReaderPool.open`."""
        return next(self.open_many([Given(data, name, read)]))

    def open_many(self, originals: Iterable[Given]) -> Iterator[tuple[Delivery, ...]]:
        """`ReaderPool.open_many`."""
        return self._many(_open, originals)

    def _many(self, job: Callable[[list[F]], list[T]], files: Iterable[F]) -> Iterator[T]:
        source = iter(files)
        ahead: deque[tuple[Future[list[T]] | None, list[F]]] = deque()
        try:
            while True:
                while len(ahead) < _AHEAD * self.workers and (batch := list(islice(source, BATCH))):
                    ahead.append((self._submit(job, batch), batch))
                if not ahead:
                    return
                future, batch = ahead[0]
                yield from self._result(future, job, batch)
                ahead.popleft()
        finally:  # also when the caller stops half-way
            for future, _ in ahead:
                if future is not None:
                    future.cancel()

    def _submit(self, job: Callable[..., list[Any]], *given: object) -> Future[list[Any]] | None:
        try:
            return self._executor.submit(job, *given)
        except Exception:  # it is gone
            return None

    def _result(self, future: Future[list[Any]] | None, job: Callable[..., list[Any]], *given: object) -> list[Any]:
        try:
            if future is not None:
                return future.result()
        except Exception as e:
            _log.warning("a job was lost by the cluster (%s); it is done here", type(e).__name__)
        return job(*given)


Readers = ReaderPool | ExecutorPool


def cluster_pool(address: str) -> ExecutorPool:
    """The pool of a running Dask cluster.  `address`: its scheduler's, like tcp://10.0.0.5:8786.

    Raises Annex2Error where Dask is not installed, nobody answers there, no worker is up, or one has another annex2.
    """
    try:
        import distributed
    except ImportError:
        raise Annex2Error(tr("没有安装 Dask，用不了集群"), remedy=tr('运行 pip install "annex2[cluster]"')) from None
    connect: Any = distributed.Client
    try:
        client = connect(address, timeout=_CONNECT, set_as_default=False)
    except (OSError, ValueError) as e:
        raise Annex2Error(
            tr("连不上集群（{e}）", e=e),
            where=address,
            remedy=tr("核对地址，形如 tcp://10.0.0.5:8786；看 dask scheduler 是否在运行"),
        ) from None
    try:
        return ExecutorPool(client.get_executor(pure=False), _workers(client, address), client.close)
    except BaseException:
        client.close()
        raise


def _workers(client: Any, address: str) -> int:
    """How many threads the cluster's workers have together."""
    try:
        versions = set(client.run(_version).values())
    except Exception as e:
        raise Annex2Error(
            tr("集群的电脑上用不了 annex2（{name}）", name=type(e).__name__),
            where=address,
            remedy=tr("在每台电脑上安装同一版本的 annex2"),
        ) from None
    if not versions:
        raise Annex2Error(tr("集群里没有工作进程"), where=address, remedy=tr("在各台电脑上运行 dask worker 再试"))
    if versions != {__version__}:
        found = "、".join(sorted(versions - {__version__}))
        raise Annex2Error(
            tr("集群的电脑上是 annex2 {found}，这里是 {version}", found=found, version=__version__),
            where=address,
            remedy=tr("在每台电脑上安装同一版本"),
        )
    return int(sum(client.nthreads().values()))


# on the cluster's computers


def _version() -> str:
    return __version__


_OWN = threading.local()


def _pool() -> ReaderPool:
    """This thread's killable reader, kept for job after job."""
    pool: ReaderPool | None = getattr(_OWN, "pool", None)
    if pool is None:
        pool = _OWN.pool = ReaderPool(1)
    return pool


@contextlib.contextmanager
def _parent() -> Iterator[None]:
    """A cluster's worker is often a daemon of its nanny's, and Python lets no daemon have children: for as long as it
    must, it is none.  Ours are daemons themselves and end with it.
    """
    config = multiprocessing.current_process()._config  # type: ignore[attr-defined]
    was = config.get("daemon", False)
    config["daemon"] = False
    try:
        yield
    finally:
        config["daemon"] = was


def _read(files: list[tuple[bytes, str]]) -> list[Reading | Finding]:
    with _parent():
        return list(_pool().read_many(files))


def _open(originals: list[Given]) -> list[tuple[Delivery, ...]]:
    with _parent():
        return list(_pool().open_many(originals))


def _unpack(name: str, data: bytes) -> list[Unpacked | Finding | None]:
    with _parent():
        return [_pool().unpack(name, data)]
