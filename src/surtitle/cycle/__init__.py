"""The stages of a model's life and how they follow from each other.

Names are imported when they are first used: scoring needs neither DuckDB nor the evaluation.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from surtitle.cycle.exporting import Exported, export_onnx
    from surtitle.cycle.opening import OpenModel, open_scorer, registry_of
    from surtitle.cycle.promotion import Promotion, promote, rollback
    from surtitle.cycle.state import project_plan
    from surtitle.cycle.training import Trained, train

__all__ = [
    "Exported",
    "OpenModel",
    "Promotion",
    "Trained",
    "export_onnx",
    "open_scorer",
    "project_plan",
    "promote",
    "registry_of",
    "rollback",
    "train",
]

_HOME = {
    "Exported": "exporting",
    "OpenModel": "opening",
    "Promotion": "promotion",
    "Trained": "training",
    "export_onnx": "exporting",
    "open_scorer": "opening",
    "project_plan": "state",
    "promote": "promotion",
    "registry_of": "opening",
    "rollback": "promotion",
    "train": "training",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
