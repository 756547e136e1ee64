"""Which version decides for whom, and which are in memory; the service and the stream both go by it."""

from collections import OrderedDict
from collections.abc import Collection, Mapping

from surtitle.cycle.loading import Loaded
from surtitle.cycle.lru import to_unload
from surtitle.errors import SurtitleError

__all__ = ["CHAMPION", "Roster", "champion_of", "client_routes"]

CHAMPION = "champion"
_CHAMPION_OF = "champion@"
_AGAIN_S = 30.0


def champion_of(client: str) -> str:
    """Return the alias of a client's own champion.

    Examples
    --------
    >>> champion_of("science")
    'champion@science'
    """
    return _CHAMPION_OF + client


def client_routes(aliases: Mapping[str, int]) -> dict[str, int]:
    """Return client to version, of the clients with a champion of their own.

    Examples
    --------
    >>> client_routes({"champion": 3, "champion@science": 2, "challenger@science": 4})
    {'science': 2}
    """
    prefix = _CHAMPION_OF
    return {name.removeprefix(prefix): number for name, number in aliases.items() if name.startswith(prefix)}


class Roster:
    """The champion, the clients' own, and what is in memory of them.

    It loads nothing itself: when aliases have moved, whoever asks lets it `follow` them, then loads what it says is
    `needed`, in a thread or not, `add`s it, and lets it follow again after each.

    Parameters
    ----------
    champion : Loaded
        The first one.
    routes : mapping of str to int
        Client to version, of the clients with a model of their own.
    limit : int
        Bytes of memory for all models, with the chunks that they remember; over it, those not used lately are let go.

    Attributes
    ----------
    champion : Loaded
        Who decides for everybody else.
    pinned : collection of int
        Versions to keep beside the champion.
    """

    def __init__(self, champion: Loaded, routes: Mapping[str, int], *, limit: int) -> None:
        self.champion = champion
        self.pinned: Collection[int] = ()
        self._routes = dict(routes)
        self._limit = limit
        self._models: OrderedDict[int, Loaded] = OrderedDict({champion.number: champion})
        self._refused: dict[int, tuple[float, SurtitleError]] = {}

    def __contains__(self, number: int) -> bool:
        return number in self._models

    def __len__(self) -> int:
        return len(self._models)

    @property
    def size(self) -> int:
        """Bytes of all models in memory, estimated."""
        return sum(each.size for each in self._models.values())

    @property
    def routes(self) -> Mapping[str, int]:
        """Client to version."""
        return self._routes

    def get(self, number: int) -> Loaded | None:
        """Return a version that is in memory, and note that it is in use."""
        found = self._models.get(number)
        if found is not None:
            self._models.move_to_end(number)
        return found

    def add(self, loaded: Loaded) -> list[int]:
        """Take a version into memory; return those that made room for it."""
        self._refused.pop(loaded.number, None)
        self._models[loaded.number] = loaded
        return self.make_room()

    def refuse(self, number: int, error: SurtitleError, now_s: float) -> None:
        """Note that a version cannot be loaded."""
        self._refused[number] = (now_s, error)

    def refusal(self, number: int, now_s: float) -> SurtitleError | None:
        """Return why a version could not be loaded, if that was lately; it is not tried again at once."""
        when, error = self._refused.get(number, (0.0, None))
        return error if error is not None and now_s - when < _AGAIN_S else None

    def needed(self, aliases: Mapping[str, int]) -> list[int]:
        """Return what has to be loaded before the aliases can be followed.

        That is a new champion, and the new model of a client whose present one is in use; another client's is loaded
        when somebody asks for it.
        """
        general = aliases.get(CHAMPION, self.champion.number)
        moving = [
            number
            for client, number in client_routes(aliases).items()
            if (current := self._routes.get(client)) is not None and current != number and current in self._models
        ]
        return [number for number in dict.fromkeys([general, *moving]) if number not in self._models]

    def follow(self, aliases: Mapping[str, int]) -> Loaded | None:
        """Do as the aliases say, as far as it is loaded; what decided before goes on elsewhere.

        Returns
        -------
        Loaded or None
            The champion before, if there is another now.
        """
        self._routes = {client: self._route(client, number) for client, number in client_routes(aliases).items()}
        found = self._models.get(aliases.get(CHAMPION, self.champion.number))
        if found is None or found.number == self.champion.number:
            return None
        before, self.champion = self.champion, found
        if before.number not in self._routes.values():
            self._models.pop(before.number, None)
        self.make_room()
        return before

    def _route(self, client: str, number: int) -> int:
        current = self._routes.get(client)
        in_use = current is not None and current in self._models
        return current if in_use and current is not None and number not in self._models else number

    def make_room(self) -> list[int]:
        """Let go of what was not used for longest, until the rest fits; return the versions.

        To be called now and then, as models grow.
        """
        keep = {self.champion.number, next(reversed(self._models)), *self.pinned}
        sizes = {number: loaded.size for number, loaded in self._models.items()}
        gone = to_unload(sizes, keep=keep, limit=self._limit)
        for number in gone:
            del self._models[number]
        return gone
