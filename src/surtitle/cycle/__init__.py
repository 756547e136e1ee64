"""The stages of a model's life and how they follow from each other."""

from surtitle.cycle.promotion import OpenModel, Promotion, open_scorer, promote, registry_of, rollback
from surtitle.cycle.state import project_plan
from surtitle.cycle.train import Trained, train

__all__ = [
    "OpenModel",
    "Promotion",
    "Trained",
    "open_scorer",
    "project_plan",
    "promote",
    "registry_of",
    "rollback",
    "train",
]
