"""Tokenising with several processes, where that pays.

spaCy's own ``n_process`` sends documents back and is slower than one process. Here each worker is forked with the
texts already in its memory, and sends back numbers: the types of a block once, and its tokens as indices.
"""

import contextlib
import multiprocessing
import os
import signal
import warnings
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from typing import cast

import msgspec
import numpy as np

from surtitle.errors import SurroundingsError
from surtitle.settings import TextSettings
from surtitle.text.tokens import Tokenizer, Tokens, join_tokens

__all__ = ["paying_processes", "tokenize"]

_BLOCK = 2000
_PAYING_CHARACTERS = 2_000_000  # about two seconds of one core; starting workers costs a tenth of one
_MOST_PROCESSES = 8  # beyond it, joining the parts in one process is what takes the time


def paying_processes(texts: Sequence[str]) -> int:
    """Return how many processes pay off for these texts on this machine."""
    if "fork" not in multiprocessing.get_all_start_methods():
        return 1
    if sum(map(len, texts)) < _PAYING_CHARACTERS:
        return 1
    return min(len(os.sched_getaffinity(0)), _MOST_PROCESSES)


def tokenize(
    texts: Sequence[str],
    settings: TextSettings,
    *,
    processes: int = 0,
    advance: Callable[[int], None] = lambda _: None,
) -> Tokens:
    """Clean and tokenise many texts; the answer does not depend on the number of processes.

    Parameters
    ----------
    texts : sequence of str
        Raw texts.
    settings : TextSettings
        Cleaning, language, lemmas.
    processes : int
        0: as many as pay off.
    advance : callable
        Told of the number of texts done since it was last called.

    Raises
    ------
    SurroundingsError
        If a worker dies.
    """
    tokenizer = Tokenizer(settings)
    blocks = [texts[start : start + _BLOCK] for start in range(0, len(texts), _BLOCK)]
    processes = min(processes or paying_processes(texts), len(blocks))
    if processes <= 1:
        parts = [_count_off(tokenizer(block), advance) for block in blocks]
    else:
        found = dict(_run_workers(blocks, tokenizer, processes, advance))
        parts = [found[index] for index in range(len(blocks))]
    return join_tokens(parts)


def _count_off(part: Tokens, advance: Callable[[int], None]) -> Tokens:
    advance(len(part))
    return part


def _run_workers(
    blocks: list[Sequence[str]], tokenizer: Tokenizer, processes: int, advance: Callable[[int], None]
) -> Iterator[tuple[int, Tokens]]:
    context = multiprocessing.get_context("fork")
    workers: dict[Connection, ForkProcess] = {}
    try:
        for first in range(processes):
            receiver, sender = context.Pipe(duplex=False)
            mine = range(first, len(blocks), processes)
            inherited = (*workers, receiver)
            worker = context.Process(target=_work, args=(sender, inherited, blocks, mine, tokenizer), daemon=True)
            with warnings.catch_warnings():
                # The child touches nothing that a thread of the parent could hold: it tokenises, writes and leaves.
                warnings.simplefilter("ignore", DeprecationWarning)
                worker.start()
            sender.close()
            workers[receiver] = worker
        yield from _receive(workers, advance)
    finally:
        for worker in workers.values():
            worker.terminate()
            worker.join()


def _receive(workers: dict[Connection, ForkProcess], advance: Callable[[int], None]) -> Iterator[tuple[int, Tokens]]:
    open_ends = list(workers)
    while open_ends:
        for receiver in cast(list[Connection], wait(open_ends)):
            try:
                message = receiver.recv_bytes()
            except EOFError:
                open_ends.remove(receiver)
                _check_exit(workers[receiver])
                continue
            index, part = _unpack(message)
            advance(len(part))
            yield index, part


def _check_exit(worker: ForkProcess) -> None:
    worker.join()
    if worker.exitcode:
        raise SurroundingsError(
            f"a tokenising process ended with status {worker.exitcode}, perhaps for lack of memory; "
            "try again with --set train.processes=1"
        )


def _work(
    sender: Connection,
    inherited: Sequence[Connection],
    blocks: list[Sequence[str]],
    mine: range,
    tokenizer: Tokenizer,
) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent is interrupted too, and ends its workers
    for receiver in inherited:
        receiver.close()  # or the pipes would have readers, and this process no end, after a parent that was killed
    with contextlib.suppress(BrokenPipeError):
        for index in mine:
            sender.send_bytes(_pack(index, tokenizer(blocks[index])))
    sender.close()


def _pack(index: int, part: Tokens) -> bytes:
    return msgspec.msgpack.encode((index, part.types, part.ids.tobytes(), part.starts.tobytes()))


def _unpack(message: bytes) -> tuple[int, Tokens]:
    index, types, ids, starts = msgspec.msgpack.decode(message, type=tuple[int, list[tuple[str, str]], bytes, bytes])
    return index, Tokens(types, np.frombuffer(ids, np.int32), np.frombuffer(starts, np.int64))
