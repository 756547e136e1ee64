"""From a registered version to a file for another runtime."""

import hashlib
from pathlib import Path

import msgspec

from surtitle.artefact import MANIFEST_NAME
from surtitle.artefact.onnx import OnnxFacts, to_onnx
from surtitle.cycle.opening import load_scorer, registry_of
from surtitle.errors import UsageError
from surtitle.project import Project
from surtitle.replacing import replacing

__all__ = ["Exported", "export_onnx"]


class Exported(msgspec.Struct, frozen=True, kw_only=True):
    """An ONNX file, and where it comes from.

    Parameters
    ----------
    version : int
        Exported.
    onnx : Path
        The file.
    bytes : int
        Its length.
    classes : tuple of str
        In the order of `probabilities`.
    manifest_sha256 : str
        Of the version's `manifest.json`; also in the file's metadata.
    """

    version: int
    onnx: Path
    bytes: int
    classes: tuple[str, ...]
    manifest_sha256: str


def export_onnx(project: Project, path: Path, *, ref: str = "champion", overwrite: bool = False) -> Exported:
    """Write a version's weights as an ONNX file, which appears when all of it is written, or not at all.

    Parameters
    ----------
    project : Project
        Whose registry to look in.
    path : Path
        The file to write.
    ref : str
        A version's number or an alias.
    overwrite : bool
        Replace a file of that name.

    Raises
    ------
    UsageError
        If the file exists or its folder does not, or the version cannot be said exactly in ONNX.
    RegistryError
        If there is no such version.
    ArtefactError
        If its files are damaged.
    MissingExtraError
        If the `onnx` package is missing.
    """
    if path.exists() and not overwrite:
        raise UsageError(f"{path} exists; choose another name, or overwrite it with --force")
    if not path.absolute().parent.is_dir():
        raise UsageError(f"{path.parent} is not a folder; make it first, or choose another place for {path.name}")
    version = registry_of(project).find(ref)
    scorer = load_scorer(project, version)
    digest = hashlib.sha256((version.folder / MANIFEST_NAME).read_bytes()).hexdigest()
    facts = OnnxFacts(project=version.facts.model, version=version.number, manifest_sha256=digest)
    written = to_onnx(scorer, facts)
    with replacing(path) as beside:
        beside.write_bytes(written)
    return Exported(
        version=version.number, onnx=path, bytes=len(written), classes=scorer.rule.classes, manifest_sha256=digest
    )
