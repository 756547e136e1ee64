"""The models in this process: the champion, the clients' own, and which of them makes room for another."""

import asyncio
import gc
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from surtitle.cycle.loading import Loaded
from surtitle.cycle.roster import Roster, champion_of
from surtitle.errors import SurtitleError
from surtitle.serve.metrics import Metrics

__all__ = ["Shelf"]

_log = logging.getLogger("surtitle.serve")


class Shelf:
    """Which version answers whom. All methods run on the event loop; only loading leaves it.

    A request takes a `Loaded` once and keeps it to its end, so that a swap never changes an answer half-way.

    Parameters
    ----------
    load : callable
        From a version's number or an alias to a `Loaded`; called in a thread, one after the other.
    champion : Loaded
        The first one.
    routes : mapping of str to int
        Client to version, of the clients with a model of their own.
    limit : int
        Bytes of memory for all models, with the chunks that they remember.
    metrics : Metrics
        Told of loads and sizes.
    """

    def __init__(
        self,
        load: Callable[[int | str], Loaded],
        champion: Loaded,
        routes: Mapping[str, int],
        *,
        limit: int,
        metrics: Metrics,
    ) -> None:
        self.challenger: Loaded | None = None
        self._load = load
        self._roster = Roster(champion, routes, limit=limit)
        self._metrics = metrics
        # One thread: loading is bound by the interpreter's lock, and malloc would give each thread an arena of its own.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="loading")
        self._coming: dict[int, asyncio.Task[Loaded]] = {}
        self._told_full = False
        metrics.champion(champion)
        self.make_room()

    @property
    def champion(self) -> Loaded:
        """Who decides for everybody without a model of their own."""
        return self._roster.champion

    def __contains__(self, number: int) -> bool:
        return number in self._roster

    def has_own(self, client: str | None) -> bool:
        """Say whether a client has a model of its own."""
        return client in self._roster.routes

    async def for_client(self, client: str, general: tuple[Loaded, str]) -> tuple[Loaded, str]:
        """Return the model that decides for a client, and the alias that chose it.

        A client without a model of its own, or whose model cannot be loaded, gets `general`.
        """
        number = self._roster.routes.get(client)
        if number is None:
            return general
        try:
            return await self.version(number), champion_of(client)
        except SurtitleError:
            return general

    async def version(self, number: int) -> Loaded:
        """Return a version by its number, loaded when it is not there yet.

        Raises
        ------
        SurtitleError
            If it does not exist or is damaged.
        """
        return self._roster.get(number) or await self._bring(number)

    async def follow(self, aliases: Mapping[str, int]) -> None:
        """Do as the registry's aliases say; what cannot be loaded is refused, and the model before goes on."""
        self._adopt(aliases)
        for number in self._roster.needed(aliases):
            with suppress(SurtitleError):  # told of where it was loaded
                await self.version(number)
            self._adopt(aliases)

    async def follow_challenger(self, number: int | None) -> None:
        """Keep the challenger loaded for the shadow, or none."""
        current = None if self.challenger is None else self.challenger.number
        if number == current:
            return
        self._keep(None)
        if number is not None and number != self.champion.number:
            try:
                self._keep(await self.version(number))
            except SurtitleError:
                return
        self.make_room()

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def make_room(self) -> None:
        """Unload what was not used for longest while there is too much; to be called now and then, as models grow."""
        self._tell(self._roster.make_room())

    def _tell(self, gone: list[int]) -> None:
        if gone and not self._told_full:
            # Once: with more clients than fit, it goes on for good, and the metrics tell how much.
            self._told_full = True
            _log.info("serve.models_mb is used up: clients' models that were not used lately make room for others")
        self._metrics.models(len(self._roster), self._roster.size)

    def _keep(self, challenger: Loaded | None) -> None:
        self.challenger = challenger
        self._roster.pinned = () if challenger is None else (challenger.number,)

    def _adopt(self, aliases: Mapping[str, int]) -> None:
        before = self._roster.follow(aliases)
        if before is None:
            return
        found = self.champion
        self._metrics.champion(found)
        _log.info("version %d decides now (it was %d); loaded in %.2f s", found.number, before.number, found.seconds)
        self.make_room()
        # The model before may hold itself in circles: let go of it now, not after the next hundred thousand requests.
        gc.collect()

    async def _bring(self, number: int) -> Loaded:
        refused = self._roster.refusal(number, time.monotonic())
        if refused is not None:
            raise refused
        task = self._coming.get(number)
        if task is None:
            task = self._coming[number] = asyncio.create_task(self._fetch(number))
        return await asyncio.shield(task)

    async def _fetch(self, number: int) -> Loaded:
        try:
            found = await asyncio.get_running_loop().run_in_executor(self._thread, self._load, number)
        except SurtitleError as error:
            self._roster.refuse(number, error, time.monotonic())
            self._metrics.loaded("refused")
            _log.error("version %d is refused, what decided before goes on: %s", number, error)
            raise
        finally:
            del self._coming[number]
        self._metrics.loaded("ok")
        self._tell(self._roster.add(found))
        return found
