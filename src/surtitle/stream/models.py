"""Who decides: the project's champion, looked for again between batches."""

import logging
from collections.abc import Callable

from surtitle.cycle.opening import load_scorer, open_scorer, registry_of
from surtitle.errors import SurtitleError
from surtitle.project import Project
from surtitle.stream.deciding import Model

__all__ = ["Champion"]

_log = logging.getLogger("surtitle.stream")
_LOOK_EVERY_US = 1_000_000


class Champion:
    """The model that an alias names, loaded again when the alias moves.

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
    """

    def __init__(self, project: Project, ref: str, clock: Callable[[], int]) -> None:
        self._project = project
        self._ref = ref
        self._clock = clock
        self._looked_at = clock()
        opened = open_scorer(project, ref)
        self._model = Model(project.settings.project.name, opened.version, opened.scorer)

    def __call__(self) -> Model:
        """Return the model; looks at the registry at most once a second.

        A new version that cannot be loaded is told of in the log, and the old one stays: a stream does not stop because
        a file is damaged.
        """
        now = self._clock()
        if now - self._looked_at >= _LOOK_EVERY_US:
            self._looked_at = now
            try:
                self._look()
            except SurtitleError as error:
                _log.warning("version %s goes on deciding: %s", self._model.version, error)
        return self._model

    def _look(self) -> None:
        version = registry_of(self._project).find(self._ref)
        if version.number != self._model.version:
            scorer = load_scorer(self._project, version)
            self._model = Model(self._model.name, version.number, scorer)
            _log.info("version %s decides from here on", version.number)
