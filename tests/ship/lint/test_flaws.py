"""The published set: a flaw each in `flaws/`, told of in `flaws.tsv`, and clean files of several styles in `clean/`."""

import csv
from pathlib import Path

import pytest

from surtitle.ship.lint import RULES, lint
from surtitle.ship.lint.folders import beside

HERE = Path(__file__).parent
CLEAN = sorted((HERE / "clean").glob("*.Dockerfile"))
with (HERE / "flaws.tsv").open(encoding="utf-8", newline="") as table:
    FLAWS = list(csv.DictReader(table, delimiter="\t"))


def rules_broken(path: Path) -> set[str]:
    return {finding.rule for finding in lint(path.read_bytes(), beside=beside(path))}


@pytest.mark.parametrize("flaw", FLAWS, ids=lambda flaw: flaw["file"])
def test_a_flaw_is_found_and_nothing_else(flaw: dict[str, str]) -> None:
    assert rules_broken(HERE / "flaws" / f"{flaw['file']}.Dockerfile") == {flaw["rule"]}


@pytest.mark.parametrize("path", CLEAN, ids=lambda path: path.stem)
def test_a_clean_file_gives_no_finding(path: Path) -> None:
    assert rules_broken(path) == set()


def test_the_table_tells_of_every_file_and_every_rule_has_a_flaw() -> None:
    assert {flaw["file"] for flaw in FLAWS} == {path.stem for path in (HERE / "flaws").glob("*.Dockerfile")}
    assert {flaw["made from"] for flaw in FLAWS} <= {path.stem for path in CLEAN}
    assert {flaw["rule"] for flaw in FLAWS} == set(RULES)
    assert len(FLAWS) >= 60
