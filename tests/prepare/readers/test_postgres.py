"""PostgreSQL for real: a server of the test's own, on a loopback port, in a folder that goes afterwards."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from surtitle.errors import DataError, MissingExtraError, SettingsError, SurroundingsError
from surtitle.prepare.readers.postgres import stage_postgres_table
from surtitle.prepare.readers.sql import read_staged, run_query
from surtitle.settings import DataSettings
from tests.prepare.helpers import look, make_project

PASSWORD = "s3cret-word"
ENVIRON = {"PGPASSWORD_TEST": PASSWORD}
BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
TABLES = """
CREATE TABLE comments (
  id bigint, body text, removed boolean, score numeric, weight real, created timestamptz, day date, naive timestamp,
  tags text[], extra jsonb, key uuid, "Odd ""name" varchar(9)
);
INSERT INTO comments SELECT i, 'comment number ' || i || ' says ' || i * 7919 % 1009, i * 2654435761 >> 7 & 1 = 1,
  i / 2.0, 0.5, timestamptz '2017-03-01 00:00:00+00' + i * interval '1 minute', date '2017-03-01',
  timestamp '2017-03-01 12:00:00',
  array['a','b'], '{"a": 1}', '00000000-0000-0000-0000-000000000001', 'x' FROM generate_series(1, 20000) AS t(i);
CREATE SCHEMA other;
CREATE TABLE other.shops (id bigint, shop text);
INSERT INTO other.shops SELECT i, 'shop ' || i % 3 FROM generate_series(1, 20000) AS t(i);
"""


def as_postgres(*command: object, given: str = "") -> None:
    """Run a program of PostgreSQL, which refuses to be run by root."""
    who = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    with tempfile.TemporaryFile() as log:  # a pipe would stay open in the server and never end
        done = subprocess.run(
            [*who, *map(str, command)], input=given.encode(), stdout=log, stderr=log, check=False, cwd="/"
        )
        log.seek(0)
        assert done.returncode == 0, log.read().decode()


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Give the address of a server that holds `TABLES`; it ends with the tests."""
    if not BINARIES:
        pytest.skip("PostgreSQL's programs are not installed (apt install postgresql)")
    pytest.importorskip("psycopg", reason="psycopg is not installed (surtitle[postgres])")
    folder = Path(tempfile.mkdtemp(prefix="surtitle-postgres-"))
    try:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        (folder / "password").write_text(PASSWORD)
        if os.geteuid() == 0:
            for path in (folder, folder / "password"):
                shutil.chown(path, "postgres")
        bin_, data = BINARIES[-1], folder / "data"
        as_postgres(
            bin_ / "initdb", "-D", data, "-U", "me", "-A", "scram-sha-256", "--pwfile", folder / "password", "-N"
        )
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
        as_postgres(bin_ / "pg_ctl", "-D", data, "-w", "-o", options, "start")
        try:
            base = f"postgresql://me:{PASSWORD}@127.0.0.1:{port}/postgres"
            as_postgres(bin_ / "psql", "-v", "ON_ERROR_STOP=1", base, given=TABLES)
            yield f"postgresql://me:${{PGPASSWORD_TEST}}@127.0.0.1:{port}/postgres"
        finally:
            as_postgres(bin_ / "pg_ctl", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


@pytest.mark.slow
def test_values_of_every_kind_come_through(server: str, tmp_path: Path) -> None:
    sql = """select * exclude (created, day, naive), created::varchar as created, day::varchar as day,
             naive::varchar as naive, shop from db.comments join db.other.shops using (id) where id = 2"""
    run_query(DataSettings(sql=sql, database=server), tmp_path, tmp_path, ENVIRON)
    (chunk,) = read_staged(tmp_path / "query.arrow")
    row = {name: values[0] for name, values in chunk.columns.items()}
    assert row == {
        "id": 2,
        "body": "comment number 2 says 703",
        "removed": row["removed"],
        "score": 1.0,
        "weight": 0.5,
        "tags": "{a,b}",
        "extra": '{"a": 1}',
        "key": "00000000-0000-0000-0000-000000000001",
        'Odd "name': "x",
        "created": row["created"],
        "day": "2017-03-01",
        "naive": "2017-03-01 12:00:00",
        "shop": "shop 2",
    }
    assert isinstance(row["removed"], bool)
    assert row["created"].startswith("2017-03-01 00:02:00")


@pytest.mark.slow
def test_a_project_is_prepared_from_it_and_the_second_time_is_cached(server: str, tmp_path: Path) -> None:
    sql = "select body, removed, created, shop from db.comments join db.other.shops using (id) order by id"
    data = {"sql": sql, "database": server, "text": "body", "label": "removed", "time": "created", "client": "shop"}
    project = make_project(tmp_path, data=data)
    first = look(project, ENVIRON)
    assert first.prepared is not None, first.findings
    assert (first.rows_read, first.prepared.classes, first.prepared.clients) == (20_000, ("false", "true"), 3)
    assert first.prepared.time_from is not None
    assert first.prepared.time_from.isoformat() == "2017-03-01T00:01:00+00:00"
    second = look(project, ENVIRON)
    assert second.prepared is not None
    assert second.prepared.cached


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sql", "message"),
    [("select * from db.coments", "coments"), ("select * from db.nowhere.comments", "nowhere")],
)
def test_a_table_that_is_not_there_is_named(server: str, tmp_path: Path, sql: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        run_query(DataSettings(sql=sql, database=server), tmp_path, tmp_path, ENVIRON)


@pytest.mark.slow
def test_a_wrong_password_is_refused_and_not_told(server: str, tmp_path: Path) -> None:
    data = DataSettings(sql="select * from db.comments", database=server)
    with pytest.raises(SurroundingsError, match="authentication failed") as caught:
        run_query(data, tmp_path, tmp_path, {"PGPASSWORD_TEST": "wr0ng-word"})
    assert "wr0ng-word" not in str(caught.value)
    assert "${PGPASSWORD_TEST}" in str(caught.value)


def test_a_server_that_is_not_there_is_named_without_the_secret(tmp_path: Path) -> None:
    pytest.importorskip("psycopg", reason="psycopg is not installed (surtitle[postgres])")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"postgresql://me:${{PGPASSWORD_TEST}}@127.0.0.1:{probe.getsockname()[1]}/base"
    data = DataSettings(sql="select * from db.comments", database=address)
    with pytest.raises(SurroundingsError, match="cannot be reached") as caught:
        run_query(data, tmp_path, tmp_path, ENVIRON)
    assert PASSWORD not in str(caught.value)
    with pytest.raises(SettingsError, match="PGPASSWORD_TEST"):
        run_query(data, tmp_path, tmp_path, {})


def test_without_the_client_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingExtraError, match=r"surtitle\[postgres\]"):
        stage_postgres_table("postgresql://h/b", ("t",), tmp_path / "t.parquet", {})
