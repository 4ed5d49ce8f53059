"""Files from outside are read and unpacked in processes that can be killed: a reader may panic, hang, or eat memory.

    with ReaderPool() as pool:
        for parts in pool.open_many(Given(data, name) for …):
            …

Enforced on Linux and macOS: time, by killing the process with what it started; memory, by RLIMIT_AS (macOS ignores
it).  On Windows: time; memory, by a job object that each process puts itself into, where the system allows it.
Nowhere enforced: what LibreOffice uses, which has a time limit of its own (returns/formats/word.py).
"""

from __future__ import annotations

import atexit
import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import NamedTuple, ParamSpec, Self, TypeVar

from toolkit.errors import Annex2Error
from toolkit.intake.deliveries import Delivery, deliveries, read_along
from toolkit.intake.unpack import Unpacked, unpack
from toolkit.language import tr
from toolkit.model import Finding
from toolkit.returns.findings import finding
from toolkit.returns.formats.sniff import CONTAINERS, sniff
from toolkit.returns.read import Reading, read_return

P = ParamSpec("P")
T = TypeVar("T")

SECONDS = 20.0
MEMORY = 1 << 30
_START_SECONDS = 60.0  # for a process to come up, on a computer that is busy
_NO_MEMORY = 77  # exit status
_MOST_STARTS = 3  # in a row that may fail

_BATCH, _BATCH_BYTES = 16, 1 << 20
"""What a process is handed at once: waking it costs about as much as reading a small file."""
_GATHER = 0.005
"""Seconds for which a process keeps what it has read, to answer for several files at once: an answer costs both sides
a tenth of reading a small file."""
_AHEAD_BYTES = 64 << 20
"""Of files that wait to be read."""
_WORTH = 0.5
"""Seconds spent waiting for the processes that there are, after which a further one pays: starting it costs a good part
of that."""


class Given(NamedTuple):
    """An original to be opened."""

    data: bytes
    name: str
    read: bool = True  # also read what must be; else only unpack it


@dataclass(slots=True, eq=False)
class _Job:
    verb: str
    data: bytes
    name: str
    refused: int = 0  # by processes that died while it was handed to them
    alone: bool = False  # to be handed over by itself: one of several, it may have brought a process down
    done: bool = False
    outcome: object = None

    def finish(self, outcome: object) -> None:
        self.done, self.outcome, self.data = True, outcome, b""


@dataclass(slots=True, eq=False)
class _Worker:
    process: SpawnProcess
    pipe: Connection
    ready: bool = False  # has said so
    jobs: deque[_Job] = field(default_factory=deque)  # unanswered ones; it does them in this order
    deadline: float = 0.0  # of its next answer


class ReaderPool:
    """Reads and unpacks hostile files.  To be used from one thread; re-entrant: `unpack` may be called between two
    results of `read_many`.

    `workers`: how many processes, started when first needed; 0 reads in this process, for tests and single trusted
    files: then nothing but ordinary exceptions is caught.
    """

    def __init__(self, workers: int | None = None, *, seconds: float = SECONDS, memory: int = MEMORY) -> None:
        self._most = min(4, os.cpu_count() or 1) if workers is None else workers
        self._seconds, self._memory = seconds, memory
        self._workers: list[_Worker] = []
        self._waiting: deque[_Job] = deque()
        self._failed = 0  # starts, one after the other
        self._waited = 0.0  # seconds, for processes that were all at work

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends all processes; files still in work are dropped."""
        for worker in list(self._workers):
            self._end(worker)
        for job in self._waiting:
            job.finish(finding("reader_crashed", why=tr("读取程序已关闭")))
        self._waiting.clear()

    @property
    def workers(self) -> int:
        """How many processes it may use."""
        return self._most

    def read(self, data: bytes, name: str = "") -> Reading | Finding:
        """`read_return`, within the limits."""
        outcome = self._result(self._submit("read", data, name))
        assert isinstance(outcome, Reading | Finding)
        return outcome

    def unpack(self, name: str, data: bytes) -> Unpacked | Finding | None:
        """`intake.unpack.unpack`, within the limits; a Finding when it broke one."""
        outcome = self._result(self._submit("unpack", data, name))
        assert outcome is None or isinstance(outcome, Unpacked | Finding)
        return outcome

    def read_many(self, files: Iterable[tuple[bytes, str]]) -> Iterator[Reading | Finding]:
        """`read` for each (data, name), in their order; the next ones are read meanwhile."""
        for outcome in self._many(("read", *file) for file in files):
            assert isinstance(outcome, Reading | Finding)
            yield outcome

    def open(self, data: bytes, name: str, *, read: bool = True) -> tuple[Delivery, ...]:
        """What `open_many` gives for one original."""
        return next(self.open_many([Given(data, name, read)]))

    def open_many(self, originals: Iterable[Given]) -> Iterator[tuple[Delivery, ...]]:
        """Everything in each original (`deliveries`), with what stands in it, in their order; the next ones are opened
        meanwhile.

        What breaks a limit costs itself: then the original is opened step by step, each within the limits.
        """
        ahead: deque[Given] = deque()

        def jobs() -> Iterator[tuple[str, bytes, str]]:
            for given in originals:
                ahead.append(given)
                yield "open" if given.read else "list", given.data, given.name

        for outcome in self._many(jobs()):
            given = ahead.popleft()
            yield outcome if isinstance(outcome, tuple) else self._step_by_step(given)

    def _step_by_step(self, given: Given) -> tuple[Delivery, ...]:
        def unpack(name: str, data: bytes) -> Unpacked | Finding | None:
            return self.unpack(name, data) if sniff(data, name) in CONTAINERS else None

        parts = deliveries(given.name, given.data, unpack)
        return tuple(read_along(parts, given.data, self.read) if given.read else parts)

    # jobs

    def _many(self, jobs: Iterable[tuple[str, bytes, str]]) -> Iterator[object]:
        """The outcome of each job, in their order.  The source is asked for many at a time, so that there are many to
        hand over at once."""
        ahead: deque[_Job] = deque()
        source = iter(jobs)
        more = True
        try:
            while True:
                if more and len(ahead) <= _BATCH * max(1, len(self._workers)):
                    room = _AHEAD_BYTES - sum(len(job.data) for job in ahead)
                    while more and room >= 0 and len(ahead) < 2 * _BATCH * max(1, len(self._workers)):
                        given = next(source, None)
                        if given is None:
                            more = False
                        else:
                            ahead.append(self._submit(*given))
                            room -= len(given[1])
                    self._feed()
                if not ahead:
                    return
                outcome = self._result(ahead[0])
                ahead.popleft()
                yield outcome
        finally:  # also when the caller stops half-way
            for job in ahead:
                with contextlib.suppress(ValueError):
                    self._waiting.remove(job)

    def _submit(self, verb: str, data: bytes, name: str) -> _Job:
        job = _Job(verb, data, name)
        if self._most == 0:
            job.finish(_perform(verb, data, name))
        else:
            self._waiting.append(job)
            if not self._workers:  # it comes up while more is gathered
                self._feed()
        return job

    def _result(self, job: _Job) -> object:
        if not job.done:
            self._feed()
        while not job.done:
            self._step()
        return job.outcome

    def _feed(self) -> None:
        """Hands waiting jobs to idle processes, and starts another where one is missing and pays."""
        while self._waiting:
            worker = next((w for w in self._workers if w.ready and not w.jobs), None)
            if worker is None:
                if self._pays():
                    self._workers.append(self._start())
                    self._waited = 0.0
                return
            batch = self._batch()
            try:
                worker.pipe.send([(job.verb, job.data, job.name) for job in batch])
            except (OSError, ValueError):  # it died between two files, or had no memory to take these
                worker.process.join(1)
                out_of_memory = worker.process.exitcode == _NO_MEMORY
                self._end(worker)
                self._refused(batch, out_of_memory)
                continue
            worker.jobs.extend(batch)
            worker.deadline = time.monotonic() + self._seconds

    def _pays(self) -> bool:
        if not self._workers:
            return True
        return len(self._workers) < self._most and self._all_at_work() and self._waited >= _WORTH

    def _all_at_work(self) -> bool:
        return all(w.ready and w.jobs for w in self._workers)

    def _batch(self) -> list[_Job]:
        """The next jobs for one process, which leave some for the others."""
        share = -(-len(self._waiting) // len(self._workers))
        batch, room = [self._waiting.popleft()], _BATCH_BYTES
        if batch[0].alone:
            return batch
        room -= len(batch[0].data)
        while len(batch) < min(share, _BATCH) and not self._waiting[0].alone and len(self._waiting[0].data) <= room:
            batch.append(self._waiting.popleft())
            room -= len(batch[-1].data)
        return batch

    def _refused(self, batch: list[_Job], out_of_memory: bool) -> None:
        for job in reversed(batch):
            job.refused, job.alone = job.refused + 1, True
            if job.refused < _MOST_STARTS:
                self._waiting.appendleft(job)
            else:
                crash = finding("reader_crashed", why=tr("读取程序没有接收这个文件"))
                job.finish(_too_big() if out_of_memory else crash)

    def _step(self) -> None:
        """Waits until something happens, and deals with it."""
        busy = {w.pipe: w for w in self._workers if w.jobs or not w.ready}
        before = time.monotonic()
        until = min((w.deadline for w in busy.values()), default=before)
        at_work = self._all_at_work()
        if at_work and self._waiting and len(self._workers) < self._most:
            until = min(until, before + max(0.0, _WORTH - self._waited))
        for pipe in wait(list(busy), max(0.0, until - before)):
            self._receive(busy[pipe])  # type: ignore[index]
        now = time.monotonic()
        if at_work:
            self._waited += now - before
        for worker in list(self._workers):
            if not worker.ready and worker.deadline <= now:
                self._no_start(worker)
                continue
            if worker.jobs and worker.deadline <= now:
                self._end(worker, finding("too_slow", seconds=f"{self._seconds:g}"))
        self._feed()

    def _receive(self, worker: _Worker) -> None:
        try:
            outcomes, spent = worker.pipe.recv()
        except Exception:  # the process died, maybe half-way through its answer
            worker.process.join(1)
            if worker.ready:
                exitcode = worker.process.exitcode
                death = finding("reader_crashed", why=_death(exitcode))
                self._end(worker, _too_big() if exitcode == _NO_MEMORY else death)
            else:
                self._no_start(worker)
            return
        if not worker.ready:
            worker.ready, self._failed = True, 0
            return
        for outcome in outcomes:
            worker.jobs.popleft().finish(outcome)
        worker.deadline = time.monotonic() + self._seconds
        if spent:
            self._end(worker)

    # processes

    def _start(self) -> _Worker:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, self._memory, self._seconds), daemon=True)
        with _deaf_to_ctrl_c():
            process.start()
        theirs.close()
        return _Worker(process, ours, deadline=time.monotonic() + _START_SECONDS)

    def _no_start(self, worker: _Worker) -> None:
        self._end(worker)
        self._failed += 1
        if self._failed >= _MOST_STARTS:
            raise Annex2Error(
                tr("读取文件的程序启动不了"), remedy=tr("重新启动计算机后再试；仍不行请运行 annex2 doctor")
            )

    def _end(self, worker: _Worker, outcome: Finding | None = None) -> None:
        """Kills a process with what it started; the job that it was at gets the outcome, others wait again.

        Which one that was can be told where only one has no answer; several wait again, to be handed over singly.
        """
        if worker in self._workers:
            self._workers.remove(worker)
        if sys.platform != "win32" and worker.process.pid is not None and worker.process.exitcode is None:
            with contextlib.suppress(OSError):
                if os.getpgid(worker.process.pid) == worker.process.pid:  # it has its own session by now
                    os.killpg(worker.process.pid, signal.SIGKILL)
        worker.process.kill()
        worker.process.join()
        worker.pipe.close()
        if outcome is not None and len(worker.jobs) == 1:
            worker.jobs.popleft().finish(outcome)
        for job in worker.jobs:
            job.alone = job.alone or outcome is not None
        self._waiting.extendleft(reversed(worker.jobs))  # it never came to them
        worker.jobs.clear()


_SHARED: dict[int, ReaderPool] = {}  # by process: a forked one has none of its parent's pipes


def shared_pool(workers: int | None = None) -> ReaderPool:
    """This process's pool, kept for run after run: starting a reader costs more than reading a form.

    `workers`: how many processes; None: as many as the computer has cores, at most 4.  0: read in this process.
    """
    if workers == 0:
        return ReaderPool(0)
    pool = _SHARED.get(os.getpid())
    if pool is None or (workers is not None and pool.workers != workers):
        if pool is not None:
            pool.close()
        pool = _SHARED[os.getpid()] = ReaderPool(workers)
    return pool


@atexit.register
def _close_shared() -> None:
    pool = _SHARED.pop(os.getpid(), None)
    if pool is not None:
        pool.close()


def _death(exitcode: int | None) -> str:
    if exitcode is not None and exitcode < 0:
        with contextlib.suppress(ValueError):
            return tr("信号 {name}", name=signal.Signals(-exitcode).name)
    return tr("退出码 {code}", code=exitcode)


# in the process


def _open(data: bytes, name: str, *, read: bool) -> tuple[Delivery, ...]:
    """A MemoryError is left to the whole: step by step, each file has all the memory."""

    def unpacked(name: str, data: bytes) -> Unpacked | Finding | None:
        return _guarded(unpack, name, data)

    def reading(data: bytes, name: str) -> Reading | Finding:
        return _guarded(read_return, data, name)

    parts = deliveries(name, data, unpacked)
    return tuple(read_along(parts, data, reading) if read else parts)


_VERBS: dict[str, Callable[[bytes, str], object]] = {
    "read": read_return,
    "unpack": lambda data, name: unpack(name, data),
    "open": partial(_open, read=True),
    "list": partial(_open, read=False),
}


def _guarded(step: Callable[P, T], *given: P.args, **named: P.kwargs) -> T | Finding:
    """A step with one file; whatever goes wrong with it is a Finding."""
    try:
        return step(*given, **named)
    except MemoryError:
        raise
    except Exception as e:  # a fault of a reader must cost its file, not the run
        return finding("reader_crashed", why=type(e).__name__)


def _perform(verb: str, data: bytes, name: str) -> object:
    """One job; whatever goes wrong is a Finding."""
    try:
        return _guarded(_VERBS[verb], data, name)
    except MemoryError:
        pass  # what the reader held is free again only behind this block
    return _too_big()


def _too_big() -> Finding:
    return finding("too_big", why=tr("读取时内存超过限度"))


@contextlib.contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """A process that is started here leaves Ctrl-C to this one, which ends it, from its first moment on."""
    if threading.current_thread() is not threading.main_thread():  # only there may it be said
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _serve(pipe: Connection, memory: int, seconds: float) -> None:
    """Answers jobs until the other side hangs up, or until there is no memory left even for an answer."""
    _confine(memory)
    _warm_up()
    pipe.send(((), False))  # ready
    try:
        while True:
            jobs = deque(pipe.recv())
            outcomes: list[object] = []
            answered = time.monotonic()
            while jobs:
                verb, data, name = jobs.popleft()
                if sys.platform != "win32":
                    signal.alarm(int(seconds * 2) + 5)  # should the other side be gone and the reader hang
                outcome = _perform(verb, data, name)
                outcomes.append(outcome)
                # One that has grown would leave the next file less than its due.
                spent = _used() > memory // 2 or (isinstance(outcome, Finding) and outcome.code == "too_big")
                del data, outcome
                if spent or not jobs or time.monotonic() - answered > _GATHER:
                    pipe.send((outcomes, spent))
                    outcomes = []
                    answered = time.monotonic()
    except MemoryError:
        os._exit(_NO_MEMORY)
    except (EOFError, OSError, KeyboardInterrupt):
        return


def _warm_up() -> None:
    """What every other file needs, so that the first one's time is its own."""
    from toolkit.intake import mailfile, packed
    from toolkit.returns.formats import sheets, text

    del mailfile, packed, sheets, text


def _confine(memory: int) -> None:
    """Limits this process, takes it out of reach of Ctrl+C, and silences what readers print."""
    silent = os.open(os.devnull, os.O_RDWR)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    if sys.platform == "win32":
        with contextlib.suppress(OSError, AttributeError):
            _job_object(memory)
        return
    import resource

    with contextlib.suppress(OSError):
        os.setsid()
    for limit, amount in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CORE, 0)):
        hard = resource.getrlimit(limit)[1]
        with contextlib.suppress(OSError, ValueError):
            # The soft limit only: LibreOffice, started from here, gets the hard one back (soffice.py).
            resource.setrlimit(limit, (amount if hard == resource.RLIM_INFINITY else min(amount, hard), hard))


def _used() -> int:
    """The address space of this process in bytes; 0 where the system does not say.  Not ru_maxrss: on Linux that
    begins with what the parent used."""
    try:
        with open("/proc/self/statm", "rb") as f:  # noqa: PTH123  after every file: Path costs more than the answer
            return int(f.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError):
        return 0


if sys.platform == "win32":

    def _job_object(memory: int) -> None:
        """Puts this process into a job with a limit of memory a process, which ends its children with it.

        JOBOBJECT_EXTENDED_LIMIT_INFORMATION; the handle stays open as long as the process lives.
        """
        import ctypes
        from ctypes import wintypes

        class Basic(ctypes.Structure):
            _fields_ = [
                ("PerProcessUserTimeLimit", ctypes.c_int64),
                ("PerJobUserTimeLimit", ctypes.c_int64),
                ("LimitFlags", wintypes.DWORD),
                ("MinimumWorkingSetSize", ctypes.c_size_t),
                ("MaximumWorkingSetSize", ctypes.c_size_t),
                ("ActiveProcessLimit", wintypes.DWORD),
                ("Affinity", ctypes.c_size_t),
                ("PriorityClass", wintypes.DWORD),
                ("SchedulingClass", wintypes.DWORD),
            ]

        class Extended(ctypes.Structure):
            _fields_ = [
                ("Basic", Basic),
                ("IoInfo", ctypes.c_uint64 * 6),
                ("ProcessMemoryLimit", ctypes.c_size_t),
                ("JobMemoryLimit", ctypes.c_size_t),
                ("PeakProcessMemoryUsed", ctypes.c_size_t),
                ("PeakJobMemoryUsed", ctypes.c_size_t),
            ]

        process_memory, kill_on_close, extended_limits = 0x100, 0x2000, 9
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.CreateJobObjectW.restype = wintypes.HANDLE
        kernel.GetCurrentProcess.restype = wintypes.HANDLE
        kernel.SetInformationJobObject.argtypes = [wintypes.HANDLE, ctypes.c_int, ctypes.c_void_p, wintypes.DWORD]
        kernel.AssignProcessToJobObject.argtypes = [wintypes.HANDLE, wintypes.HANDLE]
        job = kernel.CreateJobObjectW(None, None)
        limits = Extended()
        limits.Basic.LimitFlags = process_memory | kill_on_close
        limits.ProcessMemoryLimit = memory
        if job and kernel.SetInformationJobObject(job, extended_limits, ctypes.byref(limits), ctypes.sizeof(limits)):
            kernel.AssignProcessToJobObject(job, kernel.GetCurrentProcess())
