"""The models in this process: the champion, the clients' own, and which of them makes room for another."""

import asyncio
import gc
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from surtitle.errors import SurtitleError
from surtitle.serve.loading import Loaded
from surtitle.serve.lru import to_unload
from surtitle.serve.metrics import Metrics

__all__ = ["CHAMPION", "Shelf", "client_routes"]

CHAMPION = "champion"
_CHAMPION_OF = "champion@"
_AGAIN_S = 30.0
_log = logging.getLogger("surtitle.serve")


def client_routes(aliases: Mapping[str, int]) -> dict[str, int]:
    """Return client to version, of the clients with a champion of their own.

    Examples
    --------
    >>> client_routes({"champion": 3, "champion@science": 2, "challenger@science": 4})
    {'science': 2}
    """
    prefix = _CHAMPION_OF
    return {name.removeprefix(prefix): number for name, number in aliases.items() if name.startswith(prefix)}


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
        self.champion = champion
        self.challenger: Loaded | None = None
        self._load = load
        self._routes = dict(routes)
        self._limit = limit
        self._metrics = metrics
        self._models: OrderedDict[int, Loaded] = OrderedDict({champion.number: champion})
        # One thread: loading is bound by the interpreter's lock, and malloc would give each thread an arena of its own.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="loading")
        self._coming: dict[int, asyncio.Task[Loaded]] = {}
        self._refused: dict[int, tuple[float, SurtitleError]] = {}
        self._told_full = False
        metrics.champion(champion)
        self.make_room()

    def __contains__(self, number: int) -> bool:
        return number in self._models

    async def for_client(self, client: str, general: tuple[Loaded, str]) -> tuple[Loaded, str]:
        """Return the model that decides for a client, and the alias that chose it.

        A client without a model of its own, or whose model cannot be loaded, gets `general`.
        """
        number = self._routes.get(client)
        if number is None:
            return general
        try:
            return await self.version(number), _CHAMPION_OF + client
        except SurtitleError:
            return general

    async def version(self, number: int) -> Loaded:
        """Return a version by its number, loaded when it is not there yet.

        Raises
        ------
        SurtitleError
            If it does not exist or is damaged.
        """
        found = self._models.get(number)
        if found is not None:
            self._models.move_to_end(number)
            return found
        return await self._bring(number)

    async def follow(self, aliases: Mapping[str, int]) -> None:
        """Do as the registry's aliases say; what cannot be loaded is refused, and the model before goes on."""
        number = aliases.get(CHAMPION, self.champion.number)
        if number != self.champion.number:
            await self._crown(number)
        wanted = client_routes(aliases)
        if wanted != self._routes:
            self._routes = {client: await self._route(client, number) for client, number in wanted.items()}

    async def follow_challenger(self, number: int | None) -> None:
        """Keep the challenger loaded for the shadow, or none."""
        current = None if self.challenger is None else self.challenger.number
        if number == current:
            return
        self.challenger = None
        if number is not None and number != self.champion.number:
            try:
                self.challenger = await self.version(number)
            except SurtitleError:
                return
        self.make_room()

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def make_room(self) -> None:
        """Unload what was not used for longest while there is too much; to be called now and then, as models grow."""
        keep = {self.champion.number} | ({self.challenger.number} if self.challenger else set())
        keep.add(next(reversed(self._models)))
        sizes = {number: loaded.size for number, loaded in self._models.items()}
        gone = to_unload(sizes, keep=keep, limit=self._limit)
        for number in gone:
            del self._models[number]
        if gone and not self._told_full:
            # Once: with more clients than fit, it goes on for good, and the metrics tell how much.
            self._told_full = True
            _log.info("serve.models_mb is used up: clients' models that were not used lately make room for others")
        self._metrics.models(len(self._models), sum(sizes[number] for number in self._models))

    async def _crown(self, number: int) -> None:
        try:
            found = await self.version(number)
        except SurtitleError:
            return  # told of where it was loaded
        before, self.champion = self.champion, found
        self._metrics.champion(found)
        _log.info("version %d decides now (it was %d); loaded in %.2f s", number, before.number, found.seconds)
        if before.number not in self._routes.values():
            self._models.pop(before.number, None)
        self.make_room()
        # The model before may hold itself in circles: let go of it now, not after the next hundred thousand requests.
        gc.collect()

    async def _route(self, client: str, number: int) -> int:
        """Return the version to send a client to: a new one only once it is loaded, where one is in use now."""
        current = self._routes.get(client)
        if current is None or current == number or current not in self._models:
            return number
        try:
            await self.version(number)
        except SurtitleError:
            return current
        return number

    async def _bring(self, number: int) -> Loaded:
        refused = self._refused.get(number)
        if refused is not None and time.monotonic() - refused[0] < _AGAIN_S:
            raise refused[1]
        task = self._coming.get(number)
        if task is None:
            task = self._coming[number] = asyncio.create_task(self._fetch(number))
        return await asyncio.shield(task)

    async def _fetch(self, number: int) -> Loaded:
        try:
            found = await asyncio.get_running_loop().run_in_executor(self._thread, self._load, number)
        except SurtitleError as error:
            self._refused[number] = (time.monotonic(), error)
            self._metrics.loaded("refused")
            _log.error("version %d is refused, what decided before goes on: %s", number, error)
            raise
        finally:
            del self._coming[number]
        self._refused.pop(number, None)
        self._metrics.loaded("ok")
        self._models[number] = found
        self.make_room()
        return found
