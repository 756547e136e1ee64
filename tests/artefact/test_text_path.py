import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surtitle.artefact import load_artefact, save_artefact
from surtitle.artefact.text_path import load_text_path
from surtitle.errors import ArtefactError
from surtitle.models import LinearScorer
from tests.artefact.helpers import resign
from tests.artefact.test_store import FACTS, LINEAR, TEXTS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_artefact(tmp_path, LINEAR, FACTS)
    return tmp_path


def edit(folder: Path, name: str, change: Callable[[dict[str, Any]], object]) -> None:
    data = json.loads((folder / name).read_text())
    change(data)
    (folder / name).write_text(json.dumps(data))
    resign(folder, name)


def test_rules_and_chunks_come_back(folder: Path) -> None:
    rules, remembered = load_text_path(folder)
    assert LINEAR.rules is not None
    assert rules.exceptions == LINEAR.rules.exceptions
    assert rules.programs is not None
    assert remembered == LINEAR.remembered
    assert remembered.chunks["dummy!!!"]


def test_only_dictionary_entries_that_matter_are_kept(folder: Path) -> None:
    rules, _ = load_text_path(folder)
    assert 0 < len(rules.lemmas) < 50


def test_scores_do_not_change_with_the_installed_dictionary(folder: Path) -> None:
    """They follow from the artefact's rules: here, from a changed one."""
    edit(folder, "tokenizer.json", lambda rules: rules["lemmas"].update(unheard="dummy"))
    _, scorer = load_artefact(folder)
    assert isinstance(scorer, LinearScorer)
    words = [reason.term for reason in scorer.explain("unheard").terms]
    assert "dummy" in words


def test_scoring_remembered_chunks_does_not_import_spacy(folder: Path) -> None:
    script = f"""
import sys
from pathlib import Path
from surtitle.artefact import load_artefact
import surtitle.text.native as native
native.native_status = lambda: native.NativeStatus(False, "hidden", "")
_, scorer = load_artefact(Path({str(folder)!r}))
print(scorer.engine, scorer.score({TEXTS!r})[0].score)
assert "spacy" not in sys.modules
scorer.score(["never seen before"])
assert "spacy" in sys.modules
"""
    ran = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert ran.stdout.split() == ["python", str(LINEAR.score(TEXTS)[0].score)]


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("tokenizer.json", lambda d: d.pop("language"), "cannot be read.*language"),
        ("tokenizer.json", lambda d: d.update(unknown=1), "cannot be read.*unknown"),
        ("tokenizer.json", lambda d: d.update(exceptions={"ab": ["a", "c"]}), "exception 'ab' are not its parts"),
        ("tokenizer.json", lambda d: d.update(exceptions={"ab": ["ab", ""]}), "exception 'ab' are not its parts"),
        ("tokenizer.json", lambda d: d.update(exceptions={"": []}), "exception '' are not its parts"),
        ("tokenizer.json", lambda d: d["prefix"].update(flags=128), "prefix pattern has flags 128"),
        ("tokenizer.json", lambda d: d["prefix"].update(flags=-1), "prefix pattern has flags -1"),
        ("tokenizer.json", lambda d: d.update(lemmas={"a": 1}), "cannot be read"),
        ("chunks.json", lambda d: d["chunks"].update(ab=[10**6]), "chunk 'ab' has tokens that are not among"),
        ("chunks.json", lambda d: d["chunks"].update(ab=[-1]), "chunk 'ab' has tokens that are not among"),
        ("chunks.json", lambda d: d["chunks"].update(ab=[0]), "tokens of the chunk 'ab' are not its parts"),
        ("chunks.json", lambda d: d["chunks"].update(ab=[]), "tokens of the chunk 'ab' are not its parts"),
        ("chunks.json", lambda d: d["chunks"].update(ab=["a"]), "cannot be read"),
        ("chunks.json", lambda d: d.update(chunks={str(n): [] for n in range(100_001)}), "100,001 chunks, more than"),
    ],
)
def test_files_edited_into_nonsense_are_refused_by_name(
    folder: Path, name: str, change: Callable[[dict[str, Any]], object], message: str
) -> None:
    edit(folder, name, change)
    with pytest.raises(ArtefactError, match=f"(?s)is refused.*{name}: .*{message}"):
        load_artefact(folder)


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b"[" * 100_000, b'{"tokens":' + b"[" * 100_000])
@pytest.mark.parametrize("name", ["tokenizer.json", "chunks.json"])
def test_files_that_are_no_such_thing_are_refused(folder: Path, name: str, content: bytes) -> None:
    (folder / name).write_bytes(content)
    resign(folder, name)
    with pytest.raises(ArtefactError, match=f"{name}: cannot be read"):
        load_artefact(folder)


@pytest.mark.parametrize("pattern", ["(", "(" * 5000 + ")" * 5000, "a{99999999999999999999}", r"\g<1>", "(?<=a*)b"])
def test_a_pattern_that_is_none_is_refused_when_it_is_needed(folder: Path, pattern: str) -> None:
    edit(folder, "tokenizer.json", lambda rules: rules["suffix"].update(pattern=pattern))
    edit(folder, "tokenizer.json", lambda rules: rules.update(programs=None, why_not_native="forged"))
    _, scorer = load_artefact(folder)
    with pytest.raises(ArtefactError, match="suffix pattern"):
        scorer.score(["never seen before"])


@given(st.lists(st.text(max_size=30), max_size=4))
def test_a_forged_memory_changes_scores_and_nothing_else(batch: list[str]) -> None:
    forged = LinearScorer(
        LINEAR.text,
        LINEAR.features,
        LINEAR.vocabulary,
        LINEAR.model,
        LINEAR.rule,
        remembered=type(LINEAR.remembered)(("a", "b"), {"ab": (0, 1), "": (0,)}),
        engine="python",
    )
    assert np.isfinite(forged.probabilities(batch)).all()
