import sys
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import msgspec
import pytest

from surtitle.errors import SettingsError
from surtitle.settings import TextSettings
from surtitle.text.native import NATIVE_VERSION, EngineName, choose_engine, native_status, native_threads
from surtitle.text.rules import TokenizerRules, read_rules


@pytest.fixture(autouse=True)
def _looked_at_again() -> Iterator[None]:
    native_status.cache_clear()
    yield
    native_status.cache_clear()


def rules() -> TokenizerRules:
    found = read_rules(TextSettings(lemmas=False))
    assert found is not None
    return found


RULES = rules()


def install(monkeypatch: pytest.MonkeyPatch, version: str | None) -> None:
    """Put a stand-in where the module would be; None: make it impossible to import."""
    module = None if version is None else SimpleNamespace(__version__=version)
    monkeypatch.setitem(sys.modules, "surtitle_native", module)  # None: as importlib has it


def choose(rules: TokenizerRules, wanted: EngineName | None, native: Callable[[TokenizerRules], object]) -> object:
    return choose_engine(rules, wanted, native=native, python=lambda own: ("python", own))


def taken(own: TokenizerRules) -> object:
    return "native", own.programs is not None


def refused(own: TokenizerRules) -> object:
    raise ValueError("it is too odd")


def test_a_missing_module_is_told_with_the_way_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, None)
    status = native_status()
    assert not status.available
    assert "not installed" in status.what
    assert f"surtitle-native=={NATIVE_VERSION}" in status.remedy
    assert choose(RULES, None, taken) == ("python", RULES)
    with pytest.raises(SettingsError, match=r"(?s)native engine cannot be used.*not installed"):
        choose(RULES, "native", taken)


def test_another_version_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, "99.0")
    assert not native_status().available
    assert "version 99.0, not" in native_status().what
    assert choose(RULES, None, taken) == ("python", RULES)


def test_the_right_version_is_used_and_gets_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, NATIVE_VERSION)
    assert native_status() == (True, NATIVE_VERSION, "")
    assert choose(RULES, None, taken) == choose(RULES, "native", taken) == ("native", True)
    assert choose(RULES, "python", taken) == ("python", RULES)


@pytest.mark.parametrize(
    ("rules", "native", "why"),
    [
        (msgspec.structs.replace(RULES, why_not_native="it has a back-reference"), taken, "a back-reference"),
        (RULES, refused, "it is too odd"),
    ],
)
def test_rules_that_it_does_not_take_stay_in_python(
    monkeypatch: pytest.MonkeyPatch, rules: TokenizerRules, native: Callable[[TokenizerRules], object], why: str
) -> None:
    install(monkeypatch, NATIVE_VERSION)
    assert choose(rules, None, native) == ("python", rules)
    with pytest.raises(SettingsError, match=why):
        choose(rules, "native", native)


def test_a_batch_gets_the_cores_of_the_process() -> None:
    assert native_threads() >= 1
