"""Each check, on data made to need it."""

from pathlib import Path

import pytest

from surtitle.prepare import Checked
from tests.prepare.helpers import csv_text, findings, look, make_project, only, rows, write

PAIRS = rows(400)


def look_at(root: Path, pairs: list[tuple[str, str]], **tables: dict[str, object]) -> Checked:
    write(root / "a.csv", csv_text(pairs))
    return look(make_project(root, **tables))


def with_times(pairs: list[tuple[str, str]], times: list[str]) -> str:
    lines = [f'"{text}",{label},{time}' for (text, label), time in zip(pairs, times, strict=True)]
    return "\n".join(["text,label,when", *lines]) + "\n"


def test_clean_data_has_no_findings(tmp_path: Path) -> None:
    assert look_at(tmp_path, PAIRS).findings == ()


def test_exact_and_near_copies_are_told_apart(tmp_path: Path) -> None:
    text, label = PAIRS[0]
    checked = look_at(tmp_path, [*PAIRS, (text, label), (text.upper() + "!", label), (text.upper() + "!", label)])
    exact, near = only(checked, "duplicates"), only(checked, "near_duplicates")
    assert (exact.severity, exact.count, exact.places) == ("info", 2, ("a.csv:401", "a.csv:403"))
    assert (near.severity, near.count, near.places) == ("info", 1, ("a.csv:402",))
    assert checked.prepared is not None
    assert sum(sum(n.values()) for n in checked.prepared.counts.values()) == 400


def test_copies_that_are_kept_are_a_warning(tmp_path: Path) -> None:
    checked = look_at(tmp_path, [*PAIRS, PAIRS[0]], data={"duplicates": "keep"})
    assert only(checked, "duplicates").severity == "warning"


def test_conflicting_labels_are_counted_by_text(tmp_path: Path) -> None:
    extra = [("what", "0"), ("What?", "1"), ("who", "0"), ("who", "1"), ("WHO", "1")]
    found = only(look_at(tmp_path, [*PAIRS, *extra]), "conflicts")
    assert (found.count, found.places) == (2, ("a.csv:401", "a.csv:403"))
    assert "left out: 3 (1 ties)" in found.message


def test_a_class_below_the_least_number_is_refused_and_a_smallish_one_warned_of(tmp_path: Path) -> None:
    few = [(f"rare thing {i}", "2") for i in range(9)]
    assert "data.min_examples = 10: '2' (9)" in only(look_at(tmp_path, PAIRS + few), "classes").message
    some = [(f"rare thing {i}", "2") for i in range(20)]
    checked = look_at(tmp_path, PAIRS + some)
    assert "class '2' in the test split: only 4;" in only(checked, "positives").message
    assert checked.prepared is not None


def test_times_that_do_not_parse_are_bad_rows_under_a_split_by_time_and_a_warning_otherwise(tmp_path: Path) -> None:
    times = [f"2017-01-{i % 28 + 1:02}" for i in range(400)]
    times[6] = "soon"
    write(tmp_path / "a.csv", with_times(PAIRS, times))
    by_time = only(look(make_project(tmp_path, data={"time": "when"})), "time")
    assert (by_time.places, by_time.severity) == (("a.csv:7",), "warning")
    stratified = look(make_project(tmp_path, data={"time": "when"}, split={"by": "stratified"}))
    assert "times that cannot be read: 1" in only(stratified, "time").message
    assert stratified.prepared is not None
    assert sum(sum(n.values()) for n in stratified.prepared.counts.values()) == 400


def test_times_in_the_future_are_named(tmp_path: Path) -> None:
    times = [f"2017-01-{i % 28 + 1:02}" for i in range(400)]
    times[3] = "2026-01-02"
    write(tmp_path / "a.csv", with_times(PAIRS, times))
    found = only(look(make_project(tmp_path, data={"time": "when"})), "future")
    assert (found.count, found.places) == (1, ("a.csv:4",))
    assert "up to 2026-01-02" in found.message


def test_a_split_by_time_that_lacks_a_class_is_refused_with_what_to_do(tmp_path: Path) -> None:
    pairs = [(text, "1" if i < 100 else "0") for i, (text, _) in enumerate(PAIRS)]
    write(tmp_path / "a.csv", with_times(pairs, [str(1_500_000_000 + i) for i in range(400)]))
    checked = look(make_project(tmp_path, data={"time": "when"}))
    assert ["validation" in f.message or "test" in f.message for f in findings(checked, "split")] == [True, True]
    assert 'split.by = "stratified"' in findings(checked, "split")[0].remedy
    assert only(checked, "order").severity == "warning"


def test_one_single_time_is_refused_with_what_to_do(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", with_times(PAIRS, ["2017-01-01"] * 400))
    found = only(look(make_project(tmp_path, data={"time": "when"})), "split")
    assert "the different times are only 1" in found.message
    assert "stratified" in found.remedy


@pytest.mark.parametrize(
    ("tables", "severity"),
    [({}, "info"), ({"evaluate": {"slices": ["why"]}}, "warning"), ({"data": {"client": "why"}}, "warning")],
)
def test_a_leaking_column_weighs_more_when_it_is_used(
    tmp_path: Path, tables: dict[str, dict[str, object]], severity: str
) -> None:
    lines = [f'"{text}",{label},{"rule 3" if label == "1" else ""}' for text, label in PAIRS]
    write(tmp_path / "a.csv", "\n".join(["text,label,why", *lines]) + "\n")
    found = only(look(make_project(tmp_path, **tables)), "leak")
    assert found.severity == severity
    assert "column 'why'" in found.message
    assert "100% balanced accuracy" in found.message


def test_nul_and_replacement_characters_are_pointed_out(tmp_path: Path) -> None:
    checked = look_at(tmp_path, [*PAIRS, ("a\0b", "1"), ("caf\ufffd", "0")])
    assert only(checked, "nul").places == ("a.csv:401",)
    assert only(checked, "damaged").places == ("a.csv:402",)
    assert checked.prepared is not None


def test_a_positive_class_that_is_not_there_is_refused_and_one_of_three_warned_of(tmp_path: Path) -> None:
    wrong = only(look_at(tmp_path, PAIRS, data={"positive": "yes"}), "classes")
    assert "data.positive is 'yes', but the classes are '0' and '1'" in wrong.message
    third = [(f"third {i}", "2") for i in range(200)]
    assert only(look_at(tmp_path, PAIRS + third, data={"positive": "2"}), "classes").severity == "warning"


def test_a_slice_named_like_a_column_of_ours_is_refused(tmp_path: Path) -> None:
    checked = look_at(tmp_path, PAIRS, evaluate={"slices": ["row"]})
    assert "needs for its own" in only(checked, "columns").message


def test_errors_come_first(tmp_path: Path) -> None:
    checked = look_at(tmp_path, [*PAIRS, PAIRS[0], ("x", "2")])
    assert [finding.severity for finding in checked.findings] == ["error", "info"]
