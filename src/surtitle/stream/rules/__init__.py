"""What decides before the model: phrases, regular expressions, token patterns, rates of events."""

from collections.abc import Iterator, Mapping, Sequence

from surtitle.records import Reason
from surtitle.stream.decode import Events
from surtitle.stream.rules.rates import Rate
from surtitle.stream.rules.reading import Rule, parse_rules, read_rules
from surtitle.stream.rules.texts import TIMED_OUT, text_condition
from surtitle.stream.windows.stored import Stored

__all__ = ["Rule", "RuleBook", "parse_rules", "read_rules"]


class RuleBook:
    r"""Rules in their order; of those that apply to an event, the first decides.

    Parameters
    ----------
    rules : sequence of Rule
        In order.
    language : str
        spaCy's code, for token patterns.
    author, client : str
        The columns of author and client; author is needed by rates alone.

    Examples
    --------
    >>> book = RuleBook(parse_rules('[[rule]]\nname = "spam"\naction = "remove"\nphrases = ["buy now"]'))
    >>> len(book)
    1
    """

    def __init__(self, rules: Sequence[Rule] = (), *, language: str = "en", author: str = "", client: str = "") -> None:
        self.rules = tuple(rules)
        self._author = author
        self._client = client
        self._conditions = [None if rule.rate else text_condition(rule, language) for rule in rules]
        self._rates = [Rate(f"rule {rule.name}", rule.rate, rule.per_us) if rule.rate else None for rule in rules]

    def __len__(self) -> int:
        return len(self.rules)

    def apply(self, events: Events, marks: Sequence[int], actions: list[str]) -> list[tuple[Reason, ...]]:
        """Let rules decide: change `actions` in place and return the reasons.

        Parameters
        ----------
        events : Events
            Of one partition.
        marks : sequence of int
            The watermark that each is judged by.
        actions : list of str
            The model's, one each.
        """
        reasons: list[tuple[Reason, ...]] = [()] * len(events)
        for rule, condition, rate in zip(self.rules, self._conditions, self._rates, strict=True):
            found = condition(events.texts) if condition else self._exceeded(rate, events, marks) if rate else []
            for place, applies in enumerate(found):
                if applies and not reasons[place]:
                    timed_out = applies == TIMED_OUT
                    actions[place] = "review" if timed_out else rule.action
                    told = f"rule {rule.name} {TIMED_OUT}" if timed_out else f"rule {rule.name}"
                    reasons[place] = (Reason(told, 1.0, 0.0),)
        return reasons

    def _exceeded(self, rate: Rate, events: Events, marks: Sequence[int]) -> list[bool | str]:
        authors = events.column(self._author, self._client)
        return [
            author is not None and rate.exceeded(author, time, mark)
            for author, time, mark in zip(authors, events.times_us, marks, strict=True)
        ]

    def advance(self, watermark: int) -> None:
        """Let the watermark come to where it is."""
        for rate in self._rates:
            if rate:
                rate.advance(watermark)

    def changes(self) -> Iterator[Stored]:
        """Return what has changed since the last call, for the state."""
        for rate in self._rates:
            if rate:
                yield from rate.changes()

    def restore(self, stored: Mapping[str, Sequence[Stored]]) -> None:
        """Go on from what was committed."""
        for rate in self._rates:
            if rate:
                rate.restore(stored.get(rate.name, ()))
