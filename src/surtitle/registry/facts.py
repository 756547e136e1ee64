"""What the registry knows: of a version, of a move of an alias, of a verdict."""

from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

from surtitle.records import Interval
from surtitle.registry.gate import Verdict

__all__ = ["AliasMove", "RecordedVerdict", "Version", "VersionFacts"]


class VersionFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a model when it is registered.

    Parameters
    ----------
    task : str
        Such as `classification`.
    model : str
        The model's name, from `project.name`.
    training_key : str
        Hash of data and settings: two trainings with one key would give the same model.
    data_hash : str
        Hash of the labelled data.
    data_from, data_to : datetime or None
        Time span of the labelled data, where it has times.
    examples : dict of str to int
        Split to number of examples.
    metrics : dict of str to Interval
        On the test split; finite numbers.
    settings_toml : str
        The whole settings, with references to secrets instead of secrets.
    surtitle_version : str
        Of the package that trained it.
    notes : str
        Free text.
    client : str or None
        The client on whose examples alone it was trained; None: on everybody's.
    """

    task: str
    model: str
    training_key: str
    data_hash: str
    data_from: datetime | None = None
    data_to: datetime | None = None
    examples: dict[str, int] = {}
    metrics: dict[str, Interval] = {}
    settings_toml: str = ""
    surtitle_version: str
    notes: str = ""
    client: str | None = None


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """One registered artefact; it never changes.

    Parameters
    ----------
    number : int
        From 1, never used again; a crash may leave one out.
    created_at : datetime
        When it was registered, UTC.
    folder : Path
        Where its files lie.
    artefact_sha256 : str
        Hash of the listing of the folder: of every file's path and sha256.
    facts : VersionFacts
        What was known when it was registered.
    """

    number: int
    created_at: datetime
    folder: Path
    artefact_sha256: str
    facts: VersionFacts


class AliasMove(msgspec.Struct, frozen=True, kw_only=True):
    """One move of an alias from a version to another.

    Parameters
    ----------
    alias : str
        Such as `champion` or `champion@CLIENT`.
    from_version, to_version : int or None
        None: the alias named no version. Only a rollback of a client's alias moves to None.
    moved_at : datetime
        UTC.
    kind : str
        `promote` when the gate was asked or overruled, `rollback`, otherwise `set`.
    why : str
        The reason given by whoever moved it.
    forced : bool
        True when the gate was overruled.
    verdict_id : int or None
        The recorded verdict that the move rests on.
    """

    alias: str
    from_version: int | None
    to_version: int | None
    moved_at: datetime
    kind: Literal["promote", "rollback", "set"]
    why: str
    forced: bool = False
    verdict_id: int | None = None


class RecordedVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """A verdict of the gate as it was kept, whether it passed or refused."""

    id: int
    alias: str
    judged_at: datetime
    verdict: Verdict
