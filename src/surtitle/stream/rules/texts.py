"""Conditions on the text alone: phrases, regular expressions, spaCy patterns. PURE."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from surtitle.errors import Fault, MissingExtraError, SettingsError
from surtitle.stream.rules.reading import Rule

__all__ = ["TIMED_OUT", "TextCondition", "text_condition"]

TIMED_OUT = "timed out"

TextCondition = Callable[[Sequence[str]], list[bool | str]]
"""Says of each text whether the rule applies; `TIMED_OUT` where that could not be found out in time."""


def text_condition(rule: Rule, language: str) -> TextCondition:
    """Return the condition of a rule on texts.

    Parameters
    ----------
    rule : Rule
        One without `rate`.
    language : str
        spaCy's code, for token patterns.

    Raises
    ------
    SettingsError
        If its regular expression or pattern cannot be compiled.
    MissingExtraError
        If `regex` is not installed.

    Examples
    --------
    >>> applies = text_condition(Rule(name="greeting", action="allow", phrases=("good morning",)), "en")
    >>> applies(["Good  morning, all", "goodmorning"])
    [True, False]
    """
    if rule.phrases:
        return _phrases(rule)
    return _regex(rule) if rule.regex else _tokens(rule, language)


def _phrases(rule: Rule) -> TextCondition:
    alternatives = (
        r"\s+".join(map(re.escape, phrase.split())) for phrase in sorted(rule.phrases, key=len, reverse=True)
    )
    found = re.compile(rf"(?<!\w)(?:{'|'.join(alternatives)})(?!\w)", re.IGNORECASE).search
    return lambda texts: [found(text) is not None for text in texts]


def _regex(rule: Rule) -> TextCondition:
    try:
        import regex
    except ImportError as error:
        raise MissingExtraError("regex", "rules") from error
    try:
        pattern = regex.compile(rule.regex)
    except regex.error as error:
        raise _broken(rule, "regex", error) from error
    limit_s = rule.time_limit_ms / 1000

    def applies(text: str) -> bool | str:
        try:
            return pattern.search(text, timeout=limit_s) is not None
        except TimeoutError:
            return TIMED_OUT

    return lambda texts: [applies(text) for text in texts]


def _tokens(rule: Rule, language: str) -> TextCondition:
    import spacy
    from spacy.matcher import Matcher, PhraseMatcher

    nlp: Any = spacy.blank(language)
    matcher: Any
    try:
        if rule.token_phrases:
            matcher = PhraseMatcher(nlp.vocab, attr="LOWER")
            matcher.add(rule.name, [nlp.make_doc(phrase) for phrase in rule.token_phrases])
        else:
            matcher = Matcher(nlp.vocab)
            matcher.add(rule.name, list(rule.token_patterns))
    except ValueError as error:
        raise _broken(rule, "token_patterns", error) from error
    nlp.max_length = 2**31
    return lambda texts: [bool(matcher(nlp.make_doc(text))) for text in texts]


def _broken(rule: Rule, kind: str, error: Exception) -> SettingsError:
    return SettingsError("a rule cannot be used", [Fault(f"{rule.name}.{kind}", str(error).splitlines()[0])])
