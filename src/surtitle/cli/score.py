"""`surtitle score`: what a registered model says of texts."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, cast

import msgspec
import typer

from surtitle.cli._explain import explained
from surtitle.cli._options import JsonOption, ProjectOption, examples, open_project
from surtitle.cli._progress import reporting
from surtitle.cli._terminal import print_json, say, show, storable, table, visible
from surtitle.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from surtitle.cycle import OpenModel
    from surtitle.models import LinearScorer
    from surtitle.prepare.findings import BadRow
    from surtitle.project import Project
    from surtitle.records import Scored

__all__ = ["EPILOG", "command"]

EPILOG = examples(
    'surtitle score "You are a DUMMY!!!!"',
    'surtitle score "You are a DUMMY!!!!" --explain',
    "surtitle score --in comments.csv --out scored.csv",
    "tail -f comments.txt | surtitle score --json",
    'surtitle score "some text" --model 2',
)
_READ = 1 << 16


def command(
    texts: Annotated[list[str] | None, typer.Argument(metavar="[TEXT]...", help="Texts to score.")] = None,
    in_: Annotated[
        Path | None, typer.Option("--in", metavar="FILE", help="CSV, TSV, JSONL or Parquet, also .gz or .zst.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Where to; without it, JSON lines on stdout.")
    ] = None,
    text_column: Annotated[str | None, typer.Option(metavar="NAME", help="The column with the text, in FILE.")] = None,
    model: Annotated[str, typer.Option(metavar="VERSION", help="A version or an alias.")] = "champion",
    explain: Annotated[bool, typer.Option("--explain", help="Show step by step how each TEXT came by it.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file of --out.")] = False,
    project: ProjectOption = None,
    json: JsonOption = False,
) -> int:
    """Score texts, a file, or lines from stdin.

    A file keeps its columns and gains score, label, action and version; rows that cannot be read go to
    OUT.dead-letters.jsonl. Lines from stdin give tab-separated lines, or JSON lines with --json.
    """
    _check_use(bool(texts), in_, out, text_column, explain=explain)
    opened = open_project(project)
    from surtitle.cycle import open_scorer

    if in_ is not None:
        return _score_in(opened, model, in_, out, text_column, force=force, json=json)
    found = open_scorer(opened, model)
    if not texts:
        return _score_lines(found, sys.stdin.buffer, opened.settings.data.max_row_bytes, json=json)
    # Arguments that are not UTF-8 reach Python as lone surrogates.
    texts = [storable(text) for text in texts]
    if explain:
        return _explain(found, texts, json=json)
    return _score_texts(found, texts, json=json)


def _check_use(has_texts: bool, in_: Path | None, out: Path | None, column: str | None, *, explain: bool) -> None:
    if has_texts and in_ is not None:
        raise UsageError("score texts or a file, not both at once; leave out TEXT or --in")
    if in_ is None and (out is not None or column is not None):
        raise UsageError("--out and --text-column go with --in FILE")
    if explain and not has_texts:
        raise UsageError('--explain needs the text as an argument: surtitle score "some text" --explain')
    if not has_texts and in_ is None and sys.stdin.isatty():
        raise UsageError('nothing to score; try: surtitle score "some text"')


def _as_json(text: str, scored: "Scored") -> dict[str, object]:
    return {"text": text, **msgspec.structs.asdict(scored)}


def _score_texts(model: "OpenModel", texts: list[str], *, json: bool) -> int:
    pairs = list(zip(texts, model.scorer.score(texts), strict=True))
    if json:
        print_json({"version": model.version, "results": [_as_json(text, each) for text, each in pairs]})
    else:
        rows = [[f"{each.score:.3f}", each.label, each.action, text] for text, each in pairs]
        show(table(["score", "label", "action", "text"], rows, right=(0,)))
    return ExitCode.DONE


def _explain(model: "OpenModel", texts: list[str], *, json: bool) -> int:
    if not hasattr(model.scorer, "explain"):
        raise UsageError(f"version {model.version} is an estimator of your own, which cannot be explained term by term")
    scorer = cast("LinearScorer", model.scorer)
    explanations = [scorer.explain(text) for text in texts]
    if json:
        print_json({"version": model.version, "results": explanations})
    else:
        for place, explanation in enumerate(explanations):
            show(*([""] if place else []), *explained(explanation, model.version))
    return ExitCode.DONE


def _score_lines(model: "OpenModel", stream: BinaryIO, limit: int, *, json: bool) -> int:
    """Score lines as they come, so that it can stand behind `tail -f`."""
    number = 0
    for batch in _line_batches(stream, limit):
        good = [line for line in batch if isinstance(line, str)]
        scored = iter(model.scorer.score(good))
        for line in batch:
            number += 1
            if isinstance(line, int):
                say(f"line {number:,} is {line:,} bytes long, more than data.max_row_bytes = {limit:,}: not scored")
                if json:
                    print_json({"line": number, "error": f"{line:,} bytes long"})
                continue
            each = next(scored)
            if json:
                print_json({**_as_json(line, each), "version": model.version})
            else:
                sys.stdout.write(f"{each.score:.6f}\t{visible(each.label)}\t{visible(each.action)}\t{visible(line)}\n")
        sys.stdout.flush()
    return ExitCode.DONE


def _line_batches(stream: BinaryIO, limit: int) -> Iterator[list[str | int]]:
    """Yield the whole lines that have arrived; of a line over the limit only its length."""
    kept, length = bytearray(), 0
    while block := stream.read1(_READ):  # type: ignore[attr-defined]  # stdin's buffer has it
        *ended, rest = block.split(b"\n")
        batch: list[str | int] = []
        for part in ended:
            length += len(part)
            kept += part[: limit + 1 - len(kept)]
            batch.append(_line(kept, length, limit))
            kept, length = bytearray(), 0
        length += len(rest)
        kept += rest[: limit + 1 - len(kept)]
        if batch:
            yield batch
    if length:
        yield [_line(kept, length, limit)]


def _line(kept: bytearray, length: int, limit: int) -> str | int:
    return length if length > limit else kept.decode("utf-8", "replace").removesuffix("\r")


def _score_in(
    project: "Project", model: str, source: Path, out: Path | None, column: str | None, *, force: bool, json: bool
) -> int:
    from contextlib import ExitStack

    from surtitle.cli._score_files import JsonLines, open_target, score_file
    from surtitle.cycle import open_scorer

    data = project.settings.data
    with ExitStack() as stack:
        target = JsonLines(sys.stdout.buffer) if out is None else stack.enter_context(open_target(out, overwrite=force))
        letters = _DeadLetters(out)
        stack.callback(letters.close)
        reporter = stack.enter_context(reporting())
        found = open_scorer(project, model)
        tally = score_file(
            found.scorer,
            found.version,
            source,
            target,
            column=column,
            usual=data.text,
            max_row_bytes=data.max_row_bytes,
            dead_letter=letters.add,
            reporter=reporter,
        )
    if tally.dead_letters:
        say(f"{tally.dead_letters:,} rows could not be read: {letters.place}")
    if out is None:
        return ExitCode.DONE
    if json:
        result = {"version": found.version, "out": out, "rows": tally.rows, "actions": dict(tally.actions)}
        print_json({**result, "dead_letters": tally.dead_letters})
    else:
        actions = ", ".join(f"{visible(action)} {count:,}" for action, count in tally.actions.most_common())
        typer.echo(f"Wrote {visible(str(out))}: {actions or 'no rows'} (version {found.version})")
    return ExitCode.DONE


class _DeadLetters:
    """Keeps rows that could not be read, beside the output or, without one, on stderr."""

    def __init__(self, out: Path | None) -> None:
        self._path = None if out is None else out.with_name(f"{out.name}.dead-letters.jsonl")
        self._stream: BinaryIO | None = None
        self.place = "named above" if self._path is None else f"see {self._path}"

    def add(self, row: "BadRow") -> None:
        if self._path is None:
            say(f"{row.place}: {row.reason}")
            return
        self._stream = self._stream or self._path.open("wb")
        self._stream.write(msgspec.json.encode(row) + b"\n")

    def close(self) -> None:
        if self._stream is not None:
            self._stream.close()
