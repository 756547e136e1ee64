"""[project] and [owners]: whose model it is."""

from typing import Annotated

from msgspec import Meta

from surtitle.settings.kinds import Section

__all__ = ["OwnerSettings", "ProjectSettings"]


class ProjectSettings(Section, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who this project is."""

    name: Annotated[str, Meta(description="the model's name, in decisions, reports and the service")] = "model"
    registry: Annotated[
        Annotated[str, Meta(min_length=1)],
        Meta(description="the folder of versions and aliases, relative to this file; one that is read only will do"),
    ] = ".surtitle/registry"


class OwnerSettings(Section, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who answers for each stage; shown in the flowchart."""

    data: Annotated[str, Meta(description="a name, a team, an address")] = ""
    prepare: Annotated[str, Meta(description="")] = ""
    train: Annotated[str, Meta(description="")] = ""
    evaluate: Annotated[str, Meta(description="")] = ""
    registry: Annotated[str, Meta(description="")] = ""
    uses: Annotated[str, Meta(description="")] = ""
