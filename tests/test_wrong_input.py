"""Wrong input at the command line, each as a user would meet it: a clear message, the right code, nothing lost."""

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from .cycle.projects import make_project, write_comments

SETTINGS = '[data]\nsource = "comments.csv"\ntext = "comment"\nlabel = "removed"\ntime = "created"\n'


def surtitle(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own, in `folder`."""
    command = [sys.executable, "-m", "surtitle.cli", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_project(tmp_path, n=300)
    return tmp_path


def refuse(folder: Path, code: int, *messages: str, command: tuple[str, ...] = ("train",)) -> str:
    """Run, and hold the refusal to what a user needs: the code, the words, no traceback, nothing registered."""
    ran = surtitle(folder, *command)
    assert ran.returncode == code, ran.stderr
    assert "Traceback" not in ran.stderr
    assert ran.stdout == ""
    for message in messages:
        assert message in ran.stderr
    return ran.stderr


def edit(folder: Path, change: Callable[[bytes], bytes]) -> None:
    path = folder / "comments.csv"
    path.write_bytes(change(path.read_bytes()))


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "comments.csv").unlink()
    refuse(folder, 2, "comments.csv", "data.source")


def test_a_wrong_column_is_named_with_the_nearest_one(folder: Path) -> None:
    refuse(folder, 2, "coment", "did you mean 'comment'", command=("train", "--set", "data.text=coment"))


@pytest.mark.parametrize(
    ("content", "message"), [("", "comments.csv"), ("id,created,club,comment,removed\n", "no rows; check data.source")]
)
def test_an_empty_file_is_refused(folder: Path, content: str, message: str) -> None:
    (folder / "comments.csv").write_text(content)
    refuse(folder, 2, message)


def test_one_class_only_is_refused(folder: Path) -> None:
    edit(folder, lambda data: data.replace(b",1\r\n", b",0\r\n"))
    refuse(folder, 2, "one class")


def test_a_line_of_50_mb_is_a_bad_row_and_the_rest_is_used(folder: Path) -> None:
    edit(folder, lambda data: data + b"x,2026-02-01,rose," + b"a" * 50_000_000 + b",1\n")
    ran = surtitle(folder, "train", "--json")
    assert ran.returncode == 0, ran.stderr
    result = json.loads(ran.stdout)
    assert sum(result["split"].values()) == 300
    assert any("301" in place for finding in result["findings"] for place in finding["places"])


def test_nul_bytes_do_no_harm(folder: Path) -> None:
    edit(folder, lambda data: data.replace(b"dummy", b"dum\0my"))
    assert surtitle(folder, "train").returncode == 0
    plain, hidden = (
        json.loads(surtitle(folder, "score", text, "--json").stdout) for text in ("you dummy", "you dum\u200bmy")
    )
    assert plain["results"][0]["score"] == hidden["results"][0]["score"]


def test_a_few_latin_1_bytes_are_bad_rows_and_many_are_refused_with_the_encoding(folder: Path) -> None:
    original = (folder / "comments.csv").read_bytes()
    edit(folder, lambda data: data.replace(b"about", b"\xfcber", 1))
    ran = surtitle(folder, "train", "--json")
    assert ran.returncode == 0, ran.stderr
    assert sum(json.loads(ran.stdout)["split"].values()) == 299
    (folder / "comments.csv").write_bytes(original.replace(b"about", b"\xfcber"))
    refuse(folder, 2, "latin-1", "comments.csv:1", command=("train",))
    assert surtitle(folder, "train", "--set", "data.encoding=latin-1").returncode == 0


@pytest.mark.slow
def test_very_many_copies_of_one_row_are_one_example(folder: Path, deep: bool) -> None:
    blocks = 100 if deep else 20
    with (folder / "comments.csv").open("ab") as file:
        block = b"9,2026-02-03,rose,the very same words,0\n" * 100_000
        for _ in range(blocks):
            file.write(block)
    ran = surtitle(folder, "train", "--json")
    assert ran.returncode == 0, ran.stderr
    result = json.loads(ran.stdout)
    assert sum(result["split"].values()) == 301
    assert any(finding["count"] == blocks * 100_000 - 1 for finding in result["findings"])


def test_unknown_keys_are_all_named_with_the_nearest_ones(folder: Path) -> None:
    (folder / "surtitle.toml").write_text(SETTINGS + "txt = 1\n[trian]\nc = 1\n[split]\ntset = 0.2\n")
    message = refuse(folder, 2, "data.txt", "trian", "split.tset")
    assert message.count("did you mean") == 3


@pytest.mark.parametrize("name", ["weights.safetensors", "vocabulary.json", "manifest.json"])
@pytest.mark.parametrize("damage", [lambda data: data[:-20], lambda data: data.replace(b"a", b"b", 1)])
def test_a_truncated_or_edited_artefact_is_refused(
    trained: Path, tmp_path: Path, name: str, damage: Callable[[bytes], bytes]
) -> None:
    import shutil

    shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
    path = tmp_path / ".surtitle" / "registry" / "versions" / "1" / name
    path.write_bytes(damage(path.read_bytes()))
    refuse(tmp_path, 2, name, command=("score", "you dummy"))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("trained")
    make_project(root, n=300)
    assert surtitle(root, "train").returncode == 0
    return root


def test_two_trainings_at_once_give_one_version(folder: Path) -> None:
    command = [sys.executable, "-m", "surtitle.cli", "train", "--json"]
    both = [
        subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for _ in range(2)
    ]
    results = [json.loads(process.communicate()[0]) for process in both]
    assert [result["version"] for result in results] == [1, 1]
    assert sorted(result["fresh"] for result in results) == [False, True]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="mounting a small disk needs root")
@pytest.mark.parametrize("size_kb", [130, 250, 350])
def test_a_full_disk_is_reported_and_more_room_mends_it(tmp_path: Path, size_kb: int) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size_kb}k", "tmpfs", str(disk)], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"cannot mount a small disk here: {mounted.stderr.strip()}")
    try:
        make_project(disk, n=1500)
        refuse(disk, 3, "space")
        subprocess.run(["mount", "-o", "remount,size=100m", str(disk)], check=True)
        ran = surtitle(disk, "train", "--json")
        assert ran.returncode == 0, ran.stderr
        assert json.loads(ran.stdout)["version"] == 1
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_truncated_gzip_is_named(folder: Path) -> None:
    data = gzip.compress((folder / "comments.csv").read_bytes())
    (folder / "comments.csv.gz").write_bytes(data[: len(data) // 2])
    refuse(folder, 2, "comments.csv.gz", command=("train", "--set", "data.source=comments.csv.gz"))


def test_a_folder_without_a_project_says_how_to_make_one(tmp_path: Path) -> None:
    refuse(tmp_path, 2, "surtitle new")


def test_scoring_before_training_says_what_to_do(folder: Path) -> None:
    refuse(folder, 2, "surtitle train", command=("score", "hello"))


def test_data_that_grew_is_prepared_again(folder: Path) -> None:
    assert surtitle(folder, "check").returncode == 0
    write_comments(folder / "comments.csv", 350)
    ran = surtitle(folder, "train", "--json")
    assert sum(json.loads(ran.stdout)["split"].values()) == 350
