"""What a forger does: edits a file and writes its new hash into the manifest."""

import json
from pathlib import Path

import msgspec

from surtitle.artefact.files import file_facts


def resign(folder: Path, name: str) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"][name] = msgspec.to_builtins(file_facts(folder / name))
    (folder / "manifest.json").write_text(json.dumps(manifest))
