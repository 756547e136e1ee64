"""Builders: found, called without a shell, listened to. A small program stands in; real ones are in test_containers."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from surtitle.errors import SurroundingsError, UsageError
from surtitle.ship.image import ImageFiles, build, choose_builder, default_tag

MADE_AT = datetime(2026, 1, 1, tzinfo=UTC)
_PODMAN = """#!/bin/sh
printf '%s\\n' "$@" >> "$0.calls"
case "$1" in
    build) echo "STEP 1/2"; echo "it is $ENDING" >&2; exit "${CODE:-0}" ;;
    image) echo '[{"Id": "sha256:ab", "Digest": "sha256:cd", "Size": 12}]' ;;
esac
"""


@pytest.fixture
def podman(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program that is called as podman would be; the only builder there is."""
    path = tmp_path / "bin/podman"
    path.parent.mkdir()
    path.write_text(_PODMAN)
    path.chmod(0o755)
    (path.parent / "sh").symlink_to("/bin/sh")
    monkeypatch.setenv("PATH", str(path.parent))
    return path


def _files(root: Path) -> ImageFiles:
    return ImageFiles(
        root=root, files=(), version=3, created_at=MADE_AT, port=8080, machines=("x86_64",), packages=1, notes=()
    )


def _build(root: Path, lines: list[str], *more: str, **environ: str) -> object:
    return build(
        _files(root), tag="garden:3", builder="podman", format="oci", more=more, environ=environ, on_line=lines.append
    )


def test_the_builder_gets_its_arguments_as_they_are_and_its_words_are_passed_on(podman: Path, tmp_path: Path) -> None:
    lines: list[str] = []
    built = _build(tmp_path, lines, "--label", "a=$(touch gone); 'b\"")
    assert json.loads(json.dumps({name: getattr(built, name) for name in ("tag", "id", "digest", "bytes")})) == {
        "tag": "garden:3",
        "id": "ab",
        "digest": "sha256:cd",
        "bytes": 12,
    }
    calls = podman.with_name("podman.calls").read_text().splitlines()
    assert calls[: calls.index("image")] == [
        *("build", "--tag", "garden:3", "--format", "oci", "--timestamp", str(int(MADE_AT.timestamp()))),
        *("--build-arg", "VERSION=3", "--build-arg", "REVISION=unknown", "--build-arg", "CREATED=2026-01-01T00:00:00Z"),
        *("--label", "a=$(touch gone); 'b\"", str(tmp_path)),
    ]
    assert lines == ["STEP 1/2", "it is "]


def test_a_time_that_is_given_goes_before_the_model_s(podman: Path, tmp_path: Path) -> None:
    _build(tmp_path, [], SOURCE_DATE_EPOCH="86400")
    calls = podman.with_name("podman.calls").read_text().splitlines()
    assert {"86400", "CREATED=1970-01-02T00:00:00Z"} <= set(calls)


@pytest.mark.parametrize("told", ["", "now", "-1", "1e9", "9" * 30])
def test_a_time_that_is_none_is_refused(podman: Path, tmp_path: Path, told: str) -> None:
    with pytest.raises(UsageError, match="SOURCE_DATE_EPOCH"):
        _build(tmp_path, [], SOURCE_DATE_EPOCH=told)
    assert not podman.with_name("podman.calls").exists()


def test_a_failed_build_tells_the_last_words(podman: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODE", "125")
    monkeypatch.setenv("ENDING", "over")
    with pytest.raises(SurroundingsError, match="ended with 125: it is over"):
        _build(tmp_path, [])


def test_the_first_builder_that_works_is_taken(podman: Path) -> None:
    assert choose_builder(None) == "podman"
    client = podman.with_name("docker")
    client.write_text("#!/bin/sh\nexit 1\n")
    client.chmod(0o755)
    assert choose_builder(None) == "podman", "a client without a server builds nothing"
    with pytest.raises(SurroundingsError, match="docker is not installed, or its server does not answer"):
        choose_builder("docker")


def test_without_a_builder_the_way_out_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SurroundingsError, match="none of docker, podman, buildah works here; install"):
        choose_builder(None)


@pytest.mark.parametrize(
    ("name", "tag"), [("Garden", "garden:3"), ("a__b", "a-b:3"), ("a.-", "a:3"), ("a.b_c-d", "a.b_c-d:3")]
)
def test_a_model_s_name_becomes_one_that_registries_take(name: str, tag: str) -> None:
    assert default_tag(name, 3) == tag


def test_the_environment_is_not_read_behind_the_caller_s_back(
    podman: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "SOURCE_DATE_EPOCH", "1")
    _build(tmp_path, [])
    assert str(int(MADE_AT.timestamp())) in podman.with_name("podman.calls").read_text()
