from pathlib import Path

import duckdb
import pytest

from surtitle.errors import DataError
from surtitle.prepare.readers.query import parse_query

ROOT = Path("/project")


@pytest.mark.parametrize(
    ("sql", "absolute"),
    [
        ("FROM 'a.csv'", "FROM '/project/a.csv'"),
        ('select * from "a.parquet" t', "select * from '/project/a.parquet' t"),
        (
            "select 'a.csv' from read_csv('b/*.csv', delim=';')",
            "select 'a.csv' from read_csv('/project/b/*.csv', delim=';')",
        ),
        (
            "select * from read_csv(['a.csv', 'b.csv'], header=true)",
            "select * from read_csv(['/project/a.csv', '/project/b.csv'], header=true)",
        ),
        (
            "with c as (from 'é.csv') from c where x in (select y from parquet_scan('p.parquet'))",
            "with c as (from '/project/é.csv') from c where x in (select y from parquet_scan('/project/p.parquet'))",
        ),
        ("from read_csv('it''s.csv')", "from read_csv('/project/it''s.csv')"),
        ("from '/abs/a.csv'", "from '/abs/a.csv'"),
        ("select * from range(3)", "select * from range(3)"),
    ],
)
def test_relative_paths_are_of_the_project(sql: str, absolute: str) -> None:
    assert parse_query(duckdb.connect(), sql, ROOT).sql == absolute


def test_tables_of_the_database_are_found_wherever_they_stand() -> None:
    sql = 'select * from db.a join db."My T" using (x) where x in (select 1 from db.public.c) and y in (from db.a)'
    assert parse_query(duckdb.connect(), sql, ROOT).tables == (("a",), ("My T",), ("public", "c"))


@pytest.mark.parametrize(
    "sql",
    [
        "install httpfs",
        "load httpfs",
        "attach 'a.db'",
        "copy (select 1) to 'a.csv'",
        "create table t as select 1",
        "select 1; select 2",
        "set threads = 4",
        "pragma database_list",
        "delete from db.t",
        "selec 1",
        "",
    ],
)
def test_anything_but_one_select_is_refused(sql: str) -> None:
    with pytest.raises(DataError, match=r"data\.sql"):
        parse_query(duckdb.connect(), sql, ROOT)
