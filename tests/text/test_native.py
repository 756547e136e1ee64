import sys
from collections.abc import Iterator
from types import SimpleNamespace

import msgspec
import pytest

from surtitle.errors import SettingsError
from surtitle.settings import TextSettings
from surtitle.text import native
from surtitle.text.native import NATIVE_VERSION, choose_engine, native_status
from surtitle.text.rules import TokenizerRules, read_rules


@pytest.fixture(autouse=True)
def _looked_at_again() -> Iterator[None]:
    native_status.cache_clear()
    yield
    native_status.cache_clear()


def rules() -> TokenizerRules:
    found = read_rules(TextSettings())
    assert found is not None
    return found


def install(monkeypatch: pytest.MonkeyPatch, version: str | None) -> None:
    """Put a stand-in where the module would be; None: make it impossible to import."""
    module = None if version is None else SimpleNamespace(__version__=version)
    monkeypatch.setitem(sys.modules, "surtitle_native", module)  # None: as importlib has it


def test_a_missing_module_is_told_with_the_way_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, None)
    status = native_status()
    assert not status.available
    assert "not installed" in status.what
    assert f"surtitle-native=={NATIVE_VERSION}" in status.remedy
    assert choose_engine(rules(), None)[0] == "python"
    with pytest.raises(SettingsError, match=r"(?s)native engine cannot be used.*not installed"):
        choose_engine(rules(), "native")


def test_another_version_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, "99.0")
    assert not native_status().available
    assert "version 99.0, not" in native_status().what
    assert choose_engine(rules(), None)[0] == "python"


def test_the_right_version_is_used_and_gets_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, NATIVE_VERSION)
    assert native_status() == (True, NATIVE_VERSION, "")
    name, own = choose_engine(rules(), None)
    assert name == "native"
    assert own is not None
    assert own.programs is not None
    assert choose_engine(rules(), "python") == ("python", rules())


def test_rules_that_cannot_be_programs_stay_in_python(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, NATIVE_VERSION)
    foreign = msgspec.structs.replace(rules(), why_not_native="it has a back-reference")
    assert choose_engine(foreign, None)[0] == "python"
    with pytest.raises(SettingsError, match="it has a back-reference"):
        choose_engine(foreign, "native")


def test_without_rules_there_is_only_the_pipeline() -> None:
    assert choose_engine(None, "native") == ("pipeline", None)


def test_a_batch_gets_the_cores_of_the_process() -> None:
    assert native.native_threads() >= 1
