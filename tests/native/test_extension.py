"""The extension as Python sees it; that its answers are spaCy's is the parity tests' matter."""

import json
import subprocess
import sys
import textwrap
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from surtitle.settings import CleaningSettings, TextSettings
from surtitle.text.native import NativeHelpers
from surtitle.text.rules import read_rules

WORDS = ["be", "dummy", "kind", "you", "you be"]
CHARS = [" du", "dum"]
TEXTS = ["You are a DUMMY!!!!", "you're kind", "", "naïve 👍 &amp; e\u0301", "foo:( (", "lone \ud800 surrogate"]


def helpers() -> NativeHelpers:
    rules = read_rules(TextSettings())
    assert rules is not None
    return NativeHelpers(rules.with_programs(), CleaningSettings())


def arguments(**changed: Any) -> dict[str, Any]:
    own = helpers()
    given = {
        "spec": own.spec,
        "clean": own.clean,
        "split": own.split,
        "words": WORDS,
        "chars": CHARS,
        "word_idf": np.linspace(1, 2, len(WORDS)).tobytes(),
        "char_idf": np.linspace(1, 2, len(CHARS)).tobytes(),
        "coef": np.linspace(-1, 1, len(WORDS) + len(CHARS)).tobytes(),
        "intercept": np.array([0.25]).tobytes(),
        "memo_bytes": 1_000_000,
    }
    return given | changed


@pytest.fixture(scope="module")
def scorer(native: Any) -> Any:
    return native.Scorer(**arguments())


@pytest.fixture(scope="module")
def tokenizer(native: Any) -> Any:
    own = helpers()
    return native.Tokenizer(own.spec, own.clean, own.split)


def test_one_text_gets_what_a_batch_gets(scorer: Any) -> None:
    together = np.frombuffer(scorer.logits(TEXTS, 2))
    assert [scorer.logits_one(text)[0] for text in TEXTS] == together.tolist()


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_an_arrow_column_is_read_as_its_strings_are(scorer: Any, kind: pa.DataType) -> None:
    texts = TEXTS[:-1]
    column = pa.array(texts, kind)
    _, offsets, data = (memoryview(buffer).cast("B") if buffer else None for buffer in column.buffers())
    assert offsets is not None
    width = 4 if kind == pa.string() else 8
    found = scorer.logits((offsets[: width * (len(texts) + 1)], data, width), 1)
    assert found == scorer.logits(texts, 1)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"spec": b"{"}, "EOF"),
        ({"spec": b"{}"}, "rules"),
        ({"words": WORDS[1:]}, "one idf for each word"),
        ({"coef": b"12345678" * 3}, "coef holds 3 numbers"),
        ({"coef": b"123"}, "coef has 3 bytes"),
    ],
)
def test_parts_that_do_not_fit_are_refused(native: Any, change: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        native.Scorer(**arguments(**change))


def without_programs(spec: dict[str, Any]) -> None:
    spec["rules"]["programs"] = None


def with_a_broken_program(spec: dict[str, Any]) -> None:
    spec["rules"]["programs"]["prefix"]["root"] = {"set": 10_000}


def with_a_broken_exception(spec: dict[str, Any]) -> None:
    spec["rules"]["exceptions"]["can't"] = ["can", "not"]


@pytest.mark.parametrize("damage", [without_programs, with_a_broken_program, with_a_broken_exception])
def test_a_damaged_specification_is_refused(native: Any, damage: Callable[[dict[str, Any]], None]) -> None:
    spec = json.loads(helpers().spec)
    damage(spec)
    with pytest.raises(ValueError, match=r"programs|set|can't"):
        native.Scorer(**arguments(spec=json.dumps(spec).encode()))


@pytest.mark.parametrize(
    ("texts", "fault"),
    [("a text", "list of strings"), ([1], "text 0 is .*int"), (["a", None], "text 1 is .*NoneType")],
)
def test_what_is_no_text_is_refused_by_its_place(scorer: Any, texts: Any, fault: str) -> None:
    with pytest.raises(TypeError, match=fault):
        scorer.logits(texts, 1)


@pytest.mark.parametrize(
    "column",
    [
        (np.array([0, 9], np.int32).tobytes(), b"abc", 4),
        (np.array([2, 1], np.int32).tobytes(), b"abc", 4),
        (np.array([-1, 1], np.int64).tobytes(), b"abc", 8),
        (b"1234", b"abc", 3),
        (b"12345", b"abc", 4),
    ],
)
def test_a_column_that_reaches_beyond_its_data_is_refused(scorer: Any, column: tuple[bytes, bytes, int]) -> None:
    with pytest.raises(ValueError, match=r"offsets"):
        scorer.logits(column, 1)


def test_what_python_raises_comes_through_and_harms_nothing(native: Any) -> None:
    def failing(text: str) -> str:
        raise OSError("no")

    broken = native.Scorer(**arguments(clean=failing))
    before = broken.logits_one("you are kind")
    with pytest.raises(OSError, match="no"):
        broken.logits(["you are kind", "naïve e\u0301"], 1)
    assert broken.logits_one("you are kind") == before


def test_tokens_come_with_their_forms_numbered_as_they_appear(tokenizer: Any) -> None:
    types, ids, starts = tokenizer.tokenize(["cars, cars", "Were cars"], 2)
    assert types == [("cars", "car"), (",", ","), ("were", "be")]
    assert np.frombuffer(ids, np.int32).tolist() == [0, 1, 0, 2, 0]
    assert np.frombuffer(starts, np.int64).tolist() == [0, 3, 5]


def test_chosen_terms_and_rows_need_numbers_that_fit(native: Any) -> None:
    tokens = [("a", "a")], np.array([1], np.int32).tobytes(), np.array([0, 1], np.int64).tobytes()
    with pytest.raises(ValueError, match="no index into types"):
        native.choose_terms(*tokens, 1, (1, 2), (2, 5), 1, 10, 10)
    with pytest.raises(ValueError, match="no index into types"):
        native.Vectorizer(["a"], [], np.ones(1).tobytes(), b"").rows(*tokens, 1)


def hammer(scorer: Any, texts: list[str], expected: bytes, rounds: int) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: scorer.logits(texts, 1 + n % 3), range(rounds)))
    assert all(each == expected for each in found)


def mixed_texts(n: int) -> list[str]:
    return [f"{TEXTS[i % 5]} w{i * 7919 % 5003} :( {i % 89}( can't's{'é' * (i % 3)}" for i in range(n)]


def test_threads_share_a_scorer_whose_memo_evicts_all_the_time(native: Any) -> None:
    texts = mixed_texts(2_000)
    expected = native.Scorer(**arguments()).logits(texts, 1)
    hammer(native.Scorer(**arguments(memo_bytes=50_000)), texts, expected, 16)


@pytest.mark.slow
def test_eight_threads_score_a_million_texts_alike(native: Any) -> None:
    texts = mixed_texts(10_000)
    expected = native.Scorer(**arguments()).logits(texts, 1)
    hammer(native.Scorer(**arguments(memo_bytes=500_000)), texts, expected, 100)


LEAK = """
    import resource, sys
    from tests.native.test_extension import arguments
    import surtitle_native
    scorer = surtitle_native.Scorer(**arguments(memo_bytes=2_000_000))
    def resident():
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * resource.getpagesize()
    sizes = []
    for block in range(60):
        texts = [f"fresh{block}x{i} naïve{block}{i}e\u0301 :( (" for i in range(5_000)]
        scorer.logits(texts, 2); scorer.rows(texts, 2)
        del texts
        sizes.append(resident())
    print(max(sizes[20:]) - max(sizes[:20]), scorer.stats()["bytes"])
"""


@pytest.mark.slow
def test_endless_fresh_texts_do_not_fill_memory(native: Any) -> None:
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(LEAK)], check=True, capture_output=True, text=True, timeout=300
    )
    growth, remembered = map(int, run.stdout.split())
    assert growth < 10_000_000
    assert remembered <= 2_000_000
