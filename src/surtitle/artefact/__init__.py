"""Model <-> folder of plain data with a manifest of hashes."""

from surtitle.artefact.files import MANIFEST_NAME, read_manifest
from surtitle.artefact.manifest import FORMAT, Manifest, ModelFacts
from surtitle.artefact.store import load_artefact, save_artefact

__all__ = ["FORMAT", "MANIFEST_NAME", "Manifest", "ModelFacts", "load_artefact", "read_manifest", "save_artefact"]
