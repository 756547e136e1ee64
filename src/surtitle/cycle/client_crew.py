"""The processes that train clients' models: started, given one block after another, replaced when one dies.

They are new processes of this Python, not forks of a process that has threads and large tables, and are asked and
answer in lines of JSON. Each holds the training lock that it inherits, so that not even one whose parent was killed has
another training beside it.
"""

import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from surtitle.cycle.client_work import Block, ClientResult, Setup, Task
from surtitle.errors import SurroundingsError

__all__ = ["Crew"]

_MOST_DEATHS = 3
_SCRIPT = "from surtitle.cycle.client_work import work; work()"
# Small fits gain nothing from threads of the linear algebra libraries: the other cores have clients of their own.
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


class Crew:
    """Some processes that train.

    Parameters
    ----------
    setup : Setup
        What they are told first.
    processes : int
        How many.
    folder : Path
        Where what they say beside their answers is kept.
    lock : int
        A descriptor that each of them inherits.
    """

    def __init__(self, setup: Setup, *, processes: int, folder: Path, lock: int) -> None:
        self._setup = msgspec.json.encode(setup) + b"\n"
        self._processes = processes
        self._folder = folder
        self._lock = lock
        self._running: set[subprocess.Popen[bytes]] = set()
        self._ended = threading.Event()

    def train(self, blocks: Sequence[Block]) -> Iterator[ClientResult]:
        """Yield the result of every client of all blocks, as they come; whoever stops early ends the processes."""
        todo: queue.SimpleQueue[Block] = queue.SimpleQueue()
        for block in blocks:
            todo.put(block)
        told: queue.SimpleQueue[ClientResult | BaseException | None] = queue.SimpleQueue()
        count = min(self._processes, len(blocks))
        threads = [threading.Thread(target=self._lead, args=(number, todo, told)) for number in range(count)]
        try:
            for thread in threads:
                thread.start()
            while count:
                said = told.get()
                if isinstance(said, BaseException):
                    raise said
                if said is None:
                    count -= 1
                else:
                    yield said
        finally:
            self._end()
            for thread in threads:
                thread.join()

    def _end(self) -> None:
        self._ended.set()
        for process in list(self._running):
            process.kill()

    def _lead(self, number: int, todo: Any, told: Any) -> None:
        """Give one process its blocks, in a thread of its own."""
        try:
            with (self._folder / f"process-{number}.log").open("w+b") as log:
                self._work_off(todo, told, log)
        except BaseException as error:  # raised again by whoever listens
            told.put(error)
        else:
            told.put(None)

    def _work_off(self, todo: Any, told: Any, log: Any) -> None:
        process: subprocess.Popen[bytes] | None = None
        deaths = 0
        try:
            for block in _taken(todo, self._ended):
                tasks = list(block.tasks)
                while tasks and not self._ended.is_set():
                    process = process or self._start(log)
                    for result in self._ask(process, Block(block.path, tasks.copy())):
                        told.put(result)
                        tasks.pop(0)
                        deaths = 0
                    if tasks:  # it died over the first that is left; the others get a new one
                        told.put(_victim(tasks.pop(0), self._bury(process), log))
                        process, deaths = None, deaths + 1
                        if deaths == _MOST_DEATHS and not self._ended.is_set():
                            raise SurroundingsError(
                                f"{deaths} processes that train ended one after the other without an answer; the last "
                                f"one said: {_last_line(log) or 'nothing'}"
                            )
        finally:
            if process is not None:
                self._bury(process)

    def _start(self, log: Any) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(  # noqa: S603 this very Python, and nothing of the user's on the command line
            [sys.executable, "-c", _SCRIPT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env={**os.environ, **_ONE_THREAD},
            pass_fds=(self._lock,),
            start_new_session=True,  # Ctrl-C is for us alone, who then end them
        )
        self._running.add(process)
        if self._ended.is_set():  # while it was starting
            process.kill()
        self._send(process, self._setup)
        return process

    def _ask(self, process: "subprocess.Popen[bytes]", block: Block) -> Iterator[ClientResult]:
        """Yield the answers, fewer than there are tasks if the process dies."""
        self._send(process, msgspec.json.encode(block) + b"\n")
        assert process.stdout is not None  # noqa: S101 for the type checker: it was asked for
        for _ in block.tasks:
            line = process.stdout.readline()
            if not line.endswith(b"\n"):
                return
            yield msgspec.json.decode(line, type=ClientResult)

    def _send(self, process: "subprocess.Popen[bytes]", line: bytes) -> None:
        assert process.stdin is not None  # noqa: S101 for the type checker: it was asked for
        with suppress(BrokenPipeError):  # it is dead, as whoever waits for its answer will see
            process.stdin.write(line)
            process.stdin.flush()

    def _bury(self, process: "subprocess.Popen[bytes]") -> int:
        """Let a process end, and return its exit status."""
        with process:  # closes its input, by which it ends
            pass
        self._running.discard(process)
        return process.returncode


def _taken(todo: Any, ended: threading.Event) -> Iterator[Block]:
    """Yield what is to be done, until nothing is left or the end has come."""
    with suppress(queue.Empty):
        while not ended.is_set():
            yield todo.get_nowait()


def _victim(task: Task, code: int, log: Any) -> ClientResult:
    how = f"ended with {code}" if code >= 0 else f"was ended by signal {-code}"
    last = _last_line(log)
    return ClientResult(
        client=task.client,
        outcome="failed",
        examples=sum(task.sizes),
        reason=f"the process that trained it {how}{f': {last}' if last else ''}",
    )


def _last_line(log: Any) -> str:
    log.flush()
    log.seek(0)
    last: str = log.read()[-2000:].decode(errors="replace").strip().rpartition("\n")[2]
    log.seek(0, os.SEEK_END)
    return last
