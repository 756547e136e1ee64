"""Every setting there is, with its type, its default and the comment that `surtitle config` prints.

The structures are plain data, a module for each part of the product. Reading and checking them is the work of
`surtitle.project`.
"""

from surtitle.settings.data import DataSettings, SplitSettings
from surtitle.settings.kinds import Section
from surtitle.settings.project import OwnerSettings, ProjectSettings
from surtitle.settings.serve import ServeSettings
from surtitle.settings.ship import ShipSettings
from surtitle.settings.stream import StreamSettings
from surtitle.settings.text import CleaningSettings, FeatureSettings, TextSettings
from surtitle.settings.training import CostSettings, EvaluateSettings, GateSettings, TrainSettings
from surtitle.settings.watch import WatchSettings

__all__ = [
    "CleaningSettings",
    "CostSettings",
    "DataSettings",
    "EvaluateSettings",
    "FeatureSettings",
    "GateSettings",
    "OwnerSettings",
    "ProjectSettings",
    "ServeSettings",
    "Settings",
    "ShipSettings",
    "SplitSettings",
    "StreamSettings",
    "TextSettings",
    "TrainSettings",
    "WatchSettings",
]


class Settings(Section, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole of `surtitle.toml`."""

    project: ProjectSettings = ProjectSettings()
    data: DataSettings = DataSettings()
    split: SplitSettings = SplitSettings()
    text: TextSettings = TextSettings()
    features: FeatureSettings = FeatureSettings()
    train: TrainSettings = TrainSettings()
    costs: CostSettings = CostSettings()
    evaluate: EvaluateSettings = EvaluateSettings()
    gate: GateSettings = GateSettings()
    stream: StreamSettings = StreamSettings()
    serve: ServeSettings = ServeSettings()
    watch: WatchSettings = WatchSettings()
    ship: ShipSettings = ShipSettings()
    owners: OwnerSettings = OwnerSettings()
