"""From events and scores to decisions. PURE."""

from collections.abc import Sequence
from datetime import datetime

from surtitle.records import Decision, Reason, Scored
from surtitle.serve.refusal import Refusal
from surtitle.serve.wire import TextIn

__all__ = ["check_size", "decision"]

_NO_REASONS: tuple[Reason, ...] = ()


def decision(
    event: TextIn,
    scored: Scored,
    *,
    fallback_id: str,
    model: str,
    version: int,
    alias: str,
    now: datetime,
    reasons: tuple[Reason, ...] = _NO_REASONS,
) -> Decision:
    """Say of an event what its score means.

    Parameters
    ----------
    event : TextIn
        As it came.
    scored : Scored
        What the model says of its text.
    fallback_id : str
        For an event without an id.
    model : str
        The model's name.
    version : int
        Which version scored it.
    alias : str
        What chose that version; tells whether the client has a model of its own.
    now : datetime
        Aware.
    reasons : tuple of Reason
        Empty unless they were asked for.

    Examples
    --------
    >>> from datetime import UTC
    >>> scored = Scored(0.9, "1", "remove", {"0": 0.1, "1": 0.9})
    >>> made = decision(TextIn("you dummy", client="go"), scored, fallback_id="r-0", model="m", version=3,
    ...                 alias="champion", now=datetime(2026, 1, 1, tzinfo=UTC))
    >>> made.id, made.client, made.alias, made.action
    ('r-0', 'go', 'champion', 'remove')
    """
    return Decision(
        event.id or fallback_id,
        model,
        version,
        event.client,
        scored.score,
        scored.action,
        reasons,
        event.time,
        now,
        alias,
    )


def check_size(texts: Sequence[str], *, max_texts: int, max_chars: int, where: str = "") -> None:
    """Refuse too many or too long texts.

    Raises
    ------
    Refusal
        413, with the number of the text that is too long.

    Examples
    --------
    >>> check_size(["abc"], max_texts=1, max_chars=2)
    Traceback (most recent call last):
    surtitle.serve.refusal.Refusal: [0].text has 3 characters; serve.max_text_chars allows 2
    """
    if len(texts) > max_texts:
        raise Refusal(413, f"{len(texts):,} texts in one request; serve.max_texts allows {max_texts:,}")
    for place, text in enumerate(texts):
        if len(text) > max_chars:
            found = f"[{place}].text has {len(text):,} characters"
            raise Refusal(413, f"{where}{found}; serve.max_text_chars allows {max_chars:,}")
