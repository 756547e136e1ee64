"""`POST /v2/models/NAME[/versions/N]/infer`."""

import re

from surtitle.cycle.loading import Loaded
from surtitle.cycle.roster import CHAMPION
from surtitle.errors import ArtefactError, SurtitleError
from surtitle.serve.body import read_body
from surtitle.serve.decisions import check_size
from surtitle.serve.gateway import Answer, Request
from surtitle.serve.refusal import Refusal
from surtitle.serve.state import State
from surtitle.serve.v2 import encode_answer, read_query

__all__ = ["InferHandler", "check_name", "version_of"]

_NUMBER = re.compile(r"[0-9]{1,18}")
_JSON_LENGTH = b"inference-header-content-length"
_JSON = (b"content-type", b"application/json")
_BINARY = (b"content-type", b"application/octet-stream")


def check_name(state: State, name: str) -> None:
    """Refuse, with 404, a model that is not this one."""
    own = state.project.settings.project.name
    if name != own:
        raise Refusal(404, f"there is no model {name[:100]!r}; this service has {own!r}")


async def version_of(state: State, number: str) -> Loaded:
    """Return a version that a path names, loaded.

    Raises
    ------
    Refusal
        404 if there is none, 503 if it is damaged.
    """
    if not _NUMBER.fullmatch(number):
        raise Refusal(404, f"there is no version {number[:50]!r}; versions are numbers")
    try:
        return await state.shelf.version(int(number))
    except ArtefactError as error:
        raise Refusal(503, f"version {number} cannot be loaded: {error}") from error
    except SurtitleError as error:
        raise Refusal(404, str(error)) from error


class InferHandler:
    """Answers requests for inference.

    Parameters
    ----------
    state : State
        Of this worker.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._settings = state.project.settings.serve
        self._model = state.project.settings.project.name

    async def __call__(self, request: Request) -> Answer:
        """Read, score, answer."""
        state, settings, headers = self._state, self._settings, request.scope["headers"]
        _, _, _, name, *rest = request.scope["path"].split("/")
        check_name(state, name)
        body = await read_body(headers, request.receive, limit=settings.max_body_bytes)
        json_length = next((value for key, value in headers if key == _JSON_LENGTH), None)
        query = read_query(body, json_length, max_texts=settings.max_texts)
        check_size(
            query.texts, max_texts=settings.max_texts, max_chars=settings.max_text_chars, where="inputs[0].data: "
        )
        loaded, alias = await self._choose(rest, query.client)
        scored = await state.scoring.score(loaded, query.texts)
        self._note(request, loaded, query.texts)
        state.metrics.decided(scored, _label(loaded, alias))
        n_classes = len(loaded.scorer.rule.classes)
        encoded, length = encode_answer(
            query, scored, model=self._model, version=loaded.number, alias=alias, n_classes=n_classes
        )
        if length is None:
            return Answer(encoded, headers=(_JSON,))
        return Answer(encoded, headers=(_BINARY, (_JSON_LENGTH, b"%d" % length)))

    async def _choose(self, rest: list[str], client: str | None) -> tuple[Loaded, str]:
        if len(rest) == 3:
            loaded = await version_of(self._state, rest[1])
            return loaded, f"v{loaded.number}"
        general = (self._state.shelf.champion, CHAMPION)
        return general if client is None else await self._state.shelf.for_client(client, general)

    def _note(self, request: Request, loaded: Loaded, texts: list[str]) -> None:
        request.texts = len(texts)
        request.version = loaded.number
        if self._settings.log_texts:
            request.bodies = tuple(texts)
        self._state.metrics.batch(len(texts))


def _label(loaded: Loaded, alias: str) -> str:
    if alias == CHAMPION:
        return str(loaded.number)
    return "client" if "@" in alias else "pinned"
