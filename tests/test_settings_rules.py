"""Faults between settings that are each right."""

import pytest

from surtitle.errors import SettingsError
from surtitle.settings_text import parse_settings

BASE = "[data]\nsource = 'a.csv'\n"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "data.source: is missing, and so is data.sql; set one of the two"),
        (BASE + "sql = 'SELECT 1'", "data.source: stands beside data.sql; set one of the two"),
        (BASE + "database = 'a.db'", "data.database: is set without a query"),
        (BASE + "header = false", "data.columns: is empty although data.header is false"),
        (BASE + "text = ''", "data.text: is empty; name the column that holds the text"),
        (BASE + "label = ''", "data.label: is empty; name the column that holds the label"),
        (BASE + "[split]\ntest = 0", "split: validation and test must both be above 0"),
        (BASE + "[split]\ntest = 0.85", "split: validation and test leave less than a tenth for training"),
        (BASE + "[split]\nby = 'time'", "split.by: is time, but data.time names no column"),
        (BASE + "[split]\nby = 'group'", "split.by: is group, but split.group names no column"),
        (BASE + "[costs]\nreview = 1", "costs.review: costs as much as any mistake"),
        (BASE + "[features]\nword_ngrams = [2, 1]", "features.word_ngrams: must be [shortest, longest] or []"),
        (BASE + "[features]\nword_ngrams = [1]", "features.word_ngrams: must be [shortest, longest] or [], got [1]"),
        (BASE + "[features]\nword_ngrams = []\nchar_ngrams = []", "features: word_ngrams and char_ngrams are both"),
        (BASE + "since = '2026-03-01'", "data.since: is set, but data.time names no column"),
        (BASE + "time = 'created'\nsince = 'spring'", "data.since: is 'spring', which is no time; write it as"),
        (BASE + "[watch]\nperiod = 'daily'", "watch.period: 'daily' is not a duration; write a whole number and ms"),
        (BASE + "[watch]\nperiod = '0d'", "watch.period: is '0d', no time at all"),
        (BASE + "[watch]\nevery = 'x'", "watch.every: 'x' is not a duration"),
        (BASE + "[watch]\nbad_periods = 4", "watch.bad_periods: is 4 of only 3; raise watch.of_periods"),
        (BASE + "[gate]\nslices = ['market']", "gate.slices: names 'market', which is not measured"),
        (BASE + "[project]\nname = '../up'", "project.name: '../up' must begin with a letter or digit"),
        (BASE + "prepare = 'my module'", "data.prepare: 'my module' is not of the form module:function"),
        (BASE + "[ship]\nbase = 'python:3.13'", "ship.base: is 'python:3.13', which does not pin an image; write"),
        (BASE + "[ship]\nbase = 'python@sha256:0'", "ship.base: is 'python@sha256:0', which does not pin an image"),
        (BASE + "[ship]\npython = 'three'", "ship.python: is 'three'; write it as 3.13"),
        (BASE + "[ship]\npackages = ['-r x']", "ship.packages: names '-r x'; give names alone"),
        (BASE + '[ship]\nsource = "a\\nRUN x"', "ship.source: holds a line break"),
        (BASE + "[ship]\nsecurity = 'me'", "ship.security: is 'me'; write mailto:NAME@HOST or https://"),
        (BASE + "[train]\nestimator = 'a:b:c'", "train.estimator: 'a:b:c' is not of the form module:function"),
    ],
)
def test_a_contradiction_is_told_with_its_path(text: str, fault: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_settings(text)
    assert any(str(found).startswith(fault) for found in caught.value.faults), str(caught.value)


@pytest.mark.parametrize(
    "database", ["postgresql://me:hunter2@host/base", "host=db password=hunter2", "host=db PASSWORD = hunter2"]
)
def test_a_password_in_the_file_is_refused_and_not_shown(database: str) -> None:
    with pytest.raises(SettingsError, match=r"data\.database: holds a password; .* \$\{NAME\}") as caught:
        parse_settings(f"[data]\nsql = 'SELECT 1'\ndatabase = '{database}'")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "database", ["postgresql://me:${PW}@host/base", "host=db password=${PW}", "postgresql://me@host/base", "a.db"]
)
def test_a_reference_to_a_secret_is_right(database: str) -> None:
    assert parse_settings(f"[data]\nsql = 'SELECT 1'\ndatabase = '{database}'").data.database == database


def test_several_contradictions_come_together() -> None:
    with pytest.raises(SettingsError) as caught:
        parse_settings("[split]\nby = 'time'\n[costs]\nreview = 5")
    assert [fault.where for fault in caught.value.faults] == ["data.source", "split.by", "costs.review"]
