"""`surtitle label-next`: the events most worth a human label, in a file to be filled in."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from surtitle.cli._options import JsonOption, ProjectOption, SetOption, examples, now, open_project
from surtitle.cli._progress import reporting
from surtitle.cli._terminal import print_json, say, visible
from surtitle.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from surtitle.project import Project

__all__ = ["EPILOG", "command"]

EPILOG = examples(
    "surtitle label-next 100",
    "surtitle label-next 200 --texts comments.jsonl --random 0.5 --out monday.csv",
    "surtitle label-next 50 --texts comments.jsonl --client science --json",
)


def command(
    n: Annotated[int, typer.Argument(min=1, max=10_000, help="How many.")],
    texts: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The events, with id and text; else stream.input.")
    ] = None,
    client: Annotated[str | None, typer.Option(metavar="NAME", help="Events of this client only.")] = None,
    random: Annotated[
        float, typer.Option(min=0.01, max=1.0, metavar="SHARE", help="How many of them are drawn at random.")
    ] = 0.2,
    seed: Annotated[int | None, typer.Option(min=0, help="Of what is drawn; else evaluate.seed.")] = None,
    out: Annotated[Path, typer.Option(metavar="FILE", help="What to write: .csv or .jsonl; not overwritten.")] = Path(
        "to-label.csv"
    ),
    project: ProjectOption = None,
    set_: SetOption = None,
    json: JsonOption = False,
) -> int:
    """Choose the events most worth a human label.

    They are events that the champion is unsure of, none nearly a copy of another; events with words that are new; and
    some drawn at random, which stand for all the others. Fill in the column label and give the file to surtitle labels
    add: surtitle watch then tells the quality of all the events, weighted by what each label stands for.
    """
    opened = open_project(project, set_)
    from surtitle.watch.asking import refuse_existing, select, write_asked

    refuse_existing(out)
    with reporting() as reporter:
        selection = select(
            opened,
            texts or _input_of(opened),
            n,
            random=random,
            seed=opened.settings.evaluate.seed if seed is None else seed,
            now=now(),
            client=client,
            reporter=reporter,
        )
    write_asked(selection.events, out)
    if json:
        print_json({"file": out, **{name: getattr(selection, name) for name in selection.__struct_fields__}})
        return ExitCode.DONE
    for note in selection.notes:
        say(note)
    reasons = [each.why.partition(":")[0] for each in selection.events]
    told = ", ".join(f"{reasons.count(why)} {why}" for why in ("uncertain", "new term", "random") if why in reasons)
    typer.echo(
        visible(f"{out}: {len(selection.events):,} of {selection.population:,} events without a label ({told}).")
    )
    say(f"fill in the column label, then: surtitle labels add {out}")
    return ExitCode.DONE


def _input_of(project: "Project") -> Path:
    """Return the file that the project's stream reads."""
    source = project.settings.stream.input
    if not source or source == "-" or "://" in source:
        raise UsageError("which events? Name a file that holds their texts with --texts FILE")
    return project.root / source
