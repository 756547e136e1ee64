"""What the registry refuses to keep. Pure."""

import math
from datetime import datetime

import msgspec

from surtitle.errors import Fault, RegistryError, UsageError
from surtitle.registry.facts import VersionFacts
from surtitle.registry.gate import Verdict

__all__ = ["check_facts", "check_keep", "check_move", "check_now", "check_verdict"]

MAX_FACTS_BYTES = 1_000_000
MAX_WHY_LENGTH = 2_000


def check_now(now: datetime) -> None:
    """Refuse a time without a zone: the history is kept in UTC.

    Raises
    ------
    UsageError
    """
    if now.utcoffset() is None:
        raise UsageError(f"now is {now.isoformat()}, without a time zone; pass an aware datetime: datetime.now(UTC)")


def check_facts(facts: VersionFacts) -> None:
    """Refuse facts that could not be read again as they are.

    Raises
    ------
    RegistryError
        With every fault.
    """
    faults = [
        Fault(f"metrics.{name}", f"is not finite: {interval}", "leave out what is undefined")
        for name, interval in facts.metrics.items()
        if not all(math.isfinite(end) for end in (interval.value, interval.low, interval.high))
    ]
    faults += _size_faults(facts)
    if faults:
        raise RegistryError("this version cannot be registered with these facts", faults)


def check_keep(keep: int) -> None:
    """Refuse to remove all that was never a champion: the newest may be about to become one.

    Raises
    ------
    RegistryError
    """
    if keep < 1:
        raise RegistryError(f"at least the newest version stays, so keep must be 1 or more, not {keep}")


def check_verdict(verdict: Verdict) -> None:
    """Refuse a verdict that could not be read again as it is, such as one with an interval that is not finite.

    Raises
    ------
    RegistryError
    """
    try:
        kept = msgspec.json.decode(msgspec.json.encode(verdict), type=Verdict)
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        raise RegistryError(f"this verdict cannot be kept: {error}; judge() gives one that can") from error
    if kept != verdict:
        raise RegistryError("this verdict cannot be kept: it would be read differently; judge() gives one that can")


def check_move(alias: str, version: int | None, why: str, verdict: Verdict | None, *, forced: bool) -> None:
    """Refuse a move that makes no sense whatever the registry holds.

    Raises
    ------
    RegistryError
    """
    if len(why) > MAX_WHY_LENGTH or not _is_encodable(why):
        raise RegistryError(f"the reason must be at most {MAX_WHY_LENGTH} characters of valid text")
    if forced and not why.strip():
        raise RegistryError(f"{alias} can be moved against the gate only with a reason; give one with --why")
    if verdict is None:
        return
    check_verdict(verdict)
    if verdict.challenger != version:
        raise RegistryError(f"this verdict is about version {verdict.challenger}, not about version {version}")
    if not verdict.passed and not forced:
        raise RegistryError(f"the gate refused version {version} as {alias}: {' '.join(verdict.reasons)}")


def _size_faults(facts: VersionFacts) -> list[Fault]:
    try:
        size = len(msgspec.json.encode(facts))
    except UnicodeEncodeError:
        return [Fault("", "a text holds half a character (a lone surrogate)", "clean it first")]
    if size > MAX_FACTS_BYTES:
        return [Fault("", f"they take {size:,} bytes", f"at most {MAX_FACTS_BYTES:,}")]
    return []


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
