"""The sketch of a version's texts and scores, kept beside it, so that drift is seen without its training data."""

from pathlib import Path

import msgspec

from surtitle.errors import ArtefactError, Fault
from surtitle.evaluate.sketch import Sketch

__all__ = ["load_sketch", "save_sketch"]

_NAME = "sketch.json"


def save_sketch(folder: Path, sketch: Sketch) -> None:
    """Write a sketch into a version's folder."""
    (folder / _NAME).write_bytes(msgspec.json.encode(sketch))


def load_sketch(folder: Path) -> Sketch:
    """Read the sketch of a version.

    Raises
    ------
    ArtefactError
        If it is missing, as in versions of an earlier Surtitle, or damaged.
    """
    try:
        return msgspec.json.decode((folder / _NAME).read_bytes(), type=Sketch)
    except (OSError, msgspec.DecodeError) as error:
        fault = Fault(_NAME, f"cannot be read: {error}", "train again, which writes one")
        raise ArtefactError(f"the version in {folder} does not say what its texts looked like", [fault]) from error
