"""What becomes of each file when the template moves on; edits are never given up."""

from hypothesis import given, settings
from hypothesis import strategies as st

from surtitle.ship.template.merging import has_markers, merge_texts, plan_update

BASE = "one\ntwo\nthree\nfour\nfive\n"


def kinds(base: dict[str, str | None], ours: dict[str, str | bytes], theirs: dict[str, str]) -> dict[str, str]:
    return {step.path: step.kind for step in plan_update(base, ours, theirs)}


def test_only_what_the_template_changed_is_looked_at() -> None:
    assert kinds({"a": BASE, "b": BASE}, {"a": "mine\n"}, {"a": BASE, "b": BASE}) == {}


def test_each_case_has_its_answer() -> None:
    base: dict[str, str | None] = dict.fromkeys(["same", "edited", "deleted", "clash", "gone", "gone-edited"], BASE)
    base["own"] = None
    ours: dict[str, str | bytes] = {
        "same": BASE,
        "edited": BASE.replace("one", "mine"),
        "clash": BASE.replace("five", "mine"),
        "gone": BASE,
        "gone-edited": "mine\n",
        "new-but-there": "mine\n",
        "own": "mine\n",
    }
    newer = BASE.replace("five", "theirs")
    theirs = dict.fromkeys(["same", "edited", "deleted", "clash", "new", "new-but-there", "own"], newer)
    assert kinds(base, ours, theirs) == {
        "same": "updated",
        "edited": "merged",
        "deleted": "left out",
        "clash": "conflict",
        "gone": "removed",
        "gone-edited": "kept",
        "new": "added",
        "new-but-there": "beside",
    }


def test_a_file_that_is_no_text_is_left_as_it_is() -> None:
    (step,) = plan_update({"a": BASE}, {"a": b"\xff\x00"}, {"a": "new\n"})
    assert (step.kind, step.target) == ("beside", "a.from-template")


def test_both_sides_of_a_conflict_stay_in_the_file() -> None:
    text, conflicts = merge_texts("a\n", "mine\n", "theirs\n")
    assert conflicts == 1
    assert all(line in text.splitlines() for line in ("mine", "theirs", "a"))
    assert has_markers(text)


def test_windows_line_ends_are_kept() -> None:
    windows = BASE.replace("\n", "\r\n").replace("one", "mine")
    text, conflicts = merge_texts(BASE, windows, BASE.replace("five", "theirs"))
    assert (text, conflicts) == ("mine\r\ntwo\r\nthree\r\nfour\r\ntheirs\r\n", 0)


lines = st.lists(st.sampled_from(["a", "b", "c", "same", "tä"]), max_size=8)
texts = lines.map(lambda found: "".join(f"{line}\n" for line in found))


@settings(max_examples=30)  # each starts git
@given(texts, texts)
def test_a_change_on_one_side_only_is_taken_whole(base: str, changed: str) -> None:
    assert merge_texts(base, changed, base) == (changed, 0)
    assert merge_texts(base, base, changed) == (changed, 0)
    assert merge_texts(base, changed, changed) == (changed, 0)


@settings(max_examples=30)  # each starts git
@given(texts, texts, texts)
def test_no_line_of_mine_is_lost_unless_the_template_took_it_away(base: str, ours: str, theirs: str) -> None:
    merged, _ = merge_texts(base, ours, theirs)
    added = set(ours.splitlines()) - set(base.splitlines())
    assert added <= set(merged.splitlines())
