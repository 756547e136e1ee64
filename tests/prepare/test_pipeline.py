"""The whole of prepare on small files."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surtitle.errors import DataError, UsageError
from surtitle.prepare import SPLITS, prepare
from tests.prepare.helpers import NOW, csv_text, findings, look, make_project, only, rows, texts, write

PAIRS = rows(300)
PARTS = (PAIRS[:100], PAIRS[100:])


def as_tsv(pairs: list[tuple[str, str]]) -> str:
    return "text\tlabel\n" + "".join(f"{text}\t{label}\n" for text, label in pairs)


def as_jsonl(pairs: list[tuple[str, str]]) -> str:
    return "".join(json.dumps({"text": text, "label": int(label)}) + "\n" for text, label in pairs)


def as_parquet(pairs: list[tuple[str, str]]) -> bytes:
    sink = pa.BufferOutputStream()
    columns = {"text": [text for text, _ in pairs], "label": [int(label) for _, label in pairs]}
    pq.write_table(pa.table(columns), sink)
    raw: bytes = sink.getvalue().to_pybytes()
    return raw


WRITERS: dict[str, Callable[[list[tuple[str, str]]], str | bytes]] = {
    "csv": csv_text,
    "tsv": as_tsv,
    "jsonl": as_jsonl,
    "parquet": as_parquet,
}
NAMES = [f"{form}{packing}" for form in ("csv", "tsv", "jsonl") for packing in ("", ".gz", ".zst")] + ["parquet"]


@pytest.mark.parametrize("name", NAMES)
def test_every_format_gives_the_same_splits(tmp_path: Path, name: str) -> None:
    write(tmp_path / f"a.{name}", WRITERS[name.split(".")[0]](PAIRS))
    prepared = prepare(make_project(tmp_path, data={"source": f"a.{name}"}), now=NOW, environ={})
    write(tmp_path / "plain.csv", csv_text(PAIRS))
    plain = prepare(make_project(tmp_path, data={"source": "plain.csv"}), now=NOW, environ={})
    for split in SPLITS:
        ours, reference = prepared.load(split), plain.load(split)
        columns = ["row", "id", "text", "label", "time", "client", "key"]
        assert ours.select(columns).equals(reference.select(columns))
        assert set(ours.column("source").to_pylist()) == {f"a.{name}"}


def test_a_folder_of_several_formats_is_one_table_with_ids_that_name_the_file(tmp_path: Path) -> None:
    write(tmp_path / "d" / "a.csv", csv_text(PARTS[0]))
    write(tmp_path / "d" / "b.jsonl.gz", as_jsonl(PARTS[1]))
    checked = look(make_project(tmp_path, data={"source": "d"}))
    assert texts(checked) == sorted(text for text, _ in PAIRS)
    assert checked.prepared is not None
    ids = {i for split in SPLITS for i in checked.prepared.load(split).column("id").to_pylist()}
    assert {"a.csv:1", "b.jsonl.gz:200"} <= ids
    assert len(ids) == 300


def test_the_table_holds_the_columns_that_are_promised(tmp_path: Path) -> None:
    write(
        tmp_path / "a.csv",
        "key,when,shop,flair,note,text,label\n"
        + "".join(
            f"k{i},{1_500_000_000 + i},s{i % 3},{i % 2},x,{text},{label}\n" for i, (text, label) in enumerate(PAIRS)
        ),
    )
    data = {"id": "key", "time": "when", "client": "shop"}
    prepared = prepare(make_project(tmp_path, data=data, evaluate={"slices": ["flair"]}), now=NOW, environ={})
    table = prepared.load("train")
    assert table.schema.names == ["row", "source", "id", "text", "label", "time", "client", "key", "flair"]
    assert [str(kind) for kind in table.schema.types] == [
        "int64", "string", "string", "string", "string", "timestamp[us, tz=UTC]", "string", "uint64", "string",
    ]  # fmt: skip
    first = table.slice(0, 1).to_pylist()[0]
    assert (first["row"], first["id"], first["client"], first["flair"]) == (1, "k0", "s0", "0")
    assert first["time"] == datetime.fromtimestamp(1_500_000_000, UTC)
    assert prepared.clients == 3
    assert prepared.time_from == first["time"]
    assert prepared.time_to == first["time"] + timedelta(seconds=299)
    assert prepared.rows_read == 300
    assert {split: sum(n.values()) for split, n in prepared.counts.items()} == {
        "train": 210,
        "validation": 30,
        "test": 60,
    }


def test_rows_out_of_order_are_put_in_order_of_time(tmp_path: Path) -> None:
    lines = [f'"{text}",{label},{1_500_000_000 + i * 7919 % 300}' for i, (text, label) in enumerate(PAIRS)]
    write(tmp_path / "a.csv", "\n".join(["text,label,when", *lines]) + "\n")
    prepared = prepare(make_project(tmp_path, data={"time": "when"}), now=NOW, environ={})
    times = [t for split in SPLITS for t in prepared.load(split).column("time").to_pylist()]
    assert times == sorted(times)
    assert len(set(times)) == 300


def test_examples_of_before_a_time_are_left_out(tmp_path: Path) -> None:
    days = "".join(f"text number {n},{n % 2},2026-03-{n + 1:02}\n" for n in range(30))
    write(tmp_path / "a.csv", "text,label,when\n" + days)
    given = {"source": "a.csv", "time": "when", "since": "2026-03-11", "min_examples": 1}
    prepared = prepare(make_project(tmp_path, data=given), now=NOW, environ={})
    assert sum(prepared.sizes.values()) == 20
    assert prepared.time_from == datetime(2026, 3, 11, tzinfo=UTC)


def test_there_is_no_fourth_split(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", csv_text(PAIRS))
    prepared = prepare(make_project(tmp_path), now=NOW, environ={})
    with pytest.raises(UsageError, match="there are: train, validation, test"):
        prepared.load("holdout")


def test_a_user_function_changes_the_rows(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", csv_text(PAIRS, header="body,mark"))
    (tmp_path / "mine.py").write_text(
        "def keep(table):\n    table = table[table['body'] != 'comment number 0 says 0']\n"
        "    return table.rename(columns={'body': 'text', 'mark': 'label'})\n"
    )
    checked = look(make_project(tmp_path, data={"prepare": "mine:keep"}))
    assert checked.rows_read == 299
    assert "comment number 0 says 0" not in texts(checked)


def test_a_user_functions_fault_is_a_finding(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", csv_text(PAIRS))
    (tmp_path / "mine.py").write_text("def keep(table):\n    return 1\n")
    checked = look(make_project(tmp_path, data={"prepare": "mine:keep"}))
    assert "mine:keep returned a int" in only(checked, "source").message


def test_a_query_is_read_like_a_file(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", csv_text(PAIRS))
    sql = "select upper(text) as text, label from 'a.csv' where text not like '%number 0 %'"
    checked = look(make_project(tmp_path, data={"sql": sql}))
    assert texts(checked) == sorted(text.upper() for text, _ in PAIRS[1:])
    assert checked.prepared is not None
    assert checked.prepared.load("train").column("source")[0].as_py() == "sql"


def test_lone_surrogates_become_replacement_characters(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", '{"text": "cut \\ud83d", "label": 0}\n' + as_jsonl(PAIRS))
    assert "cut \ufffd" in texts(look(make_project(tmp_path, data={"source": "a.jsonl"})))


def test_bad_rows_are_left_out_counted_and_written_down(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", csv_text(PAIRS) + "too,many,fields\n,1\n")
    checked = look(make_project(tmp_path))
    assert checked.rows_read == 302
    assert only(checked, "broken").places == ("a.csv:301",)
    assert only(checked, "text").places == ("a.csv:302",)
    assert checked.prepared is not None
    lines = (checked.prepared.folder / "bad_rows.jsonl").read_text().splitlines()
    assert [(row["row"], row["kind"], row["excerpt"]) for row in map(json.loads, lines)] == [
        (301, "broken", "too,many,fields"),
        (302, "text", ""),
    ]


def test_more_bad_rows_than_allowed_refuse_the_data_and_stay_to_be_looked_at(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", csv_text(PAIRS).encode() + "caf\xe9,1\n".encode("latin-1") * 10)
    project = make_project(tmp_path)
    with pytest.raises(DataError, match=r'set data\.encoding, such as "latin-1"') as caught:
        prepare(project, now=NOW, environ={})
    assert "10 of 310 rows" in str(caught.value)
    assert "a.csv:301" in str(caught.value)
    assert len((project.state / "cache" / "prepare" / "refused_bad_rows.jsonl").read_text().splitlines()) == 10
    allowed = make_project(tmp_path, data={"max_bad_rows": 0.05})
    assert prepare(allowed, now=NOW, environ={}).rows_read == 310


def test_several_faults_are_reported_together(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", csv_text([*PAIRS, *[("", "1")] * 20, ("rare", "2")]))
    with pytest.raises(DataError) as caught:
        prepare(make_project(tmp_path), now=NOW, environ={})
    assert len(caught.value.faults) == 2
    assert "no text: 20 of 321 rows" in str(caught.value)
    assert "data.min_examples = 10: '2' (1)" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "a.csv: is empty"),
        ("text,label\n", "there are no rows"),
        ("text,label\n,\n", "no text: 1 of 1 rows"),
        ("body;label\nx;1\n", "data.text: a.csv has no column 'text'"),
        (csv_text([(text, "1") for text, _ in PAIRS]), "only one class: '1'"),
        (
            csv_text([(text, str(i)) for i, (text, _) in enumerate(PAIRS)]),
            "classes with fewer usable examples than data.min_examples = 10: '0' (1), ",
        ),
        ("text,label\n" + "".join(f"a{i},{i}\n" for i in range(2000)), "more than 1,000 different values"),
    ],
)
def test_data_that_cannot_be_used_is_refused_with_the_reason(tmp_path: Path, content: str, message: str) -> None:
    write(tmp_path / "a.csv", content)
    project = make_project(tmp_path)
    with pytest.raises(DataError, match=re.escape(message)):
        prepare(project, now=NOW, environ={})
    checked = look(project)
    assert checked.prepared is None
    assert len([finding for finding in checked.findings if finding.severity == "error"]) <= 2


def test_a_missing_file_is_a_finding_too(tmp_path: Path) -> None:
    assert "does not exist" in only(look(make_project(tmp_path)), "source").message


def test_names_for_columns_that_have_names_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", csv_text(PAIRS))
    checked = look(make_project(tmp_path, data={"columns": ["text", "label"]}))
    assert "data.columns: is set although data.header is true" in only(checked, "source").message


def test_a_wrong_delimiter_shows_the_columns_that_came_of_it(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", "text;label\nx;1\n")
    assert "text;label" in findings(look(make_project(tmp_path)), "columns")[0].remedy


def test_one_damaged_file_of_several_is_named(tmp_path: Path) -> None:
    write(tmp_path / "d" / "a.csv", csv_text(PAIRS))
    (tmp_path / "d" / "b.csv.gz").write_bytes(b"not gzip")
    assert (
        "b.csv.gz: is not whole gzip data" in only(look(make_project(tmp_path, data={"source": "d"})), "source").message
    )


def test_a_jsonl_column_that_is_nowhere_is_named(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", as_jsonl(PAIRS))
    checked = look(make_project(tmp_path, data={"source": "a.jsonl", "text": "txt"}))
    assert "did you mean 'text'?" in only(checked, "columns").remedy


# ru_maxrss would not do: a process that vfork made begins with the peak of the one that started it.
MEASURED = """
import re, sys
from datetime import UTC, datetime
from pathlib import Path
from surtitle.prepare import prepare
from surtitle.project import Project, parse_settings

project = Project(Path(sys.argv[1]), parse_settings("[data]\\nsource = 'a.csv'"))
prepared = prepare(project, now=datetime.now(UTC), environ={})
print(prepared.rows_read, sum(sum(n.values()) for n in prepared.counts.values()))
print(int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1000)
"""


@pytest.mark.slow
def test_very_many_copies_are_prepared_in_bounded_memory(tmp_path: Path, deep: bool) -> None:
    blocks = 10_000 if deep else 4_000
    block = "".join(f"comment {text},{label}\n" for text, label in rows(1000))
    with (tmp_path / "a.csv").open("w") as file:
        file.write("text,label\n")
        for _ in range(blocks):
            file.write(block)
    command = [sys.executable, "-c", MEASURED, str(tmp_path)]
    counted, megabytes = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    assert counted == f"{1000 * blocks} 1000"
    assert int(megabytes) < (2000 if deep else 1000)


EXAMPLES = st.lists(
    st.tuples(st.sampled_from("abcdefghijkl"), st.sampled_from("01"), st.integers(0, 20), st.sampled_from("xyzuvw")),
    min_size=40,
    max_size=80,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    examples=EXAMPLES,
    by=st.sampled_from(["time", "group", "stratified"]),
    duplicates=st.sampled_from(["drop", "keep"]),
    conflicts=st.sampled_from(["majority", "drop", "keep"]),
    seed=st.integers(0, 3),
)
def test_the_same_normalised_text_is_never_in_two_splits_whatever_the_settings(
    tmp_path: Path,
    examples: list[tuple[str, str, int, str]],
    by: str,
    duplicates: str,
    conflicts: str,
    seed: int,
) -> None:
    lines = [f"{text}{'!' * (t % 3)},{label},{1_500_000_000 + t},{group}" for text, label, t, group in examples]
    (tmp_path / "a.csv").write_text("text,label,when,who\n" + "\n".join(lines) + "\n")
    data = {"time": "when", "min_examples": 1, "duplicates": duplicates, "conflicts": conflicts}
    project = make_project(tmp_path, data=data, split={"by": by, "group": "who", "seed": seed, "test": 0.3})
    checked = look(project)
    if checked.prepared is None:
        assert {finding.check for finding in checked.findings if finding.severity == "error"} <= {"split", "classes"}
        return
    keys = {split: set(checked.prepared.load(split).column("key").to_pylist()) for split in SPLITS}
    assert sum(len(found) for found in keys.values()) == len(set().union(*keys.values()))
    if by == "time":
        spans = [checked.prepared.load(split).column("time").to_pylist() for split in SPLITS]
        assert max(spans[0]) < min(spans[1])
        assert max(spans[1]) < min(spans[2])
