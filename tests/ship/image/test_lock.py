"""A lock: what pip says, for wheels made by hand and without any index."""

import hashlib
import re
from importlib.metadata import version
from pathlib import Path

import pytest

from surtitle.errors import UsageError
from surtitle.progress import SILENT
from surtitle.ship.image.lock import Lock, Locked, make_lock, render_lock
from tests.ship.image.wheels import make_wheel


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels, and pip cut off from any index."""
    for name, value in (("PIP_NO_INDEX", "1"), ("PIP_CONFIG_FILE", "/dev/null"), ("PIP_FIND_LINKS", "")):
        monkeypatch.setenv(name, value)
    folder = tmp_path / "house"
    folder.mkdir()
    make_wheel(folder, "own", "0.1.0", requires="what-only-training-needs")
    return folder


@pytest.mark.slow
def test_requirements_of_ours_are_left_out_and_those_of_others_follow(house: Path) -> None:
    low = make_wheel(house, "low", "1.5")
    make_wheel(house, "high", "2.0", requires="low>=1")
    lock = make_lock(["own==0.1.0"], ["high"], python="3.13", wheels=house, reporter=SILENT)
    assert [(each.name, each.version) for each in lock.packages] == [("high", "2.0"), ("low", "1.5"), ("own", "0.1.0")]
    assert lock.packages[1].sha256 == (hashlib.sha256(low.read_bytes()).hexdigest(),)
    assert lock.packages[1].license == "MIT"
    assert (lock.machines, lock.complete, len(lock.wheels)) == (("x86_64", "aarch64"), True, 3)


@pytest.mark.slow
def test_the_version_is_the_one_installed_here(house: Path) -> None:
    installed = version("msgspec")
    make_wheel(house, "msgspec", installed)
    make_wheel(house, "msgspec", "999.0")
    lock = make_lock(["own==0.1.0"], ["msgspec"], python="3.13", wheels=house, reporter=SILENT)
    assert lock.packages[0].version == installed


@pytest.mark.slow
def test_wheels_of_both_machines_are_in_one_lock(house: Path) -> None:
    for machine in ("x86_64", "aarch64"):
        path = make_wheel(house, "fast", "1.0", f"cp313-cp313-manylinux_2_28_{machine}")
        path.write_bytes(path.read_bytes() + machine.encode())
    lock = make_lock(["own==0.1.0"], ["fast"], python="3.13", wheels=house, reporter=SILENT)
    assert len(lock.packages[0].sha256) == 2
    assert lock.missing == {}


@pytest.mark.slow
def test_a_machine_without_wheels_is_told(house: Path) -> None:
    make_wheel(house, "fast", "1.0", "cp313-cp313-manylinux_2_28_x86_64")
    lock = make_lock(["own==0.1.0"], ["fast"], python="3.13", wheels=house, reporter=SILENT)
    assert lock.machines == ("x86_64",)
    assert "fast" in lock.missing["aarch64"]


@pytest.mark.slow
def test_wheels_for_another_python_do_not_do(house: Path) -> None:
    make_wheel(house, "fast", "1.0", "cp311-cp311-manylinux_2_28_x86_64")
    with pytest.raises(UsageError, match=r"(?s)--wheels.*x86_64: .*fast"):
        make_lock(["own==0.1.0"], ["fast"], python="3.13", wheels=house, reporter=SILENT)


@pytest.mark.slow
def test_source_is_not_taken(house: Path) -> None:
    (house / "raw-1.0.tar.gz").write_bytes(b"not even looked at")
    with pytest.raises(UsageError, match="raw"):
        make_lock(["own==0.1.0"], ["raw"], python="3.13", wheels=house, reporter=SILENT)


def test_a_folder_of_wheels_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--wheels names one"):
        make_lock(["own==0.1.0"], [], python="3.13", wheels=tmp_path / "none", reporter=SILENT)


def test_every_line_of_a_lock_has_a_hash() -> None:
    lock = Lock("3.13", ("x86_64",), (Locked("a", "1", ("0" * 64, "1" * 64)), Locked("b", "2", ("2" * 64,))), (), False)
    text = re.sub(r" \\\n", "", render_lock(lock))
    for line in text.splitlines()[2:]:
        assert re.fullmatch(r"[\w-]+==\S+(\s+--hash=sha256:[0-9a-f]{64})+", line), line
