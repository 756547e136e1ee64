"""The service fuzzed from its own OpenAPI document: no 5xx, no status or shape that the document does not name."""

import subprocess
import sys
from pathlib import Path

import pytest

from surtitle.serve.openapi import openapi
from surtitle.settings import ServeSettings
from tests.serve.services import serving

_CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,"
    "response_headers_conformance,negative_data_rejection,unsupported_method"
)


@pytest.mark.slow
def test_no_server_error_and_nothing_undocumented(garden: Path, tmp_path: Path, deep: bool) -> None:
    with serving(garden, "serve.access_log=false") as running:
        command = [sys.executable, "-m", "schemathesis.cli", "run", f"{running.url}/openapi.json"]
        command += ["--checks", _CHECKS, "--max-examples", "100" if deep else "40", "--workers", "1", "--seed", "1"]
        command += ["--no-color"]
        ran = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=1500)
        assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]
        assert running.call("GET", "/healthz").status == 200
        code, _, err = running.stop()
    assert code == 0
    assert "Traceback" not in err


def test_every_reference_leads_to_a_type() -> None:
    document = openapi(model="m", version="1", settings=ServeSettings(), needs_key=True)
    names = set(document["components"]["schemas"])

    def references(value: object) -> set[str]:
        if isinstance(value, dict):
            own = {value["$ref"].rpartition("/")[2]} if isinstance(value.get("$ref"), str) else set()
            return own.union(*map(references, value.values()))
        if isinstance(value, list):
            return set().union(*map(references, value))
        return set()

    assert references(document) <= names
    assert {"Event", "Decision", "Error", "InferenceRequest"} <= names


def test_every_operation_but_health_asks_for_a_key_when_there_are_keys() -> None:
    document = openapi(model="m", version="1", settings=ServeSettings(), needs_key=True)
    without = {
        path for path, methods in document["paths"].items() for each in methods.values() if "security" not in each
    }
    assert without == {"/healthz", "/readyz", "/v2/health/live", "/v2/health/ready"}
