"""A bill of materials of an image, CycloneDX 1.6: the packages of its lock, and the image that it is built on. PURE."""

import json
import re
import uuid
from datetime import UTC, datetime
from typing import Any

import surtitle
from surtitle.ship.image.lock import Lock, Locked

__all__ = ["render_sbom"]

_NAMESPACE = uuid.UUID("5a2d4c0e-7f0b-5f43-9d0a-2f5b8c6d1e90")
_SPDX = re.compile(r"[A-Za-z0-9.+-]+(?: (?:AND|OR|WITH) [A-Za-z0-9.+-]+)*")


def render_sbom(lock: Lock, *, name: str, version: str, base: str, made_at: datetime) -> str:
    """Return the bill as JSON; the same lock, model and time give the same text.

    Parameters
    ----------
    lock : Lock
        What is installed.
    name, version : str
        Of the model.
    base : str
        ``NAME:TAG@sha256:DIGEST``.
    made_at : datetime
        Aware.
    """
    parts = [_base(base), *map(_package, lock.packages)]
    root = f"model:{name}@{version}"
    body: dict[str, Any] = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": f"{made_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "tools": {"components": [{"type": "application", "name": "surtitle", "version": surtitle.__version__}]},
            "component": {"type": "container", "bom-ref": root, "name": name, "version": version},
        },
        "components": parts,
        "dependencies": [{"ref": root, "dependsOn": [part["bom-ref"] for part in parts]}],
    }
    body["serialNumber"] = uuid.uuid5(_NAMESPACE, json.dumps(body, sort_keys=True)).urn
    return json.dumps(body, indent=2, ensure_ascii=False) + "\n"


def _base(base: str) -> dict[str, Any]:
    name, _, digest = base.partition("@sha256:")
    image, _, tag = name.rpartition(":")
    return {
        "type": "container",
        "bom-ref": base,
        "name": image,
        "version": tag,
        "hashes": [{"alg": "SHA-256", "content": digest}],
    }


def _package(package: Locked) -> dict[str, Any]:
    address = f"pkg:pypi/{package.name}@{package.version}"
    found: dict[str, Any] = {
        "type": "library",
        "bom-ref": address,
        "name": package.name,
        "version": package.version,
        "purl": address,
        "hashes": [{"alg": "SHA-256", "content": digest} for digest in package.sha256],
    }
    if package.license:
        found["licenses"] = [_license(package.license)]
    return found


def _license(told: str) -> dict[str, Any]:
    return {"expression": told} if _SPDX.fullmatch(told) and "-" in told else {"license": {"name": told}}
