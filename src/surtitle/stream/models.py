"""Who decides: the project's champion and the clients' own, looked for again between batches."""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial

from surtitle.cycle.loading import Loaded, load_version, reasons_of
from surtitle.cycle.opening import registry_of
from surtitle.cycle.roster import CHAMPION, Roster, champion_of, client_routes
from surtitle.errors import SettingsError, SurtitleError
from surtitle.project import Project
from surtitle.records import Reason
from surtitle.stream.deciding import Model

__all__ = ["Champions"]

_log = logging.getLogger("surtitle.stream")
_LOOK_EVERY_US = 1_000_000


class Champions:
    """The models that aliases name, loaded again when these move.

    With the alias ``champion``, a client that has a champion of its own is decided for by that one; with any other
    alias or a version, everybody is decided for alike.

    Parameters
    ----------
    project : Project
        Whose registry to look in.
    ref : str
        An alias or a version.
    clock : callable
        Returns the time, in microseconds.

    Raises
    ------
    RegistryError
        If there is no such version.
    ArtefactError
        If its files are damaged.
    SettingsError
        If reasons are asked for, and the model cannot tell them.
    """

    def __init__(self, project: Project, ref: str, clock: Callable[[], int]) -> None:
        self._project = project
        self._ref = ref
        self._clock = clock
        self._looked_at = clock()
        self._limit = project.settings.stream.reasons
        self._memory = project.settings.stream.models_mb * 1_000_000
        self._told_full = False
        first = load_version(project, ref, limit=self._memory)
        if self._limit and reasons_of(first.scorer, [], self._limit) is None:
            raise SettingsError(
                f"stream.reasons: version {first.number} is an estimator of your own, which cannot say which terms "
                "pushed its score; set it to 0"
            )
        aliases = registry_of(project).aliases() if ref == CHAMPION else {}
        self._roster = Roster(first, client_routes(aliases), limit=self._memory)

    def __call__(self) -> "Champions":
        """Look at the registry, at most once a second, and return who decides from here on.

        A new version that cannot be loaded is told of in the log, and the old one stays: a stream does not stop because
        a file is damaged.
        """
        now = self._clock()
        if now - self._looked_at >= _LOOK_EVERY_US:
            self._looked_at = now
            try:
                self._tell(self._roster.make_room())
                self._follow(self._aliases())
            except SurtitleError as error:
                _log.warning("version %s goes on deciding: %s", self._roster.champion.number, error)
        return self

    @property
    def general(self) -> Model:
        """Who decides for everybody without a model of their own."""
        number = self._ref.removeprefix("v")
        return self._model(self._roster.champion, f"v{number}" if number.isdecimal() else self._ref)

    @property
    def clients(self) -> Collection[str]:
        """Those with a model of their own."""
        return self._roster.routes.keys()

    def of(self, client: str) -> Model:
        """Return a client's own model, loaded when it is not there yet; the general one if it cannot be."""
        loaded = self._version(self._roster.routes[client])
        return self.general if loaded is None else self._model(loaded, champion_of(client), own=True)

    def _aliases(self) -> Mapping[str, int]:
        registry = registry_of(self._project)
        # The roster calls whoever decides for everybody its champion, whatever alias has chosen it.
        return registry.aliases() if self._ref == CHAMPION else {CHAMPION: registry.find(self._ref).number}

    def _follow(self, aliases: Mapping[str, int]) -> None:
        self._adopt(aliases)
        for number in self._roster.needed(aliases):
            self._version(number)
            self._adopt(aliases)

    def _adopt(self, aliases: Mapping[str, int]) -> None:
        routes = self._roster.routes
        if self._roster.follow(aliases) is not None:
            _log.info("version %d decides from here on", self._roster.champion.number)
        for client, number in self._roster.routes.items():
            if routes.get(client) != number:
                _log.info("version %d decides for client %s from here on", number, client)

    def _version(self, number: int) -> Loaded | None:
        """Return a version, loaded when it is not there yet; None if it cannot be."""
        found = self._roster.get(number)
        now_s = self._clock() / 1e6
        if found is not None or self._roster.refusal(number, now_s) is not None:
            return found
        try:
            found = load_version(self._project, number, limit=self._memory)
        except SurtitleError as error:
            self._roster.refuse(number, error, now_s)
            _log.warning("version %d is refused, what decided before goes on deciding: %s", number, error)
            return None
        self._tell(self._roster.add(found))
        return found

    def _tell(self, gone: list[int]) -> None:
        if gone and not self._told_full:
            self._told_full = True  # once: with more clients than fit, it goes on for good
            _log.info("stream.models_mb is used up: clients' models that were not used lately make room for others")

    def _model(self, loaded: Loaded, alias: str, *, own: bool = False) -> Model:
        reasons = partial(_reasons, loaded, self._limit) if self._limit else None
        return Model(self._project.settings.project.name, loaded.number, loaded.scorer, alias, own, reasons)


def _reasons(loaded: Loaded, limit: int, texts: Sequence[str]) -> list[tuple[Reason, ...]]:
    return reasons_of(loaded.scorer, texts, limit) or [()] * len(texts)
