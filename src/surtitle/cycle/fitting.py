"""Fit a project's model on prepared examples: ours, or the user's own estimator."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from surtitle.cycle.ageing import age_weights
from surtitle.cycle.ahead import RulesAhead
from surtitle.cycle.user_module import load_function
from surtitle.durations import parse_duration
from surtitle.errors import Fault, SettingsError
from surtitle.evaluate import choose_class_weights, thresholds_from_costs
from surtitle.models import (
    DecisionRule,
    EstimatorScorer,
    Fitted,
    LinearScorer,
    class_indices,
    estimator_logits,
    fit_calibration,
    fit_model,
)
from surtitle.models.linear import softmax
from surtitle.prepare import Prepared
from surtitle.prepare.arrow import to_numbers
from surtitle.progress import Reporter
from surtitle.project import Project
from surtitle.settings import Settings
from surtitle.text import ChunkFinder, RememberedChunks, TokenizerRules, Tokens, tokenize

__all__ = ["Examples", "FittedProject", "Splits", "TextPath", "fit_own", "fit_project", "fit_tokens", "load_examples"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


class Examples(msgspec.Struct, frozen=True):
    """One split.

    Parameters
    ----------
    table : pyarrow.Table
        As `Prepared.load` gives it.
    texts : list of str
        Its texts.
    y : int64, shape (n_examples,)
        Class indices.
    """

    table: Any
    texts: list[str]
    y: IntArray


class Splits(NamedTuple):
    """The examples of all three."""

    train: Examples
    validation: Examples
    test: Examples


class FittedProject(msgspec.Struct, frozen=True):
    """What fitting gave.

    Parameters
    ----------
    scorer : LinearScorer or EstimatorScorer
        Calibrated, with thresholds.
    validation_probabilities, test_probabilities : float64, shape (n_examples, n_classes)
        Of examples that the model measured had not seen.
    recipe : dict of str to str
        The choices made, in words.
    """

    scorer: Any
    validation_probabilities: FloatArray
    test_probabilities: FloatArray
    recipe: dict[str, str]


def load_examples(prepared: Prepared, split: str) -> Examples:
    """Read one split of the prepared examples."""
    table: pa.Table = prepared.load(split)
    y = class_indices(table["label"].to_pylist(), prepared.classes)
    return Examples(table, table["text"].to_pylist(), y)


def fit_project(
    project: Project, classes: tuple[str, ...], splits: Splits, reporter: Reporter, ahead: RulesAhead
) -> FittedProject:
    """Fit on train, choose and calibrate on validation, score test.

    Raises
    ------
    DataError
        If no term is frequent enough to be kept.
    SettingsError
        If the user's estimator cannot be used.
    """
    if project.settings.train.estimator:
        return fit_own(project, classes, splits, reporter)
    return _fit_ours(project.settings, classes, splits, reporter, ahead)


def _fit_ours(
    settings: Settings, classes: tuple[str, ...], splits: Splits, reporter: Reporter, ahead: RulesAhead
) -> FittedProject:
    reporter.start("tokenise", sum(len(split.texts) for split in splits))
    path = TextPath(settings, ahead.rules())
    tokens = path.tokenize([text for split in splits for text in split.texts], advance=reporter.advance)
    reporter.done(f"{len(tokens.ids):,} tokens, {len(tokens.types):,} of them different")
    return fit_tokens(settings, classes, splits, tokens, path, reporter)


class TextPath:
    """What turns a project's texts into tokens, made once for however many models are fitted on them.

    Parameters
    ----------
    settings : Settings
        Of the project.
    rules : TokenizerRules or None
        Of the tokenizer; None where a whole spaCy pipeline takes their place.
    """

    def __init__(self, settings: Settings, rules: TokenizerRules | None) -> None:
        self.rules = rules
        self._settings = settings

    def tokenize(self, texts: Sequence[str], *, advance: Callable[[int], None] = lambda _: None) -> Tokens:
        """Tokenise all texts in one go, so that each distinct chunk is read once."""
        return tokenize(texts, self._settings.text, self.rules, advance=advance)

    def remember(self, texts: Sequence[str]) -> RememberedChunks:
        """Return the chunks that a model of these texts should know from the start."""
        if self._finder is None:
            return RememberedChunks()
        return self._finder.frequent(texts, min_examples=self._settings.features.min_examples)

    @cached_property
    def _finder(self) -> ChunkFinder | None:
        return None if self.rules is None else ChunkFinder(self.rules, self._settings.text.cleaning)


def fit_tokens(
    settings: Settings,
    classes: tuple[str, ...],
    splits: Splits,
    tokens: Tokens,
    path: TextPath,
    reporter: Reporter,
) -> FittedProject:
    """Do what `fit_project` does, of texts that have been tokenised: those of all splits, one after the other.

    Raises
    ------
    DataError
        If no term is frequent enough to be kept.
    """
    train, validation, _ = splits
    reporter.start("fit", None)
    bounds = np.cumsum([0, *(len(split.texts) for split in splits)])
    parts = [tokens.part(int(start), int(end)) for start, end in pairwise(bounds)]
    steps = fit_model(
        *(parts[0], train.y, parts[1], validation.y),
        features=settings.features,
        settings=settings.train,
        weights=_weights(settings, train, validation),
    )
    fitted = _follow(steps, reporter)
    rule = _rule(settings, classes, validation.y, fitted.validation_probabilities)
    scorer = LinearScorer(
        settings.text,
        settings.features,
        fitted.vocabulary,
        fitted.model,
        rule,
        rules=path.rules,
        remembered=path.remember(train.texts),
    )
    chosen = fitted.chosen
    balance = "balanced" if chosen.balanced else "as they are"
    reporter.done(f"{len(fitted.vocabulary):,} terms, C = {chosen.c:g}, classes {balance}")
    recipe = {
        "model": "logistic regression",
        "c": f"{chosen.c:g}",
        "classes": balance,
        "words": f"{len(fitted.vocabulary.words):,} terms",
        "characters": f"{len(fitted.vocabulary.chars):,} terms",
        "combinations tried": str(len(fitted.tried)),
        "validation log loss": f"{chosen.log_loss:.4f}",
        "fitted on": "train and validation" if settings.train.refit else "train",
    }
    if settings.train.half_life:
        recipe["counted half after"] = settings.train.half_life
    return FittedProject(scorer, fitted.validation_probabilities, scorer.tokens_probabilities(parts[2]), recipe)


def _weights(settings: Settings, train: Examples, validation: Examples) -> FloatArray | None:
    if not settings.train.half_life:
        return None
    times = np.concatenate([to_numbers(split.table["time"], "datetime64[us]") for split in (train, validation)])
    return age_weights(times, timedelta(microseconds=parse_duration(settings.train.half_life)))


def _follow(steps: Iterator[Any], reporter: Reporter) -> Fitted:
    for step in steps:
        if isinstance(step, Fitted):
            return step
        reporter.advance(1)
    raise RuntimeError("fitting ended without a model")


def _rule(settings: Settings, classes: tuple[str, ...], y: IntArray, probabilities: FloatArray) -> DecisionRule:
    weights = tuple(float(weight) for weight in choose_class_weights(y, probabilities))
    thresholds = thresholds_from_costs(settings.costs) if len(classes) == 2 else None
    return DecisionRule(classes, weights, thresholds)


def fit_own(project: Project, classes: tuple[str, ...], splits: Splits, reporter: Reporter) -> FittedProject:
    """Do what `fit_project` does with the user's own estimator.

    Raises
    ------
    SettingsError
        If it cannot be used.
    """
    settings = project.settings
    train, validation, test = splits
    reporter.start("fit", None)
    estimator = _make_own(project)
    estimator.fit(train.texts, train.y)
    logits = estimator_logits(estimator, validation.texts)
    scale, shift = fit_calibration(logits, validation.y)
    validation_probabilities = softmax(scale * logits + shift)
    if settings.train.refit:
        estimator = _make_own(project)
        estimator.fit([*train.texts, *validation.texts], np.concatenate([train.y, validation.y]))
    rule = _rule(settings, classes, validation.y, validation_probabilities)
    scorer = EstimatorScorer(estimator, scale, shift, rule)
    reporter.done(type(estimator).__name__)
    recipe = {
        "model": f"{settings.train.estimator} ({type(estimator).__name__})",
        "fitted on": "train and validation" if settings.train.refit else "train",
    }
    return FittedProject(scorer, validation_probabilities, scorer.probabilities(test.texts), recipe)


def _make_own(project: Project) -> Any:
    reference = project.settings.train.estimator
    estimator = load_function(reference, project.root, setting="train.estimator")()
    if not hasattr(estimator, "fit"):
        fault = Fault("train.estimator", f"{reference} returned {estimator!r:.80}, which has no fit(texts, y)")
        raise SettingsError("your estimator cannot be used", [fault])
    return estimator
