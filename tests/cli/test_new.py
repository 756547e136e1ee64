"""`surtitle new`: flags, proposals, questions, and what is refused."""

import json
import os
import pty
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from surtitle.errors import ExitCode
from tests.cli.conftest import Run, write_comments

DATA = Path(__file__).parents[2] / "../shared/data"


def settings_of(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "surtitle.toml").read_text(encoding="utf-8"))


@pytest.fixture
def comments(here: Path) -> Path:
    write_comments(here / "comments.csv", n=50)
    return here / "comments.csv"


def test_what_is_not_told_is_proposed(here: Path, comments: Path, run: Run) -> None:
    ran = run("new", "moderation", "--data", "comments.csv")
    assert ran.code == 0
    assert settings_of(here / "moderation")["data"] == {
        "source": "../comments.csv",
        "text": "body",
        "label": "removed",
        "time": "created_utc",
        "client": "forum",
        "id": "id",
    }
    assert "Next: cd moderation && surtitle check && surtitle train" in ran.out


def test_what_is_told_is_taken_and_empty_means_none(here: Path, comments: Path, run: Run) -> None:
    run("new", "m", "--data", "comments.csv", "--text=body", "--label=forum", "--time=", "--client=", "--id=")
    assert settings_of(here / "m")["data"] == {"source": "../comments.csv", "text": "body", "label": "forum"}


def test_the_name_of_the_folder_becomes_the_name_of_the_model(here: Path, comments: Path, run: Run) -> None:
    run("new", "my models/rude words!", "--data", "comments.csv")
    assert settings_of(here / "my models" / "rude words!")["project"] == {"name": "rude-words"}


def test_the_current_folder_can_become_a_project(here: Path, comments: Path, run: Run) -> None:
    assert run("new", ".", "--data", "comments.csv").code == 0
    assert settings_of(here)["data"]["source"] == "comments.csv"
    assert settings_of(here)["project"]["name"] == "here"


def test_json_gives_one_object(here: Path, comments: Path, run: Run) -> None:
    made = run("new", "m", "--data", "comments.csv", "--json").json()
    assert made["project"] == str(here / "m")
    assert made["settings"]["data"]["text"] == "body"


def test_overrides_are_kept_in_the_file(here: Path, comments: Path, run: Run) -> None:
    run("new", "m", "--data", "comments.csv", "--set", "costs.review=0.1", "--set", "split.by=stratified")
    assert settings_of(here / "m")["costs"] == {"review": 0.1}
    assert settings_of(here / "m")["split"] == {"by": "stratified"}


def test_a_file_without_header_gets_names_for_what_its_columns_hold(here: Path, run: Run) -> None:
    (here / "sms.tsv").write_text('ham\tok "lar\nspam\tfree entry to win\nham\t"loose one\n')
    ran = run("new", "m", "--data", "sms.tsv")
    assert ran.code == 0, ran.err
    data = settings_of(here / "m")["data"]
    assert data == {"source": "../sms.tsv", "quote": "", "header": False, "columns": ["label", "text"]}
    assert "quotes in this file are part of the text" in ran.out


def test_a_file_without_header_takes_the_names_that_are_told(here: Path, run: Run) -> None:
    (here / "sms.tsv").write_text("ham\tok lar\nspam\tfree entry\nham\tand so on\n")
    run("new", "m", "--data", "sms.tsv", "--text", "body")
    assert settings_of(here / "m")["data"]["columns"] == ["label", "body"]
    assert settings_of(here / "m")["data"]["text"] == "body"
    run("new", "n", "--data", "sms.tsv", "--no-header", "--columns", "kind, words", "--label=kind", "--text=words")
    assert settings_of(here / "n")["data"]["columns"] == ["kind", "words"]


def test_another_delimiter_is_written_down(here: Path, run: Run) -> None:
    (here / "a.csv").write_text("text;label\nyes; it is so;1\n".replace("yes; it", "yes it") + "no it is not;0\n")
    run("new", "m", "--data", "a.csv")
    assert settings_of(here / "m")["data"]["delimiter"] == ";"


@pytest.mark.parametrize("mark", ["\\t", "tab", "\t"])
def test_a_tab_can_be_typed(here: Path, run: Run, mark: str) -> None:
    (here / "a.csv").write_text("text\tlabel\nyes it is\t1\nno it is not\t0\n")
    assert run("new", "m", "--data", "a.csv", "--delimiter", mark).code == 0
    assert settings_of(here / "m")["data"]["delimiter"] == "\t"


def test_a_file_of_unknown_name_needs_its_format(here: Path, run: Run) -> None:
    (here / "SMSSpam").write_text("ham\tok lar\nspam\tfree entry\nham\tand so on\n")
    refused = run("new", "m", "--data", "SMSSpam")
    assert refused.code == ExitCode.WRONG_INPUT
    assert "unknown kind" in refused.err
    assert run("new", "m", "--data", "SMSSpam", "--format", "tsv").code == 0
    assert settings_of(here / "m")["data"]["format"] == "tsv"


def test_a_query_needs_its_columns_named(here: Path, run: Run) -> None:
    refused = run("new", "m", "--sql", "SELECT * FROM 'a.csv'")
    assert refused.code == ExitCode.WRONG_INPUT
    assert "--text COLUMN --label COLUMN" in refused.err
    made = run("new", "m", "--sql", "SELECT * FROM db.t", "--database", "a.db", "--text", "body", "--label", "gone")
    assert made.code == 0
    assert settings_of(here / "m")["data"] == {
        "sql": "SELECT * FROM db.t",
        "database": "a.db",
        "text": "body",
        "label": "gone",
    }


def test_a_project_comes_with_all_that_it_needs_later(here: Path, comments: Path, run: Run) -> None:
    ran = run("new", "m", "--data", "comments.csv")
    names = {path.relative_to(here / "m").as_posix() for path in (here / "m").rglob("*") if path.is_file()}
    assert names >= {
        "README.md",
        "CODEOWNERS",
        "Makefile",
        "prepare.py",
        "tests/test_prepare.py",
        "notebooks/look.ipynb",
        ".pre-commit-config.yaml",
        ".github/workflows/surtitle.yml",
    }
    assert "README.md says what is where" in ran.out
    assert "outside of the project, where no pipeline finds it" in ran.err
    assert ".surtitle/" in (here / "m/.gitignore").read_text().splitlines()


def test_the_notebook_runs_where_there_is_a_champion(trained_once: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(trained_once / "notebooks")
    names: dict[str, Any] = {}
    for cell in json.loads((trained_once / "notebooks/look.ipynb").read_text())["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)
    assert names["champion"].version == 1


def test_bare_is_the_settings_alone(here: Path, comments: Path, run: Run) -> None:
    run("new", "m", "--data", "comments.csv", "--bare")
    assert {path.name for path in (here / "m").iterdir()} == {"surtitle.toml", ".gitignore"}


def test_another_forge_or_none_can_be_asked_for(here: Path, comments: Path, run: Run) -> None:
    run("new", "m", "--data", "comments.csv", "--ci", "gitlab")
    assert (here / "m/.gitlab-ci.yml").is_file()
    assert not (here / "m/.github").exists()
    run("new", "n", "--data", "comments.csv", "--ci", "none")
    assert not (here / "n/.gitlab-ci.yml").exists()
    assert (here / "n/README.md").is_file()


def test_files_that_are_there_are_left_and_named(here: Path, comments: Path, run: Run) -> None:
    (here / "README.md").write_text("Mine.\n")
    ran = run("new", ".", "--data", "comments.csv")
    assert ran.code == 0
    assert "Left as they were: README.md" in ran.out
    assert (here / "README.md").read_text() == "Mine.\n"


def test_a_project_is_never_overwritten(here: Path, comments: Path, run: Run) -> None:
    run("new", "m", "--data", "comments.csv")
    before = (here / "m" / "surtitle.toml").read_bytes()
    again = run("new", "m", "--data", "comments.csv", "--text", "id")
    assert again.code == ExitCode.WRONG_INPUT
    assert "exists and is not overwritten" in again.err
    assert (here / "m" / "surtitle.toml").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--data", "nowhere.csv"], "nowhere.csv: does not exist"),
        (["--data", "comments.csv", "--text", "bodie", "--label", "gone"], "has no column 'gone'"),
        (["--data", "comments.csv", "--set", "train.c=-1"], "train.c: must be a number above 0"),
        (["--data", "comments.csv", "--sql", "SELECT 1"], "either --data FILE or --sql QUERY"),
        ([], "either --data FILE or --sql QUERY"),
        (["--data", "twins.csv"], "--text: is not plain; name one of: first, second"),
        (["--data", "comments.csv", "--format", "xml"], "xml"),
        (["--data", "empty.csv"], "empty.csv: is empty"),
    ],
)
def test_wrong_input_is_named_and_makes_nothing(
    here: Path, comments: Path, run: Run, arguments: list[str], message: str
) -> None:
    (here / "empty.csv").touch()
    (here / "twins.csv").write_text("first,second,y\na b c,b c d,1\nd e f,e f g,0\ng h i,h i j,1\n")
    ran = run("new", "m", *arguments)
    assert ran.code == ExitCode.WRONG_INPUT
    assert message in ran.err
    assert not (here / "m").exists()


def test_several_wrong_columns_are_named_together(here: Path, comments: Path, run: Run) -> None:
    ran = run("new", "m", "--data", "comments.csv", "--text", "bodie", "--label", "gone")
    assert "--text: " in ran.err
    assert "--label: " in ran.err
    assert "there are: id, body, removed, created_utc, forum" in ran.err


def test_on_a_terminal_what_is_not_told_is_asked(here: Path, comments: Path) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "surtitle.cli", "new", "m", "--data", "comments.csv", "--label", "removed"]
    with subprocess.Popen(command, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        # text: wrong, then the proposal; time: the proposal; client: none; id: none
        os.write(ours, b"bodie\n\n\n-\n-\n")
        _, err = process.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    assert process.returncode == 0, err
    assert "there is no column 'bodie'" in err
    assert "column with the text [body]" in err
    assert "column with the label" not in err
    data = settings_of(here / "m")["data"]
    assert data == {"source": "../comments.csv", "text": "body", "label": "removed", "time": "created_utc"}


@pytest.mark.skipif(not DATA.is_dir(), reason="the real data sets are not beside this checkout")
@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("reddit_rscience/comments.csv.gz", {"label": "removed"}),
        ("davidson_hate_offensive/labeled_data.csv", {"text": "tweet", "label": "class"}),
        ("crisislex_t6/tweets.csv.gz", {"time": "created_utc", "client": "event"}),
        ("airline_tweets/tweets.csv.gz", {"time": "created_utc", "client": "airline"}),
        ("amazon_multidomain/reviews.csv.gz", {"time": "date", "client": "domain"}),
        ("sms_spam/SMSSpamCollection.tsv", {"quote": "", "header": False, "columns": ["label", "text"]}),
    ],
)
def test_the_real_sets_need_no_flags(here: Path, run: Run, source: str, expected: dict[str, Any]) -> None:
    path = (DATA / source).resolve()
    assert run("new", "m", "--data", path).code == 0
    assert settings_of(here / "m")["data"] == {"source": str(path), **expected}
