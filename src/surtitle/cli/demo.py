"""`surtitle demo`: make a project in a folder and run all of it, each step as a user would type it."""

import sys
from collections.abc import Callable, Mapping
from contextlib import nullcontext, redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from shlex import join
from typing import TYPE_CHECKING, Annotated

import typer

from surtitle.cli import check, models, new, plan, score, train
from surtitle.cli._options import JsonOption, examples
from surtitle.cli._terminal import console, print_json, visible
from surtitle.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from surtitle.cli._answers import Told

__all__ = ["EPILOG", "command"]

EPILOG = examples(
    "surtitle demo",
    "surtitle demo big --size 1000000 --seed 7",
    "surtitle demo mine --data comments.csv --text body --label removed",
)
_SIZE = 20_000
_START = datetime(2025, 1, 1, tzinfo=UTC)
_DAYS = 300
_SAMPLE = "comments.csv"
_TEXT = "You are a DUMMY!!!!"


def command(
    folder: Annotated[Path, typer.Argument(help="The folder to make.")] = Path("demo"),
    size: Annotated[int | None, typer.Option(min=500, max=50_000_000, help="Comments to make up [20000].")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Another seed makes up other comments [0].")] = None,
    data: Annotated[str | None, typer.Option(metavar="FILE", help="Use real data instead.")] = None,
    text: Annotated[str | None, typer.Option(metavar="COLUMN", help="The column with the text, in FILE.")] = None,
    label: Annotated[str | None, typer.Option(metavar="COLUMN", help="The column with the label, in FILE.")] = None,
    time: Annotated[str | None, typer.Option(metavar="COLUMN", help="The column with the time, in FILE.")] = None,
    client: Annotated[str | None, typer.Option(metavar="COLUMN", help="The column with the client, in FILE.")] = None,
    json: JsonOption = False,
) -> int:
    """Make a sample project and run all of it.

    The steps are: new, check, train, score, models, plan.
    Without --data, on a made-up community whose best possible AUC is known. In a folder that is a project already, it
    runs again what there is.
    """
    columns = {"text": text, "label": label, "time": time, "client": client}
    if data is None and any(value is not None for value in columns.values()):
        raise UsageError("--text, --label, --time and --client go with --data FILE")
    if data is not None and not (size is None and seed is None):
        raise UsageError("--size and --seed are of the made-up data; leave out either them or --data")
    with redirect_stdout(sys.stderr) if json else nullcontext():
        code = _make(folder, size, seed, data, columns) or _run(folder)
    if json and code == ExitCode.DONE:
        print_json(_result(folder))
    return code


def _make(folder: Path, size: int | None, seed: int | None, data: str | None, columns: Mapping[str, str | None]) -> int:
    from surtitle.cli._answers import Told
    from surtitle.project import FILE_NAME

    if (folder / FILE_NAME).exists():
        if not (size is None and seed is None and data is None):
            raise UsageError(f"{folder} is a project already; choose another folder, or remove it first")
        _narrate(f"{folder} is a project already; here is what it does now.")
        return ExitCode.DONE
    told = (
        _sample(folder, size or _SIZE, seed or 0) if data is None else Told(folder=folder, data=data, **columns)  # type: ignore[arg-type]  # the columns are all texts
    )
    flags = {name: getattr(told, name) for name in ("data", *columns, "id")}
    words = [part for name, value in flags.items() if value is not None for part in (f"--{name}", value)]
    words += [part for setting in told.overrides for part in ("--set", setting)]
    return _step(join(["surtitle", "new", str(folder), *words]), lambda: new.make(told))


def _sample(folder: Path, size: int, seed: int) -> "Told":
    """Make up comments, and return what a user would tell of them."""
    from surtitle.cli._answers import Told
    from surtitle.simulate.community import best_auc, generate
    from surtitle.simulate.files import write_csv

    folder.mkdir(parents=True, exist_ok=True)
    path = folder / _SAMPLE
    write_csv(generate(size, seed=seed, start=_START, days=_DAYS), path)
    best = best_auc(generate(size, seed=seed, start=_START, days=_DAYS))
    _narrate(
        f"{path}: {size:,} made-up comments of several communities in {_DAYS} days. This data is synthetic: it is "
        f"known how each comment came about, and no model can be expected to reach an AUC above {best:.3f}."
    )
    return Told(
        folder=folder,
        data=str(path),
        text="text",
        label="removed",
        time="created_utc",
        client="community",
        id="id",
        overrides=("data.synthetic=true", f"data.best_auc={best:.4f}"),
    )


def _run(folder: Path) -> int:
    _narrate(f"$ cd {folder}", command=True)
    steps: list[tuple[list[str], Callable[[], int]]] = [
        (["check"], lambda: check.command(project=folder)),
        (["train"], lambda: train.command(project=folder)),
        (["score", _TEXT, "--explain"], lambda: score.command([_TEXT], explain=True, project=folder)),
        (["models"], lambda: models.command(project=folder)),
        (["plan"], lambda: plan.command(project=folder)),
    ]
    for words, run in steps:
        code = _step(join(["surtitle", *words]), run)
        if code:
            return code
    return ExitCode.DONE


def _step(line: str, run: Callable[[], int]) -> int:
    _narrate(f"$ {line}", command=True)
    return run()


def _narrate(line: str, *, command: bool = False) -> None:
    from rich.text import Text

    out = console()
    if command:
        out.print()
    out.print(Text(visible(line), "bold green" if command else "italic"), soft_wrap=command)


def _result(folder: Path) -> dict[str, object]:
    from surtitle.cycle import registry_of
    from surtitle.cycle.training import REPORT_NAME
    from surtitle.project import load_project

    project = load_project(folder)
    newest = registry_of(project).versions()[-1]
    return {
        "project": project.root,
        "version": newest.number,
        "artefact": newest.folder,
        "report": newest.folder / REPORT_NAME,
        "metrics": newest.facts.metrics,
        "split": newest.facts.examples,
    }
