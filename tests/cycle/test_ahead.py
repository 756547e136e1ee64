"""Rules that another process reads meanwhile, and when none is started for them."""

import sys

import pytest

from surtitle.cycle import ahead
from surtitle.cycle.ahead import RulesAhead
from surtitle.settings import Settings, TextSettings, TrainSettings
from surtitle.text import read_rules
from surtitle.text.native import native_status


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a process that has just begun."""
    monkeypatch.setattr(ahead, "_KNOWN", {})


@pytest.mark.skipif(not native_status().available, reason="without the native engine no process is started")
def test_they_are_read_by_another_process_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "spacy", raising=False)
    with RulesAhead(Settings()) as first:
        assert first._process is not None
        rules = first.rules()
    assert "spacy" not in sys.modules
    with RulesAhead(Settings()) as second:
        assert second._process is None
        assert second.rules() is rules
    with RulesAhead(Settings(text=TextSettings(fold_pronouns=True))) as other:
        assert other._process is not None
        found = other.rules()
    assert found is not None
    assert found.pronouns


def test_with_spacy_here_no_process_is_started() -> None:
    read_rules(TextSettings())
    assert "spacy" in sys.modules
    with RulesAhead(Settings()) as asked:
        assert asked._process is None
        assert asked.rules() == read_rules(TextSettings())


def test_rules_of_many_kinds_do_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "read_rules", lambda settings: None)
    monkeypatch.setattr(RulesAhead, "_start", lambda self: None)
    for number in range(50):
        with RulesAhead(Settings(text=TextSettings(language=f"x{number}"))) as asked:
            assert asked.rules() is None
    assert len(ahead._KNOWN) <= 8


def test_an_estimator_of_ones_own_needs_none() -> None:
    with RulesAhead(Settings(train=TrainSettings(estimator="mine:make"))) as asked:
        assert asked._process is None
