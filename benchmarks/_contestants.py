"""One contestant of `scorer.py`, in a process of its own, pinned to one core: ``python _contestants.py NAME FOLDER``.

FOLDER holds `texts.json` (training texts with labels, fresh texts) and the artefacts that ours score with. What it
measures is printed as one JSON object; its scores of the fresh texts stay in FOLDER as `NAME.npy`. One that cannot run
prints ``{"skipped": REASON}``.
"""

import json
import os
import random
import string
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Batch = Callable[[Sequence[str]], Any]
One = Callable[[str], Any]
Maker = Callable[[], tuple[Batch, One]]
Data = dict[str, Any]
TIMED_ALONE, TIMED_ALONE_QUICK = 5_000, 300


class SkippedError(Exception):
    """The contestant cannot run here; the message says why."""


def ours(engine: str, model: str, *, cold: bool = False) -> Callable[[Path, Data], Maker]:
    """Return the way to our scorer with one engine over one artefact; `cold` without what the artefact remembers."""

    def prepare(folder: Path, _: Data) -> Maker:
        if engine == "python":
            sys.modules["surtitle_native"] = None  # type: ignore[assignment]  # as if it were not installed
        from surtitle.artefact import load_artefact
        from surtitle.models import LinearScorer

        def make() -> tuple[Batch, One]:
            scorer = load_artefact(folder / model)[1]
            assert isinstance(scorer, LinearScorer)
            if cold:
                scorer = LinearScorer(scorer.text, scorer.features, scorer.vocabulary, scorer.model, scorer.rule)
            used = getattr(scorer, "engine", "python")
            if used != engine:
                raise SkippedError(f"the scorer runs on {used}; is surtitle-native installed?")
            return lambda texts: scorer.probabilities(texts)[:, 1], lambda text: scorer.score([text])

        return make

    return prepare


def plain(model: str) -> Callable[[Path, Data], Maker]:
    """Return the way to the plain pipeline over the weights of one artefact."""

    def prepare(folder: Path, _: Data) -> Maker:
        from _plain import PlainPipeline
        from surtitle.artefact import load_artefact
        from surtitle.models import LinearScorer

        scorer = load_artefact(folder / model)[1]
        assert isinstance(scorer, LinearScorer)

        def make() -> tuple[Batch, One]:
            pipeline = PlainPipeline(scorer)
            return pipeline, lambda text: pipeline([text])

        return make

    return prepare


def regex(_: Path, data: Data) -> Maker:
    """Fit scikit-learn's own words, cut by a regular expression."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    pipeline = make_pipeline(words, LogisticRegression(C=4, class_weight="balanced", max_iter=2000))
    pipeline.fit(data["train"], data["labels"])
    score: Batch = lambda texts: pipeline.predict_proba(texts)[:, 1]  # noqa: E731 two names for two ways in
    return lambda: (score, lambda text: score([text]))


def fasttext(folder: Path, data: Data) -> Maker:
    """Train fastText on words and pairs of them."""
    try:
        import fasttext as peer
    except ImportError as error:
        raise SkippedError(f"{error}; pip install 'surtitle[bench]'") from error
    lines = [
        f"__label__{label} {' '.join(text.split())}\n"
        for text, label in zip(data["train"], data["labels"], strict=True)
    ]
    (folder / "fasttext.txt").write_text("".join(lines), encoding="utf-8")
    trained = peer.train_supervised(str(folder / "fasttext.txt"), wordNgrams=2, thread=1, verbose=0)

    def batch(texts: Sequence[str]) -> NDArray[np.float64]:
        labels, scores = trained.predict([text.replace("\n", " ") for text in texts])
        positive = np.array([found[0] == "__label__1" for found in labels])
        first = np.array([found[0] for found in scores])
        return np.where(positive, first, 1 - first)

    return lambda: (batch, lambda text: trained.predict(text.replace("\n", " ")))


def vowpal(_: Path, data: Data) -> Maker:
    """Train Vowpal Wabbit on words and pairs of them."""
    try:
        from vowpalwabbit import Workspace
    except ImportError as error:
        raise SkippedError(f"{error}; pip install 'surtitle[bench]'") from error
    special = str.maketrans({":": " ", "|": " ", "\n": " "})
    trained = Workspace("--loss_function logistic --link logistic -b 20 --ngram 2 --quiet")
    for text, label in zip(data["train"], data["labels"], strict=True):
        trained.learn(f"{2 * label - 1} | {text.translate(special)}")

    def one(text: str) -> float:
        return float(trained.predict(f"| {text.translate(special)}"))

    return lambda: (lambda texts: np.array([one(text) for text in texts]), one)


CONTESTANTS: dict[str, Callable[[Path, Data], Maker]] = {
    **{f"{engine} {model}": ours(engine, model) for engine in ("python", "native") for model in ("words", "default")},
    **{f"{engine} words, from cold": ours(engine, "words", cold=True) for engine in ("python", "native")},
    **{f"plain {model}": plain(model) for model in ("words", "default")},
    "regex-only": regex,
    "fastText": fasttext,
    "Vowpal Wabbit": vowpal,
}


def measure(make: Maker, data: Data, rounds: int) -> tuple[dict[str, float], NDArray[np.float64]]:
    """Time a batch and single texts, each first by a scorer that has not met them and then once more."""
    fresh: list[str] = data["fresh"]
    make()[0](data["train"][:500])  # imports and the first touch of memory are nobody's speed
    first, second = [], []
    for _ in range(rounds):
        batch, _one = ready(make, data)
        seconds, scores = core_timed(batch, fresh)
        first.append(seconds)
        second.append(core_timed(batch, fresh)[0])
    _batch, one = ready(make, data)
    alone = fresh[: TIMED_ALONE if rounds > 1 else TIMED_ALONE_QUICK]
    found = {"fresh": len(fresh) / float(np.median(first)), "seen": len(fresh) / float(np.median(second))}
    for name in ("fresh", "seen"):
        times = [timed(one, text)[0] for text in alone]
        found[f"{name} p50"], found[f"{name} p99"] = (float(np.percentile(times, q)) * 1e6 for q in (50, 99))
    return found, np.asarray(scores, np.float64)


def ready(make: Maker, data: Data) -> tuple[Batch, One]:
    """Return a scorer that has made all that it makes at its first text, and has met no other."""
    batch, one = make()
    one(data["train"][0])
    one("zz:yxq!")  # so that one which remembers the texts of training has its tokenizer too
    return batch, one


def hostile(make: Maker, data: Data, rounds: int) -> dict[str, float]:
    """Time, in ms, a long run of one mark and a long text without spaces, each by a scorer that has not met it."""
    rng = random.Random(0)
    texts = {"marks": "!" * 8_000, "no spaces": "".join(rng.choices(string.printable[:94], k=1_000_000))}
    return {
        name: min(core_timed(ready(make, data)[1], text)[0] for _ in range(rounds)) * 1e3
        for name, text in texts.items()
    }


def memory(make: Maker, data: Data) -> dict[str, float]:
    """Return, in MB, what a scorer takes once it has scored a text, and once it has scored all fresh ones."""
    before = resident_mb()
    batch, _one = ready(make, data)
    loaded = resident_mb() - before
    batch(data["fresh"])
    return {"loaded MB": loaded, "used MB": resident_mb() - before}


def timed(call: Callable[[Any], Any], argument: Any) -> tuple[float, Any]:
    """Return the seconds that a call takes, and its answer."""
    start = time.perf_counter()
    answer = call(argument)
    return time.perf_counter() - start, answer


def core_timed(call: Callable[[Any], Any], argument: Any) -> tuple[float, Any]:
    """Return the core's time that a call takes, whoever else wants the core in between, and its answer."""
    start = time.process_time()
    answer = call(argument)
    return time.process_time() - start, answer


def resident_mb() -> float:
    """Return the memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main(name: str, folder: Path, rounds: int) -> None:
    """Measure one contestant."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    data = json.loads((folder / "texts.json").read_text(encoding="utf-8"))
    try:
        make = CONTESTANTS[name](folder, data)
        is_ours = name.startswith(("python", "native"))
        used = memory(make, data) if is_ours else {}
        found, scores = measure(make, data, rounds)
        long_texts = is_ours and "cold" not in name and (rounds > 1 or "words" in name)
        found |= used | (hostile(make, data, rounds) if long_texts else {})
    except SkippedError as error:
        print(json.dumps({"skipped": str(error)}))
        return
    np.save(folder / f"{name}.npy", scores)
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
