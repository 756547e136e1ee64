"""``rules.toml`` -> rules, every fault at once."""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from surtitle.durations import parse_duration
from surtitle.errors import Fault, SettingsError

__all__ = ["Action", "Rule", "parse_rules", "read_rules"]

Action = Literal["allow", "review", "remove"]
_KINDS = ("phrases", "regex", "token_phrases", "token_patterns", "rate")
_MAX_BYTES = 10_000_000


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One rule; it has exactly one of `phrases`, `regex`, `token_phrases`, `token_patterns` and `rate`.

    Parameters
    ----------
    name : str
        Appears in the reasons of what it decides.
    action : str
        `allow`, `review` or `remove`.
    phrases : tuple of str
        Words in a row, found whatever the case and only between word boundaries.
    regex : str
        A regular expression, searched for.
    time_limit_ms : int
        How long `regex` may take on one text. A text on which it takes longer is reviewed.
    token_phrases : tuple of str
        Phrases compared token by token, lower-cased: spaCy's `PhraseMatcher`.
    token_patterns : tuple of patterns
        Each a list of what spaCy's `Matcher` takes for one token, such as ``{LOWER = "free"}``.
    rate : int
        The most events of one author in `per`; those beyond are acted on.
    per : str
        A duration, in event time.
    """

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    action: Action
    phrases: tuple[Annotated[str, Meta(min_length=1)], ...] = ()
    regex: str = ""
    time_limit_ms: Annotated[int, Meta(ge=1, le=10_000)] = 50
    token_phrases: tuple[Annotated[str, Meta(min_length=1)], ...] = ()
    token_patterns: tuple[list[dict[str, Any]], ...] = ()
    rate: Annotated[int, Meta(ge=0, le=10_000)] = 0
    per: str = ""

    @property
    def per_us(self) -> int:
        """`per` in microseconds."""
        return parse_duration(self.per)


def read_rules(path: Path) -> tuple[Rule, ...]:
    """Read a file of rules.

    Raises
    ------
    SettingsError
        If it cannot be read, or holds faults: all of them.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
        if len(content) > _MAX_BYTES:
            raise SettingsError(f"{path} is larger than {_MAX_BYTES:,} bytes, so it is not a file of rules")
        return parse_rules(content.decode("utf-8-sig"), name=str(path))
    except FileNotFoundError:
        raise SettingsError(f"{path} does not exist; make it, or leave stream.rules empty") from None
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} is not UTF-8 (byte {error.start}); save it as UTF-8") from error
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}") from error


def parse_rules(text: str, *, name: str = "rules.toml") -> tuple[Rule, ...]:
    r"""Check the text of a file of rules and return them, in order.

    Raises
    ------
    SettingsError
        With every fault at once.

    Examples
    --------
    >>> parse_rules('[[rule]]\nname = "links"\naction = "review"\nregex = "https?://"')[0].action
    'review'
    >>> parse_rules('[[rule]]\nname = "empty"\naction = "allow"')
    Traceback (most recent call last):
    surtitle.errors.SettingsError: rules.toml has 1 fault
      - rule 1 (empty): has no condition; write one of phrases, regex, token_phrases, token_patterns, rate
    """
    try:
        tree = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SettingsError(f"{name} is not valid TOML: {error}") from error
    faults = [Fault(key, "is not known here", "write [[rule]]") for key in tree if key != "rule"]
    given = tree.get("rule", [])
    if not isinstance(given, list):
        given, faults = [], [*faults, Fault("rule", "is one table", "write [[rule]], with two brackets")]
    rules = [rule for number, raw in enumerate(given, 1) if (rule := _rule(raw, number, faults)) is not None]
    for number, rule in enumerate(rules, 1):
        if rule.name in [other.name for other in rules[: number - 1]]:
            faults.append(Fault(f"rule {number} ({rule.name})", "has the name of an earlier rule", "choose another"))
    if faults:
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        raise SettingsError(f"{name} has {count}", faults)
    return tuple(rules)


def _rule(raw: Any, number: int, faults: list[Fault]) -> Rule | None:
    called = raw.get("name") if isinstance(raw, dict) else None
    where = f"rule {number} ({called})" if isinstance(called, str) else f"rule {number}"
    try:
        rule = msgspec.convert(raw, Rule)
    except msgspec.ValidationError as error:
        faults.append(Fault(where, str(error)))
        return None
    found = [kind for kind in _KINDS if getattr(rule, kind)]
    if len(found) != 1:
        what = f"has several conditions: {', '.join(found)}" if found else "has no condition"
        faults.append(Fault(where, what, f"write one of {', '.join(_KINDS)}"))
    if rule.rate or rule.per:
        try:
            rule.per_us  # noqa: B018 asked only whether it is one
        except ValueError as error:
            faults.append(Fault(f"{where}.per", str(error)))
    return rule
