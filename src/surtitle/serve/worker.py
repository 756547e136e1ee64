"""One worker process: loads the champion, serves, follows the registry, ends in good order."""

import asyncio
import gc
import logging
import math
import signal
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from mmap import mmap
from typing import cast

import msgspec
import uvicorn
import uvloop

from surtitle.cycle.loading import Loaded, load_version
from surtitle.cycle.opening import registry_of
from surtitle.cycle.roster import CHAMPION, client_routes
from surtitle.errors import SurtitleError
from surtitle.project import Project
from surtitle.serve.access_log import AccessLog
from surtitle.serve.app import make_app
from surtitle.serve.keys import Keys
from surtitle.serve.labels import LabelStore
from surtitle.serve.metrics import Metrics
from surtitle.serve.protocol import LimitedProtocol, close_slow_clients, limited_protocol
from surtitle.serve.scoring import Scoring
from surtitle.serve.shadow import Shadow
from surtitle.serve.shelf import Shelf
from surtitle.serve.state import State
from surtitle.spool import FILE_NAME, Spool

__all__ = ["Inherited", "run_worker"]

_CHALLENGER = "challenger"
_SWEEP_S = 0.5
_log = logging.getLogger("surtitle.serve")


class Inherited(msgspec.Struct, frozen=True, kw_only=True):
    """What the supervisor hands to a worker.

    Parameters
    ----------
    project : Project
        What to serve.
    listener : socket
        Bound, shared by all workers.
    keys : Keys
        Of the clients.
    slots : mmap
        Of the rate limit, shared by all workers.
    metrics_folder : str
        For the counters of all workers.
    lifeline : int
        A pipe's end that closes when the supervisor is gone.
    fallback : int or None
        A version that worked before, should the champion be damaged.
    """

    project: Project
    listener: socket.socket
    keys: Keys
    slots: mmap
    metrics_folder: str
    lifeline: int
    fallback: int | None


def run_worker(inherited: Inherited, tell: Callable[[str, int], None]) -> bool:
    """Serve until SIGTERM, or until the supervisor is gone.

    Parameters
    ----------
    inherited : Inherited
        From the supervisor.
    tell : callable
        Given ``"ready"`` or ``"serves"``, and the version that decides now.

    Returns
    -------
    bool
        Whether all work in flight was ended in time.

    Raises
    ------
    SurtitleError
        If there is no model to serve.
    """
    state = _prepare(inherited)
    tell("ready", state.shelf.champion.number)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(_Worker(state, inherited, tell).run())
    finally:
        state.log.close()
        state.labels.close()
        state.spool.close()
        if state.shadow is not None:
            state.shadow.close()
        state.scoring.close()
        state.shelf.close()


def _prepare(inherited: Inherited) -> State:
    project = inherited.project
    settings = project.settings.serve
    limit = settings.models_mb * 1_000_000
    metrics = Metrics()
    champion = _first_model(project, inherited.fallback, limit=limit)
    aliases = registry_of(project).aliases()
    shelf = Shelf(
        partial(load_version, project, limit=limit),
        champion,
        limit=limit,
        metrics=metrics,
        routes=client_routes(aliases),
    )
    # What is there now stays: the collector need not look through it again.
    gc.collect()
    gc.freeze()
    return State(
        project=project,
        keys=inherited.keys,
        slots=inherited.slots,
        metrics_folder=inherited.metrics_folder,
        shelf=shelf,
        scoring=Scoring(settings.reasons),
        labels=LabelStore(project.state),
        spool=Spool(project.state / FILE_NAME),
        shadow=Shadow(project.state, settings.shadow, metrics) if settings.shadow else None,
        metrics=metrics,
        log=AccessLog(1 if settings.access_log else None),
    )


def _first_model(project: Project, fallback: int | None, *, limit: int) -> Loaded:
    try:
        return load_version(project, CHAMPION, limit=limit)
    except SurtitleError as error:
        if fallback is None:
            raise
        _log.error("the champion is refused, version %d goes on: %s", fallback, error)
        return load_version(project, fallback, limit=limit)


class _Worker:
    """The server and what goes on beside it."""

    def __init__(self, state: State, inherited: Inherited, tell: Callable[[str, int], None]) -> None:
        settings = state.project.settings.serve
        self._state = state
        self._settings = settings
        self._listener = inherited.listener
        self._lifeline = inherited.lifeline
        self._tell = tell
        self._registry = registry_of(state.project)
        self._look_now = asyncio.Event()
        self._stop = asyncio.Event()
        self._server = uvicorn.Server(
            uvicorn.Config(
                make_app(state, self._in_flight),
                http=limited_protocol(settings, lambda status: state.metrics.answered("other", status, 0.0)),
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=math.ceil(settings.idle_s),
                timeout_graceful_shutdown=math.ceil(settings.grace_s),
            )
        )

    def _in_flight(self) -> int:
        return len(self._server.server_state.tasks)

    async def run(self) -> bool:
        """Serve until told to stop; say whether all work in flight was ended in time."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        loop.add_signal_handler(signal.SIGHUP, self._look_now.set)
        # The supervisor never writes: readable means that it is gone.
        loop.add_reader(self._lifeline, self._orphaned)
        beside = [asyncio.create_task(self._again(each)) for each in (self._follow, self._sweep, self._shadow)]
        serving = asyncio.create_task(self._server._serve([self._listener]))  # serve() would take the signals over
        await asyncio.wait([serving, asyncio.create_task(self._stop.wait())], return_when=asyncio.FIRST_COMPLETED)
        in_time = await self._drain(serving)
        for task in beside:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        return in_time

    async def _drain(self, serving: "asyncio.Task[None]") -> bool:
        """Fail readiness, go on answering for a while, then finish what is in flight."""
        self._state.draining = True
        if not serving.done():
            await asyncio.sleep(self._settings.drain_s)
            self._server.should_exit = True
        loop = asyncio.get_running_loop()
        began = loop.time()
        await serving
        # Then the server has cut off what was left, and says so in its log alone.
        return loop.time() - began < math.ceil(self._settings.grace_s)

    def _orphaned(self) -> None:
        asyncio.get_running_loop().remove_reader(self._lifeline)
        _log.error("the supervisor is gone; this worker ends")
        self._stop.set()

    async def _again(self, step: Callable[[], Awaitable[None]]) -> None:
        """Do a step over and over; a defect in one must not end the next ones unseen."""
        while True:
            try:
                await step()
            except Exception:
                _log.exception("this is a defect of Surtitle; the service goes on")
                await asyncio.sleep(_SWEEP_S)

    async def _follow(self) -> None:
        """Wait a while, look at the registry, and do as it says."""
        shelf = self._state.shelf
        with suppress(TimeoutError):
            async with asyncio.timeout(self._settings.poll_s):
                await self._look_now.wait()
        self._look_now.clear()
        try:
            aliases = await asyncio.to_thread(self._registry.aliases)
        except SurtitleError as error:
            _log.error("the registry cannot be read, the models stay as they are: %s", error)
            return
        before = shelf.champion.number
        await shelf.follow(aliases)
        if self._settings.shadow:
            await shelf.follow_challenger(aliases.get(_CHALLENGER))
        if shelf.champion.number != before:
            self._tell("serves", shelf.champion.number)

    async def _sweep(self) -> None:
        """Close slow clients, and note what is read now and then."""
        await asyncio.sleep(_SWEEP_S)
        connections = cast("set[LimitedProtocol]", self._server.server_state.connections)
        now = asyncio.get_running_loop().time()
        close_slow_clients(connections, now, self._settings.slow_s)
        self._state.shelf.make_room()
        self._state.metrics.tick(self._in_flight(), self._state.shelf.champion)

    async def _shadow(self) -> None:
        """Let the challenger score what was put aside for it."""
        await asyncio.sleep(_SWEEP_S)
        if self._state.shadow is not None:
            await self._state.shadow.work_off(self._state.shelf.challenger, self._state.scoring)
