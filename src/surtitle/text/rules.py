"""The rules of a tokenizer as data: what an artefact keeps, so that its answers outlive the installed spaCy.

A blank spaCy pipeline cuts text by five regular expressions and a table of exceptions, and finds dictionary forms in
another table. Both are read from spaCy once, in training. spaCy's own tokenizer is then built from what was read, in
training as in scoring (`surtitle.text.splitter`), and the native one takes the same data.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from surtitle.errors import Fault, SettingsError
from surtitle.settings import TextSettings
from surtitle.text.cleaning import CLEANING_PATTERNS
from surtitle.text.programs import PatternText, UnsupportedPatternError, compile_program
from surtitle.text.pronouns import PRONOUN_TERM, PRONOUNS

if TYPE_CHECKING:
    from spacy.language import Language

__all__ = ["TokenizerRules", "blank_pipeline", "pronouns_of", "read_rules", "word_forms"]


class TokenizerRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that tokens and their word forms follow from.

    Parameters
    ----------
    language : str
        spaCy's code.
    prefix, suffix, infix, url, token : PatternText or None
        spaCy's `prefix_search`, `suffix_search`, `infix_finditer`, `url_match` and `token_match`.
    exceptions : dict of str to tuple of str
        A chunk, and the tokens that it always becomes.
    lemmas : dict of str to str
        A token's text to its dictionary form; empty where there are none, or where they are off.
    lemmas_of_lower : bool
        Dutch: it is the lower-cased token that is looked up, and that is the form of what is not found.
    pronouns : tuple of str
        Lower-cased tokens whose form is the one term of all pronouns.
    programs : dict of str to dict, or None
        The patterns, and those of cleaning, compiled for the native engine by `with_programs`.
    why_not_native : str
        Why they cannot be.
    """

    language: str
    prefix: PatternText | None
    suffix: PatternText | None
    infix: PatternText | None
    url: PatternText | None
    token: PatternText | None
    exceptions: dict[str, tuple[str, ...]]
    lemmas: dict[str, str]
    lemmas_of_lower: bool = False
    pronouns: tuple[str, ...] = ()
    programs: dict[str, Any] | None = None
    why_not_native: str = ""

    def restricted_to(self, words: Collection[str]) -> "TokenizerRules":
        """Return the rules without the dictionary entries that make no difference to a vocabulary of these words."""
        known = frozenset(words)
        kept = {token: lemma for token, lemma in self.lemmas.items() if lemma in known or token in known}
        return msgspec.structs.replace(self, lemmas=kept)

    def with_programs(self) -> "TokenizerRules":
        """Return the rules with the programs that the native engine needs, or the reason why there can be none."""
        if self.programs is not None or self.why_not_native:
            return self
        own = {name: getattr(self, name) for name in ("prefix", "suffix", "infix", "url", "token")}
        cleaning = {name: PatternText(pattern.pattern, pattern.flags) for name, pattern in CLEANING_PATTERNS.items()}
        patterns = {name: pattern for name, pattern in {**own, **cleaning}.items() if pattern is not None}
        try:
            programs = {name: compile_program(pattern) for name, pattern in patterns.items()}
        except UnsupportedPatternError as error:
            return msgspec.structs.replace(self, why_not_native=str(error))
        return msgspec.structs.replace(self, programs=programs)


def word_forms(rules: TokenizerRules) -> Callable[[Iterable[str]], list[str]]:
    """Return a function that gives each token's word form.

    Examples
    --------
    >>> forms = word_forms(read_rules(TextSettings()))
    >>> forms(["cars", "were", "Surtitle"])
    ['car', 'be', 'Surtitle']
    """
    lemmas, pronouns, of_lower = rules.lemmas, frozenset(rules.pronouns), rules.lemmas_of_lower

    def form(token: str) -> str:
        if token.lower() in pronouns:
            return PRONOUN_TERM
        asked = token.lower() if of_lower else token
        return lemmas.get(asked, asked)

    if pronouns or of_lower:
        return lambda tokens: [form(token) for token in tokens]
    return lambda tokens: [lemmas.get(token, token) for token in tokens]


def read_rules(settings: TextSettings) -> TokenizerRules | None:
    """Read the rules of a language from the installed spaCy and `spacy-lookups-data`.

    Returns
    -------
    TokenizerRules or None
        None where there are no such rules: a pipeline by name takes words in context, and some languages (Chinese,
        Thai, ...) have tokenizers of another kind.

    Raises
    ------
    SettingsError
        If spaCy does not know the language, or has no list of its pronouns where they are to be folded.
    """
    pronouns = pronouns_of(settings)
    if settings.pipeline:
        return None
    rules = _read(settings.language, settings.lemmas)
    return rules and msgspec.structs.replace(rules, pronouns=tuple(sorted(pronouns)))


def pronouns_of(settings: TextSettings) -> frozenset[str]:
    """Return the words that become one term.

    Raises
    ------
    SettingsError
        If pronouns are to be folded, and neither a list nor a pipeline can tell them.
    """
    if not settings.fold_pronouns:
        return frozenset()
    if settings.language not in PRONOUNS and not settings.pipeline:
        what = f"no list of pronouns for {settings.language!r}; there is one for {', '.join(sorted(PRONOUNS))}"
        fault = Fault("text.fold_pronouns", what, "name a text.pipeline that tags words, or switch it off")
        raise SettingsError("pronouns cannot be folded", [fault])
    return PRONOUNS.get(settings.language, frozenset())


def blank_pipeline(language: str) -> "Language":
    """Return spaCy's blank pipeline of a language.

    Raises
    ------
    SettingsError
        If spaCy has no such language.
    """
    import spacy

    try:
        return spacy.blank(language)
    except ImportError as error:
        what = f"spaCy has no language {language!r}, or it needs another package: {error}"
        fault = Fault("text.language", what, "xx is any language")
        raise SettingsError("the language cannot be used", [fault]) from error


@lru_cache(maxsize=8)  # reading one takes from a tenth of a second to some seconds
def _read(language: str, lemmas: bool) -> TokenizerRules | None:
    from spacy.symbols import ORTH
    from spacy.tokenizer import Tokenizer

    pipeline = blank_pipeline(language)
    tokenizer: Any = pipeline.tokenizer
    if type(tokenizer) is not Tokenizer:
        return None
    searches = {
        "prefix": (tokenizer.prefix_search, "search"),
        "suffix": (tokenizer.suffix_search, "search"),
        "infix": (tokenizer.infix_finditer, "finditer"),
        "url": (tokenizer.url_match, "match"),
        "token": (tokenizer.token_match, "match"),
    }
    if not all(_is_pattern(*search) for search in searches.values()):
        return None
    patterns = {
        name: None if search is None else PatternText(search.__self__.pattern, search.__self__.flags)
        for name, (search, _) in searches.items()
    }
    exceptions = {chunk: tuple(token[ORTH] for token in tokens) for chunk, tokens in tokenizer.rules.items()}
    table, of_lower = _lemmas(pipeline) if lemmas else ({}, False)
    return TokenizerRules(
        language=language,
        exceptions=exceptions,
        lemmas={**_forms_with_spaces(exceptions), **table},
        lemmas_of_lower=of_lower,
        prefix=patterns["prefix"],
        suffix=patterns["suffix"],
        infix=patterns["infix"],
        url=patterns["url"],
        token=patterns["token"],
    )


def _is_pattern(search: Any, method: str) -> bool:
    if search is None:
        return True
    return isinstance(getattr(search, "__self__", None), re.Pattern) and search.__name__ == method


def _forms_with_spaces(exceptions: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    tokens = {token for tokens in exceptions.values() for token in tokens if " " in token}
    return {token: _unbroken(token) for token in tokens}


def _unbroken(form: str) -> str:
    """Replace the spaces of a word form: a space in a term stands between two words."""
    return form.replace(" ", "\u00a0")


def _lemmas(pipeline: "Language") -> tuple[dict[str, str], bool]:
    """Return the language's look-up table, and whether it is the lower-cased token that is looked up in it."""
    from spacy.lang.nl.lemmatizer import DutchLemmatizer
    from spacy.pipeline import Lemmatizer
    from spacy.util import load_language_data, registry

    try:
        lemmatizer: Any = pipeline.add_pipe("lemmatizer", config={"mode": "lookup"})
        lemmatizer.initialize()
    except (ValueError, ImportError):
        return {}, False  # spacy-lookups-data has none for this language
    method = type(lemmatizer).lookup_lemmatize
    of_lower = method is DutchLemmatizer.lookup_lemmatize
    if not of_lower and method is not Lemmatizer.lookup_lemmatize:
        what = f"spaCy's look-up of {pipeline.lang!r} has a method of its own, which Surtitle does not know"
        raise SettingsError("the lemmas cannot be used", [Fault("text.lemmas", what, "set text.lemmas to false")])
    table: Any = load_language_data(registry.lookups.get(pipeline.lang)["lemma_lookup"])
    return {token: _unbroken(_first(lemma)) for token, lemma in table.items()}, of_lower


def _first(lemma: str | list[str]) -> str:
    return lemma if isinstance(lemma, str) else lemma[0]
