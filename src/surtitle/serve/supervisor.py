"""The parent process: binds the socket, starts the workers, replaces one that dies, passes signals on.

Workers are forked before anything heavy is imported, so that the parent stays small and a new worker starts at once.
"""

import logging
import mmap
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec

from surtitle.errors import ExitCode, SurtitleError
from surtitle.project import Project
from surtitle.serve.keys import Keys

__all__ = ["Serving", "Supervisor"]

_SLOT_BYTES = 8  # a double per key: see State.slots
_QUICK_DEATH_S = 5.0
_PAUSE_LIMIT_S = 30.0
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)
# A worker that has begun to serve ends by itself when it is told to: a signal kills one that was still starting.
_IN_ORDER = (ExitCode.DONE, -signal.SIGTERM, -signal.SIGINT)
_log = logging.getLogger("surtitle.serve")


class Serving(msgspec.Struct, frozen=True):
    """The service answers.

    Parameters
    ----------
    url : str
        Where.
    model : str
        The project's name.
    version : int
        The champion.
    workers : int
        Processes.
    pid : int
        Of the supervisor, which takes the signals.
    """

    url: str
    model: str
    version: int
    workers: int
    pid: int


class Supervisor:
    """Keeps `serve.workers` workers alive.

    Parameters
    ----------
    project : Project
        What to serve.
    keys : Keys
        Of the clients.
    listener : socket
        Bound; its end closes with the caller.
    folder : str
        For the workers' counters.
    on_ready : callable
        Told once, when all workers answer.
    """

    def __init__(
        self, project: Project, keys: Keys, listener: socket.socket, folder: str, on_ready: Callable[[Serving], None]
    ) -> None:
        self._project = project
        self._keys = keys
        self._listener = listener
        self._folder = folder
        self._on_ready = on_ready
        self._settings = project.settings.serve
        self._slots = mmap.mmap(-1, _SLOT_BYTES * max(1, len(keys)))
        self._signals, self._signals_in = os.pipe()
        self._news, self._news_in = os.pipe()
        self._lifeline, self._lifeline_in = os.pipe()
        self._started: dict[int, float] = {}
        self._ready: set[int] = set()
        self._told = False
        self._last_version: int | None = None
        self._stopping_since: float | None = None
        self._pause_s = 0.0
        self._due: list[float] = []
        self._failure: int | None = None
        self._cut_off = False

    def run(self) -> int:
        """Start the workers and look after them; return the exit code."""
        for pipe in (self._signals, self._signals_in, self._news):
            os.set_blocking(pipe, False)
        before = {number: signal.signal(number, lambda *_: None) for number in _SIGNALS}
        signal.set_wakeup_fd(self._signals_in)
        try:
            self._due = [0.0] * self._settings.workers
            self._look_after()
        finally:
            signal.set_wakeup_fd(-1)
            for number, handler in before.items():
                signal.signal(number, handler)
            for pipe in (self._signals, self._signals_in, self._news, self._news_in, self._lifeline, self._lifeline_in):
                os.close(pipe)
        if self._failure is not None:
            return self._failure
        return ExitCode.REFUSED if self._cut_off else ExitCode.DONE

    def _look_after(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._signals, selectors.EVENT_READ)
            selector.register(self._news, selectors.EVENT_READ)
            while True:
                self._start_due()
                if self._stopping_since is not None and not self._started:
                    return
                selector.select(self._wait_s())
                self._hear_news()
                self._take_signals()
                self._bury()
                self._kill_late()

    def _wait_s(self) -> float | None:
        times = list(self._due)
        if self._stopping_since is not None:
            times.append(self._stopping_since + self._settings.drain_s + self._settings.grace_s + 1.0)
        return max(0.0, min(times) - time.monotonic()) if times else None

    def _start_due(self) -> None:
        now = time.monotonic()
        for due in [due for due in self._due if due <= now]:
            self._due.remove(due)
            self._fork()

    def _fork(self) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        # Held back until the worker has handlers of its own: in those of the supervisor a signal would be lost.
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        pid = os.fork()
        if pid == 0:
            self._be_worker()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        self._started[pid] = time.monotonic()

    def _be_worker(self) -> None:
        """Run as a worker, in the child process; never return."""
        code: int = ExitCode.DEFECT
        try:
            signal.set_wakeup_fd(-1)
            for number in _SIGNALS:
                # Told to look at the registry while it starts, it need not: it is about to.
                signal.signal(number, signal.SIG_IGN if number == signal.SIGHUP else signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
            for pipe in (self._signals, self._signals_in, self._news, self._lifeline_in):
                os.close(pipe)
            # Read by prometheus_client when it is imported, which is now; the folder goes with the service.
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = self._folder
            from surtitle.serve.worker import Inherited, run_worker

            inherited = Inherited(
                project=self._project,
                listener=self._listener,
                keys=self._keys,
                slots=self._slots,
                metrics_folder=self._folder,
                lifeline=self._lifeline,
                fallback=self._last_version,
            )
            code = ExitCode.DONE if run_worker(inherited, self._tell) else ExitCode.REFUSED
        except SurtitleError as error:
            _log.error("%s", error)
            code = error.exit_code
        except BaseException:
            _log.exception("this worker ends by a defect of Surtitle; please report it with the lines below")
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def _tell(self, what: str, version: int) -> None:
        # Shorter than PIPE_BUF, so lines of several workers never mix.
        os.write(self._news_in, f"{what} {os.getpid()} {version}\n".encode())

    def _hear_news(self) -> None:
        with suppress(BlockingIOError):
            for line in os.read(self._news, 1 << 16).decode().splitlines():
                what, pid, version = line.split()
                self._last_version = int(version)
                if what == "ready":
                    self._ready.add(int(pid))
        if not self._told and len(self._ready) >= self._settings.workers and self._last_version is not None:
            self._told = True
            host, port = self._listener.getsockname()[:2]
            url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
            name = self._project.settings.project.name
            self._on_ready(Serving(url, name, self._last_version, self._settings.workers, os.getpid()))

    def _take_signals(self) -> None:
        with suppress(BlockingIOError):
            for number in os.read(self._signals, 1 << 10):
                if number in (signal.SIGTERM, signal.SIGINT):
                    self._stop()
                elif number == signal.SIGHUP:
                    self._pass_on(signal.SIGHUP)

    def _stop(self) -> None:
        if self._stopping_since is None:
            self._stopping_since = time.monotonic()
            self._due = []
            # The workers have it too, and go on until they close it: then whoever comes is refused at once, and can ask
            # another service. As long as it was open here, he would wait in a queue that nobody takes from.
            self._listener.close()
            self._pass_on(signal.SIGTERM)

    def _pass_on(self, number: signal.Signals) -> None:
        for pid in self._started:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def _bury(self) -> None:
        """Take note of workers that have ended, and see to their replacement."""
        for pid in list(self._started):
            done, status = os.waitpid(pid, os.WNOHANG)
            if not done:
                continue
            began = self._started.pop(pid)
            was_ready = pid in self._ready
            self._ready.discard(pid)
            self._forget_gauges(pid)
            code = os.waitstatus_to_exitcode(status)
            if self._stopping_since is not None:
                self._cut_off |= code not in _IN_ORDER
            elif not self._told and not was_ready:
                # A worker that never came up would not come up the next time either.
                self._failure = code if code > 0 else ExitCode.DEFECT
                self._stop()
            else:
                self._replace(pid, code, lived_s=time.monotonic() - began)

    def _replace(self, pid: int, code: int, *, lived_s: float) -> None:
        quick = lived_s < _QUICK_DEATH_S
        self._pause_s = min(_PAUSE_LIMIT_S, max(0.25, 2 * self._pause_s)) if quick else 0.0
        how = f"by signal {-code}" if code < 0 else f"with code {code}"
        _log.error("worker %d ended %s; another takes its place in %.2g s", pid, how, self._pause_s)
        self._due.append(time.monotonic() + self._pause_s)

    def _forget_gauges(self, pid: int) -> None:
        # Counters of a worker that is gone still count; what it had in memory does not.
        for path in Path(self._folder).glob(f"gauge_live*_{pid}.db"):
            path.unlink(missing_ok=True)

    def _kill_late(self) -> None:
        if self._stopping_since is None:
            return
        limit = self._stopping_since + self._settings.drain_s + self._settings.grace_s + 1.0
        if time.monotonic() >= limit and self._started:
            self._cut_off = True
            _log.error("%d workers did not end within serve.grace_s and are killed", len(self._started))
            self._pass_on(signal.SIGKILL)
            for pid in list(self._started):
                os.waitpid(pid, 0)
                del self._started[pid]
