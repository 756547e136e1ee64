"""The bill of materials: by the schema of CycloneDX, and the same for the same lock."""

import json
from datetime import UTC, datetime

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from hypothesis import given
from hypothesis import strategies as st

from surtitle.settings.ship import PINNED_BASE
from surtitle.ship.image.lock import Lock, Locked
from surtitle.ship.image.sbom import render_sbom

MADE_AT = datetime(2026, 1, 1, tzinfo=UTC)
LOCK = Lock("3.13", ("x86_64",), (Locked("numpy", "2.4.6", ("0" * 64, "1" * 64), "BSD-3-Clause AND 0BSD"),), (), False)


def _render(lock: Lock) -> str:
    return render_sbom(lock, name="garden", version="3", base=PINNED_BASE, made_at=MADE_AT)


def test_it_names_every_package_with_its_hashes_and_the_base() -> None:
    body = json.loads(_render(LOCK))
    base, numpy = body["components"]
    assert base["hashes"][0]["content"] == PINNED_BASE.rpartition(":")[2]
    assert (base["name"], base["version"]) == ("python", "3.13.15-slim-bookworm")
    assert numpy["purl"] == "pkg:pypi/numpy@2.4.6"
    assert [each["content"] for each in numpy["hashes"]] == ["0" * 64, "1" * 64]
    assert body["metadata"]["timestamp"] == "2026-01-01T00:00:00Z"


def test_the_same_lock_gives_the_same_bill_and_another_one_another() -> None:
    other = Lock("3.13", ("x86_64",), (Locked("numpy", "2.4.7", ("0" * 64,)),), (), False)
    assert _render(LOCK) == _render(LOCK)
    assert json.loads(_render(LOCK))["serialNumber"] != json.loads(_render(other))["serialNumber"]


@given(st.one_of(st.sampled_from(["MIT", "Apache-2.0", "BSD License", "MPL-2.0 AND MIT", ""]), st.text(max_size=60)))
def test_it_keeps_to_the_schema_whatever_a_package_says_of_its_licence(told: str) -> None:
    lock = Lock("3.13", ("x86_64",), (*LOCK.packages, Locked("odd", "1", ("2" * 64,), told)), (), False)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(_render(lock)) is None


def test_the_validator_would_object() -> None:
    broken = _render(LOCK).replace('"CycloneDX"', '"Cyclone"')
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(broken) is not None
