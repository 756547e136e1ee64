"""Vectorise many made-up texts for training: ``python _many_texts.py FILE TEXTS``; FILE holds real texts as JSON.

A text is a run of words as long as a real one, each word taken from the place of any real text's words, so that words
and their frequencies are real and no text is. Prints one JSON object.
"""

import json
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from surtitle.settings import FeatureSettings, TextSettings
from surtitle.text import fit_vocabulary, tokenize


def mixed(real: list[str], n_texts: int) -> Iterator[str]:
    """Yield made-up texts."""
    rng = random.Random(0)
    words = [word for text in real for word in text.split()]
    lengths = [len(text.split()) for text in real]
    for _ in range(n_texts):
        yield " ".join(rng.choices(words, k=rng.choice(lengths)))


def peak_mb() -> float:
    """Return the most memory that this process has taken."""
    # Not getrusage: its figure starts with that of the process which started this one.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1e3


def main(file: Path, n_texts: int) -> None:
    """Make the texts, vectorise them, and say what it took."""
    texts = list(mixed(json.loads(file.read_text(encoding="utf-8"))["train"], n_texts))
    with_texts = peak_mb()
    start = time.perf_counter()
    vocabulary, rows = fit_vocabulary(tokenize(texts, TextSettings()), FeatureSettings(char_ngrams=()))
    found = {
        "seconds": time.perf_counter() - start,
        "terms": len(vocabulary),
        "texts MB": with_texts,
        "rows MB": (rows.data.nbytes + rows.indices.nbytes + rows.indptr.nbytes) / 1e6,
        "peak MB": peak_mb(),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
