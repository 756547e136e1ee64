"""[train], [clients], [costs], [evaluate] and [gate]: how models are fitted, measured and let through."""

from typing import Annotated, Literal

from msgspec import Meta

from surtitle.settings.kinds import Count, Positive, Section

__all__ = ["ClientSettings", "CostSettings", "EvaluateSettings", "GateSettings", "TrainSettings"]


class TrainSettings(Section, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How the model is fitted."""

    estimator: Annotated[
        str, Meta(description="your own scikit-learn estimator of texts, module:function; empty: ours")
    ] = ""
    trusted: Annotated[
        tuple[str, ...], Meta(description="types beyond scikit-learn's own that may be loaded with that estimator")
    ] = ()
    c: Annotated[
        Positive | Literal["auto"],
        Meta(description="inverse regularisation strength; auto: chosen on the validation split"),
    ] = "auto"
    balance: Annotated[
        Literal["auto", "balanced", "none"],
        Meta(description="weigh classes by their rarity; auto: chosen on the validation split"),
    ] = "auto"
    refit: Annotated[
        bool, Meta(description="after the choices are made, fit once more on train and validation together")
    ] = True
    half_life: Annotated[
        str, Meta(description="an example so much older than the newest counts half, such as 90d; empty: all alike")
    ] = ""


class ClientSettings(Section, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """When a client gets a model of its own, and how such models are trained."""

    min_examples: Annotated[
        Count, Meta(description="labelled examples that a client needs to be given a model of its own")
    ] = 300
    min_per_class: Annotated[
        Count, Meta(description="of each class so many in the client's validation and in its test split")
    ] = 5
    processes: Annotated[
        int, Meta(ge=0, le=64, description="that train side by side; 0: as many as there are cores")
    ] = 0


class CostSettings(Section, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a wrong decision costs, in any unit; the thresholds follow from these (two classes only)."""

    false_negative: Annotated[Positive, Meta(description="one that should be removed is allowed")] = 1.0
    false_positive: Annotated[Positive, Meta(description="one that should be allowed is removed")] = 1.0
    review: Annotated[Positive, Meta(description="a person looks at one")] = 0.2


class EvaluateSettings(Section, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the report measures."""

    resamples: Annotated[int, Meta(ge=100, le=100_000, description="bootstrap resamples per interval")] = 1000
    confidence: Annotated[float, Meta(gt=0.5, lt=1.0, description="of the intervals")] = 0.95
    slices: Annotated[
        tuple[str, ...], Meta(description="your own columns to slice by, beside client, length and time")
    ] = ()
    min_slice: Annotated[Count, Meta(description="a smaller slice carries a warning")] = 100
    seed: Annotated[int, Meta(ge=0, description="of the resamples")] = 0


class GateSettings(Section, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """When a challenger may become champion."""

    epsilon: Annotated[
        float, Meta(ge=0.0, description="the lower end of the AUC difference's interval must be above minus this")
    ] = 0.01
    delta: Annotated[
        float, Meta(ge=0.0, description="no slice's AUC may fall by more than this, beyond its interval")
    ] = 0.02
    slices: Annotated[tuple[str, ...], Meta(description="client, or columns named in evaluate.slices")] = ("client",)
