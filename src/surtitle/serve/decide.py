"""`POST /decide`: one event or a list of them, a decision each, in order."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import parse_qsl

import msgspec

from surtitle.cycle.loading import Loaded
from surtitle.cycle.roster import CHAMPION
from surtitle.records import Decision, Reason
from surtitle.serve.body import read_body
from surtitle.serve.decisions import check_size, decision
from surtitle.serve.gateway import Answer, Request
from surtitle.serve.refusal import Refusal, malformed
from surtitle.serve.state import State
from surtitle.serve.wire import TextIn, decode_decide

__all__ = ["DecideHandler"]

_encode = msgspec.json.Encoder().encode
_NONE: tuple[Reason, ...] = ()


class DecideHandler:
    """Answers `POST /decide`.

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
        """Read, decide, answer."""
        scope, settings = request.scope, self._settings
        explain = _wants_reasons(scope["query_string"]) if scope["query_string"] else False
        body = await read_body(scope["headers"], request.receive, limit=settings.max_body_bytes)
        try:
            parsed = decode_decide(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise malformed(error) from error
        events = parsed if isinstance(parsed, list) else [parsed]
        texts = [event.text for event in events]
        check_size(texts, max_texts=settings.max_texts, max_chars=settings.max_text_chars)
        request.texts = len(texts)
        if settings.log_texts:
            request.bodies = tuple(texts)
        self._state.metrics.batch(len(texts))
        decisions = await self._decide(request, events, texts, explain=explain)
        if self._state.shadow is not None:
            self._state.shadow.offer(texts, decisions)
        return Answer(_encode(decisions if isinstance(parsed, list) else decisions[0]))

    async def _decide(
        self, request: Request, events: Sequence[TextIn], texts: Sequence[str], *, explain: bool
    ) -> list[Decision]:
        if all(event.client is None for event in events):
            chosen = self._state.shelf.champion
            return await self._by_one(request, chosen, CHAMPION, events, texts, range(len(events)), explain=explain)
        return await self._by_several(request, events, texts, explain=explain)

    async def _by_several(
        self, request: Request, events: Sequence[TextIn], texts: Sequence[str], *, explain: bool
    ) -> list[Decision]:
        """Divide the events among the models of their clients, and put the decisions back in order."""
        shelf = self._state.shelf
        # One champion for the whole request, also if it is swapped while a client's model is loaded.
        general = (shelf.champion, CHAMPION)
        places: dict[str | None, list[int]] = {}
        for place, event in enumerate(events):
            places.setdefault(event.client if shelf.has_own(event.client) else None, []).append(place)
        found: dict[int, Decision] = {}
        # One model after the other: all of them at once may be more than the memory that models are given.
        for client, rows in places.items():
            if found:
                await asyncio.sleep(0)  # others get a turn
            loaded, alias = general if client is None else await shelf.for_client(client, general)
            part, own = [events[row] for row in rows], [texts[row] for row in rows]
            made = await self._by_one(request, loaded, alias, part, own, rows, explain=explain)
            found.update(zip(rows, made, strict=True))
        return [found[place] for place in range(len(events))]

    async def _by_one(
        self,
        request: Request,
        loaded: Loaded,
        alias: str,
        events: Sequence[TextIn],
        texts: Sequence[str],
        places: Sequence[int],
        *,
        explain: bool,
    ) -> list[Decision]:
        scoring = self._state.scoring
        scored = await scoring.score(loaded, texts)
        reasons = await scoring.reasons(loaded, texts) if explain else [_NONE] * len(texts)
        request.version = loaded.number
        self._state.metrics.decided(scored, str(loaded.number) if alias == CHAMPION else "client")
        now = datetime.now(UTC)
        return [
            decision(
                event,
                each,
                fallback_id=f"{request.id}-{place}",
                model=self._model,
                version=loaded.number,
                alias=alias,
                now=now,
                reasons=why,
            )
            for event, each, why, place in zip(events, scored, reasons, places, strict=True)
        ]


def _wants_reasons(query: bytes) -> bool:
    explain = False
    for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        if name != "explain":
            raise Refusal(400, f"there is no query parameter {name[:100]!r}; known is explain")
        if value not in ("true", "false"):
            raise Refusal(400, f"the query parameter explain must be true or false, got {value[:100]!r}")
        explain = value == "true"
    return explain
