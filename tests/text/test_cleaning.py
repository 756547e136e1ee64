import string
import unicodedata

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surtitle.settings import CleaningSettings
from surtitle.text.cleaning import (
    CHUNK_LIMIT,
    URL_WORD,
    USER_WORD,
    clean,
    clean_chunks,
    cleaning_steps,
    trace_cleaning,
)

DEFAULT = CleaningSettings()
NOTHING = CleaningSettings(**dict.fromkeys(CleaningSettings.__struct_fields__, False))

nasty = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from(list("&#;x0amp<>@/.:!аеοА \u00a0\u200b\u200d\u2028\u1680\x1c\x00\ufb01\u0301\ud800")),
    ),
    max_size=60,
)
settings = st.builds(CleaningSettings, **{name: st.booleans() for name in CleaningSettings.__struct_fields__})


def with_only(name: str) -> CleaningSettings:
    return msgspec.structs.replace(NOTHING, **{name: True})


@pytest.mark.parametrize(
    ("step", "before", "after"),
    [
        ("html", "Tom &amp; Jerry &#128514; &gt;", "Tom & Jerry 😂 >"),
        ("unicode", "ｆｕｌｌ ﬁne", "full fine"),
        ("invisible", "du\u200bm\u200dm\u00ady", "dummy"),
        ("homoglyphs", "dumмy раypal мама", "dumмy paypal мама"),
        ("urls", "see https://t.co/x?y=1, or www.a.bc.", f"see {URL_WORD} , or {URL_WORD} ."),
        ("users", "@Tom_1 and u/bob-2 mail a@b.c", f"{USER_WORD} and {USER_WORD} mail a@b.c"),
        ("numbers", "in 1999 or ٣", "in 0000 or 0"),
        ("repeats", "idiooooot!!!!! aaa", "idiooot!!! aaa"),
        ("lowercase", "DUMMY ÄÖ", "dummy äö"),
    ],
)
def test_each_step_does_what_its_setting_says(step: str, before: str, after: str) -> None:
    assert clean(before, with_only(step)) == after


@pytest.mark.parametrize("step", CleaningSettings.__struct_fields__)
def test_a_step_switched_off_leaves_its_kind_of_text_alone(step: str) -> None:
    samples = {
        "html": "&amp;", "unicode": "ﬁ", "invisible": "a\u200bb", "homoglyphs": "pаy", "urls": "https://a.b/c",
        "users": "@tom", "numbers": "12", "repeats": "aaaaa", "lowercase": "ABC",
    }  # fmt: skip
    assert clean(samples[step], NOTHING) == samples[step]
    assert clean(samples[step], with_only(step)) != samples[step]


def test_the_flagship_text_is_traceable() -> None:
    assert trace_cleaning("You are a DUMMY!!!!", DEFAULT) == [
        ("repeats", "You are a DUMMY!!!"),
        ("lowercase", "you are a dummy!!!"),
    ]


def test_nul_and_lone_surrogates_are_removed_whatever_is_switched_on() -> None:
    assert clean("du\x00m\ud800my \udfff", NOTHING) == "dummy"


def test_whole_words_of_another_script_are_not_folded() -> None:
    assert clean("сосо мама", with_only("homoglyphs")) == "сосо мама"


@given(nasty, settings)
def test_cleaning_a_text_is_cleaning_its_chunks(text: str, steps: CleaningSettings) -> None:
    """Law: every step works on one chunk at a time, which is what makes a memory of chunks exact."""
    cleaned = (clean(chunk, steps) for chunk in text.split())
    assert clean(text, steps) == " ".join(chunk for chunk in cleaned if chunk)


@given(nasty, settings)
def test_cleaned_text_is_fit_for_the_tokenizer(text: str, steps: CleaningSettings) -> None:
    cleaned = clean(text, steps)
    assert cleaned == " ".join(cleaned.split())
    assert all(len(chunk) <= CHUNK_LIMIT for chunk in cleaned.split())
    assert not any(unicodedata.category(c) in ("Cs", "Cc") for c in cleaned)
    cleaned.encode("utf-8")


@given(st.integers(1, 5 * CHUNK_LIMIT), st.sampled_from(string.ascii_letters + "!…"))
def test_long_chunks_are_cut_without_losing_a_character(length: int, character: str) -> None:
    text = character * length
    pieces = clean(text, NOTHING).split()
    assert "".join(pieces) == text
    assert [len(piece) for piece in pieces[:-1]] == [CHUNK_LIMIT] * (len(pieces) - 1)


@given(nasty, settings)
def test_the_trace_ends_in_the_cleaned_text(text: str, steps: CleaningSettings) -> None:
    trace = trace_cleaning(text, steps)
    assert (trace[-1][1] if trace else text) == clean(text, steps)


def test_steps_run_in_the_order_of_the_settings() -> None:
    names = [name for name, _ in cleaning_steps(CleaningSettings(numbers=True))]
    assert [name for name in names if name in CleaningSettings.__struct_fields__] == list(
        CleaningSettings.__struct_fields__
    )


@pytest.mark.parametrize("hostile", ["www." * 50_000, "&" * 200_000, "http://" * 30_000 + ")" * 100_000, "@" * 200_000])
def test_hostile_texts_are_cleaned_in_linear_time(hostile: str) -> None:
    """A quadratic step would not come to an end on these."""
    assert len(clean(hostile, DEFAULT)) <= len(hostile) + 1_000_000


@given(st.lists(nasty, max_size=5), settings)
def test_chunks_cleaned_together_are_as_if_each_stood_alone(texts: list[str], switches: CleaningSettings) -> None:
    chunks = [chunk for text in texts for chunk in text.split()]
    assert clean_chunks(chunks, switches) == [clean(chunk, switches) for chunk in chunks]


def test_a_line_break_hidden_in_a_chunk_stays_in_its_chunk() -> None:
    assert clean_chunks(["a&#10;b", "c", "&NewLine;"], DEFAULT) == ["a b", "c", ""]
