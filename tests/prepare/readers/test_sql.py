import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from surtitle.errors import DataError, SettingsError
from surtitle.prepare.readers.sql import read_staged, run_query
from surtitle.settings import DataSettings


def run(root: Path, sql: str, database: str = "", environ: Mapping[str, str] | None = None) -> dict[str, list[Any]]:
    folder = root / "work"
    folder.mkdir(exist_ok=True)
    run_query(DataSettings(sql=sql, database=database), root, folder, environ or {})
    columns: dict[str, list[Any]] = {}
    for chunk in read_staged(folder / "query.arrow"):
        for name, values in chunk.columns.items():
            columns.setdefault(name, []).extend(values)
    for path in folder.glob("table*.parquet"):
        path.unlink()
    return columns


def test_a_query_over_files_reads_them_from_the_project_wherever_the_process_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.csv").write_text("x\nof the project\n")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "a.csv").write_text("x\nof elsewhere\n")
    monkeypatch.chdir(elsewhere)
    assert run(tmp_path, "from 'a.csv'") == {"x": ["of the project"]}


def test_the_hash_follows_the_rows_and_not_the_text_of_the_query(tmp_path: Path) -> None:
    def fingerprint(sql: str) -> str:
        return run_query(DataSettings(sql=sql), tmp_path, tmp_path, {})

    assert fingerprint("select 1 a, 'x' b") == fingerprint("select 2-1 a, 'x' as b -- the same")
    assert fingerprint("select 1 a, 'x' b") != fingerprint("select 1 a, 'y' b")
    assert fingerprint("select 1 a, 'x' b") != fingerprint("select 1 c, 'x' b")
    assert fingerprint("select 'ab' a, 'c' b") != fingerprint("select 'a' a, 'bc' b")


def test_many_rows_come_in_the_same_order_each_time(tmp_path: Path) -> None:
    sql = "select i // 3 as k, count(*) n from range(100000) t(i) group by k"
    folder = tmp_path / "w"
    folder.mkdir()
    first = run_query(DataSettings(sql=sql), tmp_path, folder, {})
    assert run_query(DataSettings(sql=sql), tmp_path, folder, {}) == first


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("from 'missing.csv'", "No files found"),
        ("select nothing from range(3)", "nothing"),
        ("select * from db.t", r"data\.database is empty"),
        ("from read_csv('https://localhost:1/a.csv')", "httpfs"),
        ("select * from environ", "environ"),
    ],
)
def test_a_wrong_query_is_refused_with_the_reason(tmp_path: Path, sql: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        run(tmp_path, sql)


def make_database(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(
            'CREATE TABLE comments (id INTEGER, body TEXT, score REAL, mixed, raw BLOB, "odd ""name" TEXT)'
        )
        connection.executemany(
            "INSERT INTO comments VALUES (?, ?, ?, ?, ?, ?)",
            [(1, "first é", 0.5, "x", b"\0", "a"), (2, None, 2, 7, None, "b")],
        )
        connection.execute("CREATE TABLE labels (id INTEGER, removed INTEGER)")
        connection.executemany("INSERT INTO labels VALUES (?, ?)", [(1, 0), (2, 1)])
        connection.execute("CREATE VIEW seen AS SELECT id FROM comments")
        connection.execute("CREATE TABLE void (id INTEGER)")
    connection.close()


def test_tables_of_a_sqlite_file_are_joined_with_each_other_and_with_files(tmp_path: Path) -> None:
    make_database(tmp_path / "my base.db")
    (tmp_path / "more.csv").write_text("id,extra\n1,e1\n2,e2\n")
    sql = """select c.*, removed, extra from db.comments c join db.labels using (id) join 'more.csv' using (id)
             where id in (select id from db.seen) order by id"""
    assert run(tmp_path, sql, "my base.db") == {
        "id": [1, 2],
        "body": ["first é", None],
        "score": [0.5, 2.0],
        "mixed": ["x", "7"],
        'odd "name': ["a", "b"],
        "removed": [0, 1],
        "extra": ["e1", "e2"],
    }


def test_a_large_sqlite_table_and_an_empty_one_are_read_whole(tmp_path: Path) -> None:
    make_database(tmp_path / "a.db")
    with sqlite3.connect(tmp_path / "a.db") as connection:
        connection.executemany("INSERT INTO labels VALUES (?, 1)", [(i,) for i in range(3, 20_001)])
    connection.close()
    assert run(tmp_path, "select count(*) n from db.labels", "a.db") == {"n": [20_000]}
    assert run(tmp_path, "select * from db.void", "a.db") == {"id": []}


def test_the_database_file_is_named_by_the_environment_and_not_written(tmp_path: Path) -> None:
    make_database(tmp_path / "a.db")
    (tmp_path / "a.db").chmod(0o444)
    before = (tmp_path / "a.db").stat().st_mtime_ns
    assert run(tmp_path, "select id from db.labels limit 1", "${BASE}.db", {"BASE": "a"}) == {"id": [1]}
    assert (tmp_path / "a.db").stat().st_mtime_ns == before
    with pytest.raises(SettingsError, match="BASE"):
        run(tmp_path, "select id from db.labels", "${BASE}.db")


@pytest.mark.parametrize(
    ("sql", "database", "message"),
    [
        ("select * from db.coments", "a.db", "there are: comments, labels, seen, void"),
        ("select * from db.public.comments", "a.db", r"no table db\.public\.comments"),
        ("select * from db.comments", "missing.db", "does not exist"),
        ("select * from db.comments", "text.db", "not a database"),
    ],
)
def test_a_wrong_database_or_table_is_refused(tmp_path: Path, sql: str, database: str, message: str) -> None:
    make_database(tmp_path / "a.db")
    (tmp_path / "text.db").write_text("this is not SQLite\n" * 100)
    with pytest.raises(DataError, match=message):
        run(tmp_path, sql, database)
