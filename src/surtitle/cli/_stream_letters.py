"""`surtitle stream dead-letters`: what could not be decided, and having it tried again."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from surtitle.cli._terminal import print_json, say, show, table
from surtitle.errors import ExitCode, SurtitleError, UsageError

if TYPE_CHECKING:
    from surtitle.project import Project
    from surtitle.stream.state import HeldLetter

__all__ = ["tell_letters"]


def tell_letters(project: "Project", name: str, limit: int, mended: Path | None, *, retry: bool, json: bool) -> int:
    """Show dead letters, or have them tried again."""
    from surtitle.stream.looking import dead_letters, find_states, try_again
    from surtitle.stream.opening import streams_folder

    paths = find_states(streams_folder(project), name)
    if retry:
        if mended is not None and len(paths) != 1:
            raise UsageError("--mended needs one stream, since each counts its letters; say which with --name")
        values = {} if mended is None else _read_mended(mended)
        count = sum(try_again(path, mended=values) for path in paths)
        if json:
            print_json({"tried_again": count})
        else:
            say(f"{count:,} dead letters will be tried again: within a second, or when the stream next runs")
        return ExitCode.DONE
    found, faults = [], []
    for path in paths:
        try:
            found += [(path.parent.name, held) for held in dead_letters(path, limit)]
        except SurtitleError as error:  # the others are to be seen all the same
            faults.append(error)
    _show(found[:limit], json=json, whole=not faults)
    for fault in faults:
        say(f"error: {fault}")
    return faults[0].exit_code if faults else ExitCode.DONE


def _show(found: "Sequence[tuple[str, HeldLetter]]", *, json: bool, whole: bool) -> None:
    if json:
        print_json({"dead_letters": [_letter_as_json(stream, held) for stream, held in found]})
        return
    rows = [
        [
            str(held.id),
            f"{held.letter.partition}, {held.letter.position}",
            held.letter.reason,
            _shown(held.letter.value),
        ]
        for _, held in found
    ]
    if rows:
        show(table(["id", "record", "what is wrong", "begins"], rows, right=(0,)))
    elif whole:
        say("no dead letters")


def _shown(value: bytes) -> str:
    return value[:60].decode("utf-8", "replace")


def _letter_as_json(stream: str, held: "HeldLetter") -> Mapping[str, object]:
    letter = held.letter
    return {
        "stream": stream,
        "id": held.id,
        "partition": letter.partition,
        "position": letter.position,
        "reason": letter.reason,
        "died_at": held.died_at,
        "again": held.again,
        "value": letter.value.decode("utf-8", "replace"),
    }


def _read_mended(path: Path) -> dict[int, bytes]:
    import msgspec

    class Mended(msgspec.Struct):
        id: int
        value: str

    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    found = {}
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                letter = msgspec.json.decode(line, type=Mended)
            except msgspec.MsgspecError as error:
                raise UsageError(
                    f'{path}, line {number}: {error}; each line is {{"id": 3, "value": "the record"}}'
                ) from error
            found[letter.id] = letter.value.encode()
    return found
