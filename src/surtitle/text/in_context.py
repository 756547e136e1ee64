"""Tokens in context: from a whole spaCy pipeline, one text at a time."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from surtitle.errors import Fault, SettingsError
from surtitle.settings import TextSettings
from surtitle.text.batches import Texts, strings_of
from surtitle.text.cleaning import clean
from surtitle.text.pronouns import PRONOUN_TERM
from surtitle.text.rules import blank_pipeline, pronouns_of
from surtitle.text.tokens import Tokens

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

__all__ = ["InContext"]

_BATCH = 1000


class InContext:
    """Tokenises with a pipeline by name, or with a language's own kind of tokenizer.

    Not safe to share between threads while in use, as spaCy's pipelines are not.

    Parameters
    ----------
    settings : TextSettings
        Language or pipeline, lemmas, pronouns, cleaning.

    Raises
    ------
    SettingsError
        If spaCy does not know the language, or the pipeline is not installed.
    """

    def __init__(self, settings: TextSettings) -> None:
        self._settings = settings
        self._pronouns = pronouns_of(settings)
        self._nlp = _load(settings.pipeline) if settings.pipeline else _with_lemmas(settings)

    def __call__(self, texts: Texts) -> Tokens:
        """Clean and tokenise texts."""
        texts = strings_of(texts)
        numbers: dict[tuple[str, str], int] = {}
        ids: list[int] = []
        starts = [0]
        for doc in self._nlp.pipe(self._cleaned(texts), batch_size=_BATCH):
            ids.extend(numbers.setdefault(pair, len(numbers)) for pair in self._pairs(doc))
            starts.append(len(ids))
        return Tokens(list(numbers), np.array(ids, np.int32), np.array(starts, np.int64))

    def _cleaned(self, texts: Iterable[str]) -> Iterable[str]:
        return (clean(text, self._settings.cleaning) for text in texts)

    def _pairs(self, doc: "Doc") -> list[tuple[str, str]]:
        lowered = self._settings.cleaning.lowercase and bool(self._settings.pipeline)
        pairs = []
        for token in doc:
            word = (token.lemma_ or token.text) if self._settings.lemmas else token.text
            if self._settings.fold_pronouns and (token.pos_ == "PRON" or token.lower_ in self._pronouns):
                word = PRONOUN_TERM
            pairs.append((token.text, word.lower() if lowered else word))
        return pairs


def _load(pipeline: str) -> "Language":
    import spacy

    try:
        return spacy.load(pipeline, disable=["parser", "ner"])
    except OSError as error:
        remedy = f"python -m spacy download {pipeline}, or leave text.pipeline empty"
        fault = Fault("text.pipeline", f"{pipeline!r} is not installed", remedy)
        raise SettingsError("the spaCy pipeline cannot be loaded", [fault]) from error


def _with_lemmas(settings: TextSettings) -> "Language":
    nlp = blank_pipeline(settings.language)
    if settings.lemmas:
        try:
            nlp.add_pipe("lemmatizer", config={"mode": "lookup"}).initialize()  # type: ignore[attr-defined]  # any pipe
        except (ValueError, ImportError):  # spacy-lookups-data has none for this language
            if "lemmatizer" in nlp.pipe_names:
                nlp.remove_pipe("lemmatizer")
    return nlp
