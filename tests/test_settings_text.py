"""Settings to TOML and back, and what is said of faults."""

import contextlib
import itertools
import tomllib
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surtitle.errors import SettingsError
from surtitle.settings import DataSettings, Settings
from surtitle.settings_text import parse_settings, render_settings

BASE = "[data]\nsource = 'a.csv'\n"


def faults_of(text: str, *overrides: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        parse_settings(text, overrides)
    return [str(fault) for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[train]\nc = 'a'", 'train.c: must be a number above 0 or "auto", got "a"'),
        ("[train]\nc = 0", 'train.c: must be a number above 0 or "auto", got 0'),
        ("[train]\nc = inf", 'train.c: must be a number above 0 or "auto", got inf'),
        ("[train]\nc = nan", 'train.c: must be a number above 0 or "auto", got nan'),
        ("[train]\nrefit = 1", "train.refit: must be true or false, got 1"),
        ("[split]\nseed = 1.5", "split.seed: must be a whole number of at least 0, got 1.5"),
        ("[split]\ntest = 1", "split.test: must be a number of at least 0 and below 1, got 1"),
        ("[split]\nby = 'Time'", 'split.by: must be one of "auto", "time", "group", "stratified", got "Time"'),
        ("[train]\nbalance = 2", 'train.balance: must be one of "auto", "balanced", "none", got 2'),
        ("[data]\npositive = 1", 'data.positive: must be text in quotes, got 1; write it in quotes: "1"'),
        ("[data]\nquote = \"''\"", "data.quote: must be text of at most 1 character, got \"''\""),
        ("[data]\ncolumns = 'a'", 'data.columns: must be a list in brackets, each text in quotes, got "a"'),
        ("[data]\ntext = 2026-11-22", "data.text: must be text in quotes, got datetime.date(2026, 11, 22)"),
        ("[data.text]\na = 1", "data.text: must be text in quotes, got {'a': 1}"),
        (
            "[features]\nword_ngrams = [1, 2, 3]",
            "features.word_ngrams: must be a list of at most 2 items in brackets, each a whole number of at least 1",
        ),
        (
            "[evaluate]\nresamples = 1",
            "evaluate.resamples: must be a whole number of at least 100 and at most 100000, got 1",
        ),
        ("train = 3", "train: is a section, not a value; write [train]"),
    ],
)
def test_a_wrong_value_is_told_in_plain_words(text: str, fault: str) -> None:
    assert any(found.startswith(fault) for found in faults_of(text)), faults_of(text)


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("[data]\nlabels = 'x'", "did you mean data.label?"),
        ("[data]\nTEXT = 'x'", "did you mean data.text?"),
        ("[train]\nclient = 'x'", "did you mean data.client?"),
        ("[trian]\nc = 1", "did you mean train?"),
        ("[text.cleaning]\nurl = true", "did you mean text.cleaning.urls?"),
        ("[costs]\nzzz = 1", "known here: false_negative, false_positive, review"),
        ("false_positives = 1", "did you mean costs.false_positive?"),
    ],
)
def test_an_unknown_name_points_to_the_nearest_known_one(text: str, remedy: str) -> None:
    assert any(remedy in fault for fault in faults_of(text)), faults_of(text)


def test_all_faults_come_together_each_with_its_path() -> None:
    found = faults_of("[data]\nheader = 'no'\nlabels = 'x'\n[train]\nc = -1", "split.test=2", "nonsense")
    assert [fault.split(": ")[0] for fault in found] == [
        "--set nonsense",
        "data.header",
        "data.labels",
        "train.c",
        "split.test",
    ]


def test_a_long_wrong_value_is_shortened() -> None:
    (fault,) = faults_of(f"[split]\nby = '{'x' * 5000}'")
    assert len(fault) < 200


def test_broken_toml_names_file_and_line() -> None:
    with pytest.raises(SettingsError, match=r"mine\.toml is not valid TOML: .*line 2"):
        parse_settings("[data]\nsource = \nlabel = 'a'", name="mine.toml")


def test_endless_nesting_is_a_fault_and_not_a_crash() -> None:
    with pytest.raises(SettingsError, match="not valid TOML"):
        parse_settings("a = " + "[" * 100_000)


@pytest.mark.parametrize(
    ("override", "path", "value"),
    [
        ("train.c=2", "train.c", 2),
        ("train.c=auto", "train.c", "auto"),
        ("data.positive=1", "data.positive", "1"),
        ("data.positive=true", "data.positive", "true"),
        ("data.positive='1'", "data.positive", "1"),
        ("data.text=my text", "data.text", "my text"),
        ("data.sql=SELECT 'a=b'", "data.sql", "SELECT 'a=b'"),
        ("data.source=", "data.source", ""),
        ("features.char_ngrams=[]", "features.char_ngrams", ()),
        ("text.cleaning.numbers = true", "text.cleaning.numbers", True),
        ('evaluate.slices=["a", "b"]', "evaluate.slices", ("a", "b")),
    ],
)
def test_an_override_is_read_as_a_person_means_it(override: str, path: str, value: Any) -> None:
    other_source = [] if "source" not in override and "sql" not in override else ["data.sql=SELECT 1", "data.source="]
    found: Any = parse_settings(BASE, [*other_source, override])
    for part in path.split("."):
        found = getattr(found, part)
    assert found == value


def test_a_line_break_in_an_override_sets_nothing_else() -> None:
    assert faults_of(BASE, "train.c=2\nrefit = false") == [
        'train.c: must be a number above 0 or "auto", got "2\\nrefit = false"'
    ]


@pytest.mark.parametrize("override", ["", "=", "train", "train.c", "c=2", ".c=2", "train.=2", "data..text=a"])
def test_an_override_of_another_form_is_refused_with_an_example(override: str) -> None:
    assert "is not of the form section.key=value; such as train.c=2.0" in faults_of(BASE, override)[0]


def test_an_override_through_a_value_is_refused() -> None:
    assert faults_of(BASE, "data.source.deep=1") == ["--set data.source.deep=1: source is not a section"]


def test_an_override_that_is_not_utf8_is_refused() -> None:
    assert "data.text" in faults_of(BASE, "data.text=caf\udce9")[0]


def test_the_filled_in_file_has_a_comment_for_every_setting() -> None:
    lines = render_settings(parse_settings(BASE)).splitlines()
    bare = [line for before, line in itertools.pairwise(lines) if " = " in line and not before.startswith("#")]
    assert [line for line in bare if not line.startswith(("prepare", "train", "evaluate", "registry", "uses"))] == []


def test_only_what_changed_is_rendered_when_asked() -> None:
    assert [
        line for line in render_settings(parse_settings(BASE), only_changed=True).splitlines() if " = " in line
    ] == ['source = "a.csv"']


def _settings() -> st.SearchStrategy[Settings]:
    words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
    ranges = st.tuples(st.integers(1, 3), st.integers(0, 3)).map(lambda pair: (pair[0], pair[0] + pair[1]))
    return st.fixed_dictionaries(
        {
            "source": words,
            "text": words,
            "columns": st.lists(words, max_size=3).map(tuple),
            "header": st.just(True),
            "ngrams": ranges,
            "c": st.one_of(st.just("auto"), st.floats(min_value=0, exclude_min=True, allow_infinity=False)),
            "owner": st.text(st.characters(exclude_categories=["Cs"])),
        }
    ).map(_assemble)


def _assemble(drawn: dict[str, Any]) -> Settings:
    blank = parse_settings(BASE)
    data = DataSettings(**{name: drawn[name] for name in ("source", "text", "columns", "header")})
    replace = msgspec.structs.replace
    return replace(
        blank,
        data=data,
        features=replace(blank.features, char_ngrams=drawn["ngrams"]),
        train=replace(blank.train, c=drawn["c"]),
        owners=replace(blank.owners, data=drawn["owner"]),
    )


def _holds_password(settings: Settings) -> bool:
    return "://" in settings.data.source or "password" in settings.data.source.lower()


@given(_settings().filter(lambda settings: not _holds_password(settings)))
def test_what_is_rendered_is_read_back_unchanged(settings: Settings) -> None:
    assert parse_settings(render_settings(settings)) == settings
    assert parse_settings(render_settings(settings, only_changed=True)) == settings


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_is_either_settings_or_a_settings_error(text: str) -> None:
    with contextlib.suppress(SettingsError):
        parse_settings(text)


@given(st.text())
def test_any_override_is_either_taken_or_a_settings_error(override: str) -> None:
    with contextlib.suppress(SettingsError):
        parse_settings(BASE, [override])


def test_the_rendered_file_is_valid_toml_with_every_section() -> None:
    tree = tomllib.loads(render_settings(Settings()))
    assert list(tree) == [field.name for field in msgspec.structs.fields(Settings)]
