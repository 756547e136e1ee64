"""What an artefact says of itself: `manifest.json`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from surtitle.models import DecisionRule
from surtitle.records import Interval
from surtitle.settings import FeatureSettings, TextSettings

__all__ = ["FORMAT", "FileFacts", "Manifest", "ModelFacts"]

FORMAT = 2
"""Number of the format that is written. Every earlier number stays readable."""


class ModelFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Where a model comes from and how good it was found to be.

    Parameters
    ----------
    name : str
        The project's name.
    created_at : datetime
        When training ended.
    data_hash : str
        Of the prepared examples.
    data_from, data_to : datetime or None
        First and last time of the examples.
    examples : mapping of str to int
        Split to number of examples.
    metrics : mapping of str to Interval
        On the test split.
    packages : mapping of str to str
        Versions of the packages that the scores depend on.
    recipe : mapping of str to str
        How it was fitted, in words: the choices made on the validation split.
    """

    name: str
    created_at: datetime
    data_hash: str
    data_from: datetime | None
    data_to: datetime | None
    examples: Mapping[str, int]
    metrics: Mapping[str, Interval]
    packages: Mapping[str, str]
    recipe: Mapping[str, str]


class FileFacts(msgspec.Struct, frozen=True):
    """Size and hash of one file."""

    bytes: Annotated[int, Meta(ge=0)]
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """The whole of `manifest.json`.

    Parameters
    ----------
    format : int
        Number of the format.
    kind : str
        `linear`, our model; or `estimator`, a user's scikit-learn estimator.
    task : str
        `classification`.
    facts : ModelFacts
        Provenance and metrics.
    rule : DecisionRule
        Classes and thresholds.
    text, features : settings or None
        Of the text path; None for an estimator, which has its own.
    files : mapping of str to FileFacts
        Every file that belongs to the model.
    """

    format: int
    kind: Literal["linear", "estimator"]
    task: Literal["classification"]
    facts: ModelFacts
    rule: DecisionRule
    text: TextSettings | None
    features: FeatureSettings | None
    files: dict[str, FileFacts]
