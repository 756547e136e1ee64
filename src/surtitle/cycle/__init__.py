"""The stages of a model's life and how they follow from each other.

Names are imported when they are first used: scoring needs neither DuckDB nor the evaluation.
"""

from typing import TYPE_CHECKING

from surtitle.lazy import names_from

if TYPE_CHECKING:
    from surtitle.cycle.clients import ClientsTrained, train_clients
    from surtitle.cycle.exporting import Exported, export_onnx
    from surtitle.cycle.opening import OpenModel, open_scorer, registry_of
    from surtitle.cycle.promotion import Comparison, Promotion, compare_with_champion, promote, rollback
    from surtitle.cycle.state import project_plan
    from surtitle.cycle.training import Trained, train

__all__ = [
    "ClientsTrained",
    "Comparison",
    "Exported",
    "OpenModel",
    "Promotion",
    "Trained",
    "compare_with_champion",
    "export_onnx",
    "open_scorer",
    "project_plan",
    "promote",
    "registry_of",
    "rollback",
    "train",
    "train_clients",
]

__getattr__ = names_from(
    __name__,
    {
        "ClientsTrained": "clients",
        "Comparison": "promotion",
        "Exported": "exporting",
        "OpenModel": "opening",
        "Promotion": "promotion",
        "Trained": "training",
        "compare_with_champion": "promotion",
        "export_onnx": "exporting",
        "open_scorer": "opening",
        "project_plan": "state",
        "promote": "promotion",
        "registry_of": "opening",
        "rollback": "promotion",
        "train": "training",
        "train_clients": "clients",
    },
)
