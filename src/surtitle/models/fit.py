"""Fitting the default model: choose on validation, calibrate there, fit once more on all that is not test.

The vocabulary is that of the training split, also for the model that is kept: the terms of the validation split moved
no figure of six real sets, and cost a third of the time. Test examples are never seen here.
"""

from collections.abc import Iterator, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from surtitle.errors import DataError, Fault
from surtitle.models.linear import LinearModel, fit_calibration, fit_rows, softmax
from surtitle.models.loss import LogisticLoss, some_rows
from surtitle.settings import FeatureSettings, TrainSettings
from surtitle.text import Tokens, Vocabulary, fit_vocabulary
from surtitle.text.tokens import join_tokens

__all__ = ["Choice", "Fitted", "class_indices", "fit_model"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

_START = 1.0
_STEP = 2.0
_SMALLEST, _LARGEST = 2.0**-6, 2.0**8


class Choice(msgspec.Struct, frozen=True):
    """One combination that was tried.

    Parameters
    ----------
    c : float
        Inverse regularisation strength.
    balanced : bool
        Classes weighed by their rarity.
    log_loss : float
        Of calibrated probabilities on the validation split; the smallest is chosen.
    """

    c: float
    balanced: bool
    log_loss: float


class Fitted(msgspec.Struct, frozen=True):
    """A fitted model, and how it was chosen.

    Parameters
    ----------
    vocabulary, model
        The model that is kept, calibrated.
    chosen : Choice
        The combination taken.
    tried : tuple of Choice
        All of them, in the order tried.
    validation_probabilities : float64, shape (n_validation, n_classes)
        Of the model before it was fitted once more: it had not seen these examples.
    """

    vocabulary: Vocabulary
    model: LinearModel
    chosen: Choice
    tried: tuple[Choice, ...]
    validation_probabilities: FloatArray


def fit_model(
    train: Tokens,
    y_train: IntArray,
    validation: Tokens,
    y_validation: IntArray,
    *,
    features: FeatureSettings,
    settings: TrainSettings,
    weights: FloatArray | None = None,
) -> Iterator[Choice | Fitted]:
    """Yield each combination tried, and at the end the fitted model.

    Parameters
    ----------
    train, validation : Tokens
        Tokenised texts.
    y_train, y_validation : int64, shape (n_texts,)
        Class indices; every class occurs in train.
    features : FeatureSettings
        Which terms.
    settings : TrainSettings
        What is fixed and what is chosen.
    weights : float64, shape (n_train + n_validation,), optional
        What each text counts in the fits, those of train first. The choice and the calibration do not go by them: the
        validation texts are what is to come next, as near as it is known.

    Raises
    ------
    DataError
        If no term is frequent enough to be kept.
    """
    vocabulary, X = fit_vocabulary(join_tokens([train, validation]), features, n_texts=len(train))
    if not len(vocabulary):
        what = f"no term occurs in {features.min_examples} training examples"
        raise DataError("the training texts give no terms", [Fault("features.min_examples", what, "lower it")])
    X_validation = some_rows(X, len(train), X.shape[0])
    loss = LogisticLoss(X, np.concatenate([y_train, y_validation]), weights=weights)
    search = _Search(loss, len(train), X_validation, y_validation)
    for c, balanced in search.combinations(settings):
        yield search.try_out(c, balanced=balanced)
    best = search.best()
    scale, shift = search.calibrations[best]
    logits = search.models[best].logits(X_validation)
    model = search.models[best]
    if settings.refit:
        model = fit_rows(loss, loss.n_rows, c=best.c, balanced=best.balanced, start=model)
    yield Fitted(
        vocabulary=vocabulary,
        model=model.rescaled(scale, shift),
        chosen=best,
        tried=tuple(search.models),
        validation_probabilities=softmax(scale * logits + shift),
    )


class _Search:
    """Tries combinations, and remembers the models."""

    def __init__(self, loss: LogisticLoss, n_train: int, X_validation: sparse.csr_array, y_validation: IntArray):
        self._train = loss, n_train
        self._validation = X_validation, y_validation
        self.models: dict[Choice, LinearModel] = {}
        self.calibrations: dict[Choice, tuple[float, FloatArray]] = {}

    def combinations(self, settings: TrainSettings) -> Iterator[tuple[float, bool]]:
        """Yield what to try next: a walk uphill in c, then the other balance at the best c."""
        balanced = settings.balance != "none"
        if settings.c == "auto":
            yield from self._walk(balanced)
        else:
            yield settings.c, balanced
        if settings.balance == "auto":
            yield self.best().c, not balanced

    def _walk(self, balanced: bool) -> Iterator[tuple[float, bool]]:
        yield _START, balanced
        for factor in (_STEP, 1 / _STEP):
            c = _START * factor
            while _SMALLEST <= c <= _LARGEST:
                yield c, balanced
                if self.best().c != c:
                    break
                c *= factor
            if self.best().c != _START:
                return  # c got better this way, so it does not the other way

    def best(self) -> Choice:
        """Return the combination with the smallest log loss; of equal ones the first."""
        return min(self.models, key=lambda choice: choice.log_loss)

    def try_out(self, c: float, *, balanced: bool) -> Choice:
        """Fit one combination and measure it on validation."""
        start = self.models[self.best()] if self.models else None
        model = fit_rows(*self._train, c=c, balanced=balanced, start=start)
        X, y = self._validation
        logits = model.logits(X)
        scale, shift = fit_calibration(logits, y)
        probabilities = softmax(scale * logits + shift)
        losses = -np.log(np.maximum(probabilities[np.arange(len(y)), y], 1e-15))
        choice = Choice(c=c, balanced=balanced, log_loss=float(losses.mean()))
        self.models[choice] = model
        self.calibrations[choice] = scale, shift
        return choice


def class_indices(labels: Sequence[str], classes: Sequence[str]) -> IntArray:
    """Return each label's place among the classes, int64, shape (n_labels,)."""
    places = {label: place for place, label in enumerate(classes)}
    return np.array([places[label] for label in labels], np.int64)
