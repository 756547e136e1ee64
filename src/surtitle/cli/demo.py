"""`surtitle demo`: make a project in a folder and run all of it, each step as a user would type it."""

import sys
from collections.abc import Callable, Mapping
from contextlib import nullcontext, redirect_stdout
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shlex import join
from typing import TYPE_CHECKING, Annotated

import typer

from surtitle.cli import check, models, new, plan, replay, score, train
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
_DRIFTED = "drifted.csv"
_PICTURE = "loop.html"
_FEWEST_FOR_THE_LOOP, _LOOP_SIZE = 5000, 20_000
_CHANGED_ON = 200
# Sharp criticism, banter and links must go now; insults may stay.
_CHANGED = {"critical": 2.5, "banter": 1.5, "elsewhere": 2.5, "advert": 2.5, "rude": -2.5, "hostile": -2.5}
_POLICY = ("watch.period=5d", "watch.window=45d", "watch.new_labels=1500")


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

    The steps are: new, check, train, score, models, plan, and for the made-up community replay.
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
    from surtitle.simulate.community import Change, best_auc, generate
    from surtitle.simulate.files import write_csv

    folder.mkdir(parents=True, exist_ok=True)
    path = folder / _SAMPLE
    write_csv(generate(size, seed=seed, start=_START, days=_DAYS), path)
    if size >= _FEWEST_FOR_THE_LOOP:
        change = Change(_CHANGED_ON, _CHANGED)
        write_csv(generate(_LOOP_SIZE, seed=seed, start=_START, days=_DAYS, change=change), folder / _DRIFTED)
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
    return _loop(folder) if (folder / _DRIFTED).exists() else ExitCode.DONE


def _loop(folder: Path) -> int:
    """Play the retrain loop over the community that drifts."""
    changed_on = _START + timedelta(days=_CHANGED_ON)
    _narrate("")
    _narrate(
        f"{folder / _DRIFTED}: the same community, but from {changed_on:%d %B} on its moderators judge by other rules. "
        "What would the first model have done alone, and what with the loop that trains again, when each label comes "
        "5 days late?"
    )
    flags = ("--first", "0.5", "--label-delay", "5d", *(word for each in _POLICY for word in ("--set", each)))
    code = _step(
        join(["surtitle", "replay", _DRIFTED, *flags, "--picture", _PICTURE]),
        lambda: replay.command(
            folder / _DRIFTED,
            first="0.5",
            label_delay="5d",
            picture=folder / _PICTURE,
            project=folder,
            set_=list(_POLICY),
        ),
    )
    _narrate("Open the picture in a browser: quality over time with and without the loop, and what the gate said.")
    return code


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
        "picture": folder / _PICTURE if (folder / _PICTURE).exists() else None,
    }
