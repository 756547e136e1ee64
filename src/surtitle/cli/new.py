"""`surtitle new`: make a project out of a table of text and labels."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from surtitle.cli._options import JsonOption, SetOption, examples
from surtitle.cli._terminal import print_json, say, visible
from surtitle.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from surtitle.cli._answers import Ask, Told
    from surtitle.project import Project
    from surtitle.settings import DataSettings
    from surtitle.ship.template.rendering import Forge
    from surtitle.ship.template.updating import Started

__all__ = ["EPILOG", "command", "make"]

EPILOG = examples(
    "surtitle new moderation --data comments.csv",
    "surtitle new moderation --data comments.csv --text body --label removed --time created_utc --client subreddit",
    'surtitle new spam --data messages.tsv --no-header --columns label,text --quote ""',
    "surtitle new moderation --data comments.csv --ci gitlab",
    "surtitle new moderation --data comments.csv --bare",
    'surtitle new moderation --sql "SELECT body, removed FROM db.t" --database app.db --text body --label removed',
)
_QUESTIONS = {
    "text": "column with the text",
    "label": "column with the label",
    "time": "column with the time (- for none)",
    "client": "column with the client, such as a community (- for none)",
    "id": "column with an identifier (- for none)",
}


def command(
    name: Annotated[Path, typer.Argument(metavar="NAME", help="The folder to make.")],
    data: Annotated[str | None, typer.Option(metavar="FILE", help="A file, a folder of files or a pattern.")] = None,
    text: Annotated[str | None, typer.Option(metavar="COLUMN", help="The column with the text.")] = None,
    label: Annotated[str | None, typer.Option(metavar="COLUMN", help="The column with the label.")] = None,
    time: Annotated[str | None, typer.Option(metavar="COLUMN", help='The column with the time; "" for none.')] = None,
    client: Annotated[
        str | None, typer.Option(metavar="COLUMN", help='The column with the client; "" for none.')
    ] = None,
    id: Annotated[  # noqa: A002 the flag's name
        str | None, typer.Option(metavar="COLUMN", help='The column with an identifier; "" for none.')
    ] = None,
    positive: Annotated[str | None, typer.Option(metavar="LABEL", help="Of two labels, the one to act on.")] = None,
    sql: Annotated[str | None, typer.Option(metavar="QUERY", help="A query, instead of --data.")] = None,
    database: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="What the query reads as db.TABLE: SQLite or PostgreSQL.")
    ] = None,
    format: Annotated[  # noqa: A002 the flag's name
        Literal["csv", "tsv", "jsonl", "parquet"] | None, typer.Option(help="When the file's name does not say.")
    ] = None,
    encoding: Annotated[str | None, typer.Option(help="How the file is encoded.")] = None,
    delimiter: Annotated[str | None, typer.Option(metavar="MARK", help="Between fields; \\t for a tab.")] = None,
    quote: Annotated[str | None, typer.Option(metavar="MARK", help='Around fields; "" for no quoting.')] = None,
    header: Annotated[
        bool | None, typer.Option("--header/--no-header", help="Whether the first row names the columns.")
    ] = None,
    columns: Annotated[str, typer.Option(metavar="A,B,...", help="The columns' names, without a header.")] = "",
    ci: Annotated[
        Literal["github", "gitlab", "none"], typer.Option(help="Whose pipeline the project starts with.")
    ] = "github",
    bare: Annotated[bool, typer.Option("--bare", help="Write surtitle.toml only.")] = False,
    set_: SetOption = None,
    json: JsonOption = False,
) -> int:
    """Make a project from a table of text and labels.

    The project is a folder with a surtitle.toml, written from a look at the data and from what is told. On a terminal,
    what is not told is asked, with a proposal; elsewhere the proposals are taken. Beside it come a README with the
    flowchart, a prepare.py of your own with tests, a notebook, a Makefile, a pipeline, and who is asked about changes.
    Files that are there already are left as they are.
    """
    from surtitle.cli._answers import Told

    asking = sys.stdin.isatty() and not json
    if (data is None) == (sql is None):
        if data is not None or not asking:
            raise UsageError("name the labelled data: either --data FILE or --sql QUERY")
        data = typer.prompt("labelled data (a file, a folder or a pattern)", err=True)
    told = Told(
        folder=name,
        data=data,
        sql=sql,
        database=database,
        format=format,
        encoding=encoding,
        delimiter=delimiter,
        quote=quote,
        header=header,
        text=text,
        label=label,
        time=time,
        client=client,
        id=id,
        positive=positive,
        columns=tuple(part.strip() for part in columns.split(",") if part.strip()),
        overrides=tuple(set_ or ()),
    )
    project, started = _create(told, _ask if asking else None, None if bare else ci)
    if json:
        print_json({"project": project.root, "settings": project.settings, "written": started.written})
    else:
        _render(name, project.settings.data, started)
        _note(project, "none" if bare else ci)
    return ExitCode.DONE


def _note(project: "Project", forge: "Forge") -> None:
    from surtitle.ship.ci.notes import notes

    for note in [] if forge == "none" else notes(project.root, project.settings, forge):
        say(note)


def make(told: "Told") -> int:
    """Make a project without asking anything, and say so."""
    project, started = _create(told, None, "github")
    _render(told.folder, project.settings.data, started)
    return ExitCode.DONE


def _create(told: "Told", ask: "Ask | None", forge: "Forge | None") -> "tuple[Project, Started]":
    from surtitle.cli._answers import settings_for
    from surtitle.project import FILE_NAME, create_project
    from surtitle.ship.template.updating import Started, start_project

    path = told.folder / FILE_NAME
    if path.exists():
        raise UsageError(f"{path} exists and is not overwritten; choose another name or edit it")
    settings = settings_for(told, Path.cwd(), ask=ask)
    # The settings come last: until they are there it is no project, and the same command can be run again.
    started = Started((), ()) if forge is None else start_project(told.folder, settings, forge)
    return create_project(told.folder, settings), started


def _ask(role: str, proposed: str, names: tuple[str, ...]) -> str:
    needed = role in ("text", "label")
    while True:
        answer = str(typer.prompt(_QUESTIONS[role], default=proposed or (None if needed else "-"), err=True)).strip()
        answer = "" if answer == "-" and not needed else answer
        if not names or not answer or answer in names:
            return answer
        say(f"there is no column {answer!r}; there are: {', '.join(name for name in names if name)}")


def _render(folder: Path, data: "DataSettings", started: "Started") -> None:
    from surtitle.project import FILE_NAME

    typer.echo(visible(f"Made {folder / FILE_NAME}"))
    for role in ("text", "label", "time", "client", "id"):
        typer.echo(visible(f"  {role:7}{getattr(data, role) or '-'}"))
    if not data.quote:
        typer.echo("  quotes in this file are part of the text")
    if started.written:
        typer.echo(f"{len(started.written)} files are beside it, a pipeline among them; README.md says what is where.")
    if started.kept:
        typer.echo(visible(f"Left as they were: {', '.join(started.kept)}"))
    typer.echo(visible(f"Next: cd {folder} && surtitle check && surtitle train"))
