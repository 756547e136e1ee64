"""Which texts a version was fitted on, as hashes, so that the gate compares models only on texts new to both."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from surtitle.errors import ArtefactError, Fault

__all__ = ["is_new", "load_seen", "save_seen"]

_NAME = "seen.safetensors"


def save_seen(folder: Path, keys: NDArray[np.uint64]) -> None:
    """Write the keys of the normalised texts that a model was fitted on, uint64, any order."""
    from safetensors.numpy import save_file

    save_file({"keys": np.unique(keys)}, folder / _NAME)


def load_seen(folder: Path) -> NDArray[np.uint64]:
    """Read the keys back, sorted.

    Raises
    ------
    ArtefactError
        If the file is missing or damaged.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return np.asarray(load_file(folder / _NAME)["keys"])
    except (FileNotFoundError, SafetensorError, KeyError) as error:
        fault = Fault(_NAME, f"cannot be read: {error}", "train again, or promote with --force and --why")
        raise ArtefactError(f"the version in {folder} does not say what it was fitted on", [fault]) from error


def is_new(keys: NDArray[np.uint64], *seen: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Return which keys are in none of the sets of keys seen, shape of `keys`.

    Examples
    --------
    >>> is_new(np.array([1, 2, 3], np.uint64), np.array([2], np.uint64)).tolist()
    [True, False, True]
    """
    new = np.ones(len(keys), np.bool_)
    for known in seen:
        new &= ~np.isin(keys, known)
    return new
