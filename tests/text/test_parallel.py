import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest

from surtitle.errors import SurroundingsError
from surtitle.settings import TextSettings
from surtitle.text import parallel
from surtitle.text.parallel import paying_processes, tokenize
from surtitle.text.tokens import Tokenizer

TEXTS = [f"You are number {n % 97}, you're a dummy{'!' * (n % 5)}" for n in range(9001)]


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_the_answer_does_not_depend_on_the_number_of_processes(processes: int) -> None:
    expected = Tokenizer(TextSettings())(TEXTS)
    done: list[int] = []
    found = tokenize(TEXTS, TextSettings(), processes=processes, advance=done.append)
    assert found.types == expected.types
    np.testing.assert_array_equal(found.ids, expected.ids)
    np.testing.assert_array_equal(found.starts, expected.starts)
    assert sum(done) == len(TEXTS)


def test_few_texts_are_not_worth_a_second_process() -> None:
    assert paying_processes(["short"] * 1000) == 1


def test_many_texts_get_the_cores_there_are() -> None:
    assert paying_processes(["x" * 1000] * 5000) == min(len(os.sched_getaffinity(0)), 8)


def test_no_texts_are_no_trouble() -> None:
    assert len(tokenize([], TextSettings(), processes=2)) == 0


class Dying(Tokenizer):
    def __call__(self, texts: object) -> None:  # type: ignore[override]  # it never returns
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_worker_that_dies_is_reported_and_none_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "Tokenizer", Dying)
    with pytest.raises(SurroundingsError, match=r"ended with status -9.*train.processes=1"):
        tokenize(TEXTS, TextSettings(), processes=2)


@pytest.mark.slow
def test_workers_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    script = textwrap.dedent("""
        import os
        from surtitle.settings import TextSettings
        from surtitle.text.parallel import tokenize
        texts = [f"you are {n} " * 50 for n in range(400_000)]
        print(os.getpid(), flush=True)
        tokenize(texts, TextSettings(), processes=2, advance=lambda n: print("done", n, flush=True))
    """)
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        assert "done" in parent.stdout.readline()
        children = _children(parent.pid)
        assert len(children) == 2
        parent.kill()
    deadline = time.monotonic() + 60
    while any(Path(f"/proc/{child}").exists() for child in children):
        assert time.monotonic() < deadline, "workers outlive their parent"
        time.sleep(0.1)  # what is waited for is another process's end; there is no event to wait on


def _children(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
