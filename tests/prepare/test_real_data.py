"""Six real sets, straight from the files as they are; the counts are those that their READMEs state."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from surtitle.prepare import Checked
from tests.prepare.helpers import REAL, findings, look, make_project, only, write

pytestmark = pytest.mark.skipif(not REAL.is_dir(), reason="the real sets are not beside this checkout")

SETS: dict[str, dict[str, Any]] = {
    "sms_spam/SMSSpamCollection.tsv": {
        "data": {"header": False, "columns": ["label", "text"], "quote": ""},
        "rows": 5574,
        "copies": 403,
        "classes": {"ham": 4827, "spam": 747},
    },
    "davidson_hate_offensive/labeled_data.csv": {
        "data": {"text": "tweet", "label": "class"},
        "rows": 24_783,
        "copies": 0,
        "classes": {"0": 1430, "1": 19_190, "2": 4163},
    },
    "reddit_rscience/comments.csv.gz": {
        "data": {"label": "removed"},
        "rows": 5728,
        "copies": 2,
        "classes": {"0": 3850, "1": 1878},
    },
    "crisislex_t6/tweets.csv.gz": {
        "data": {"time": "created_utc", "client": "event"},
        "rows": 60_082,
        "copies": 4705,
        "classes": {"off-topic": 27_620, "on-topic": 32_462},
    },
    "airline_tweets/tweets.csv.gz": {
        "data": {"time": "created_utc", "client": "airline"},
        "rows": 14_640,
        "copies": 213,
        "classes": {"negative": 9178, "neutral": 3099, "positive": 2363},
    },
    "amazon_multidomain/reviews.csv.gz": {
        "data": {"time": "date", "client": "domain"},
        "rows": 8000,
        "copies": 147,
        "classes": {"negative": 4000, "positive": 4000},
        "bad": 1,
    },
}
CLIENTS = {"crisislex_t6": 6, "airline_tweets": 6, "amazon_multidomain": 4}


Looker = Callable[..., Checked]


@pytest.fixture(scope="module")
def look_at(tmp_path_factory: pytest.TempPathFactory) -> Looker:
    """Return a function that checks a set; the cache makes every time but the first quick."""
    root = tmp_path_factory.mktemp("real")

    def look_at(name: str, **more: Any) -> Checked:
        (root / name).mkdir(parents=True, exist_ok=True)
        data = {"source": str((REAL / name).resolve()), **SETS[name]["data"], **more}
        return look(make_project(root / name, data=data))

    return look_at


def counts(checked: Checked) -> dict[str, int]:
    assert checked.prepared is not None, checked.findings
    per_split = checked.prepared.counts.values()
    return {label: sum(split[label] for split in per_split) for label in sorted(checked.prepared.classes)}


@pytest.mark.parametrize("name", SETS)
def test_rows_copies_and_classes_are_as_stated(look_at: Looker, name: str) -> None:
    expected = SETS[name]
    checked = look_at(name)
    assert checked.rows_read == expected["rows"]
    assert sum(finding.count for finding in findings(checked, "duplicates")) == expected["copies"]
    assert sum(f.count for f in checked.findings if f.severity == "warning" and f.check == "time") == expected.get(
        "bad", 0
    )
    assert checked.prepared is not None
    assert checked.prepared.clients == CLIENTS.get(name.split("/")[0], 0)
    # With everything kept, the classes are as large as the README says, but for the rows that cannot be used.
    whole = look_at(name, duplicates="keep", conflicts="keep")
    kept = counts(whole)
    strays = sum(finding.count for finding in findings(whole, "strays"))
    assert sum(kept.values()) == expected["rows"] - expected.get("bad", 0) - strays
    assert all(kept[label] <= n for label, n in expected["classes"].items())
    assert sum(expected["classes"].values()) - sum(kept.values()) == expected.get("bad", 0) + strays


def test_texts_that_stay_are_known_exactly(look_at: Looker) -> None:
    assert {name: sum(counts(look_at(name)).values()) for name in SETS} == {
        "sms_spam/SMSSpamCollection.tsv": 5129,
        "davidson_hate_offensive/labeled_data.csv": 24_125,
        "reddit_rscience/comments.csv.gz": 5692,
        "crisislex_t6/tweets.csv.gz": 52_785,
        "airline_tweets/tweets.csv.gz": 14_149,
        "amazon_multidomain/reviews.csv.gz": 7851,
    }


def test_sms_with_quoting_on_names_the_loose_quotes_and_merges_nothing(look_at: Looker) -> None:
    checked = look_at("sms_spam/SMSSpamCollection.tsv", quote='"')
    assert checked.rows_read == 5574
    found = only(checked, "quote")
    assert (found.count, found.places[0]) == (10, "SMSSpamCollection.tsv:283")
    assert 'data.quote = ""' in found.remedy
    assert checked.prepared is not None
    texts = [t for split in checked.prepared.counts for t in checked.prepared.load(split).column("text").to_pylist()]
    assert not any("\n" in text for text in texts)


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("amazon_multidomain/reviews.csv.gz", {"rating"}),
        ("airline_tweets/tweets.csv.gz", {"negativereason"}),
        ("davidson_hate_offensive/labeled_data.csv", {"hate_speech", "offensive_language", "neither"}),
        ("crisislex_t6/tweets.csv.gz", set()),
        ("sms_spam/SMSSpamCollection.tsv", set()),
        ("reddit_rscience/comments.csv.gz", set()),
    ],
)
def test_exactly_the_columns_that_leak_are_named(look_at: Looker, name: str, columns: set[str]) -> None:
    leaks = findings(look_at(name), "leak")
    assert {finding.message.split("'")[1] for finding in leaks} == columns


def test_the_order_of_the_amazon_rows_gives_the_label_away_and_no_other_sets_does(look_at: Looker) -> None:
    ordered = {name for name in SETS if findings(look_at(name), "order")}
    assert ordered == {"amazon_multidomain/reviews.csv.gz"}


def test_amazon_texts_that_were_decoded_wrongly_before_are_counted(look_at: Looker) -> None:
    assert only(look_at("amazon_multidomain/reviews.csv.gz"), "damaged").count == 28


def test_an_index_column_like_the_one_that_reddit_had_is_found(tmp_path: Path) -> None:
    sql = f"""select text, removed, case when removed = 0 then row_number() over (partition by removed) * 5
              else 19877 + row_number() over (partition by removed) * 3 end as X
              from read_csv('{(REAL / "reddit_rscience/comments.csv.gz").resolve()}')"""
    checked = look(make_project(tmp_path, data={"sql": sql, "label": "removed"}))
    assert "column 'X'" in only(checked, "leak").message


def test_a_set_cut_in_the_middle_is_refused(tmp_path: Path) -> None:
    raw = (REAL / "crisislex_t6/tweets.csv.gz").read_bytes()
    write(tmp_path / "a.csv", b"")
    (tmp_path / "tweets.csv.gz").write_bytes(raw[: len(raw) // 2])
    checked = look(make_project(tmp_path, data={"source": "tweets.csv.gz"}))
    assert "not whole gzip data" in only(checked, "source").message
