import numpy as np

from surtitle.evaluate.mistakes import worst_mistakes
from tests.evaluate.samples import predictions

CLASSES = ("a", "b", "c")


def test_most_confident_mistakes_come_first_in_each_direction() -> None:
    y, probs, chosen = predictions(300, 3, seed=0)
    texts = [str(k) for k in range(300)]
    groups = worst_mistakes(y, probs, chosen, classes=CLASSES, texts=texts, ids=texts, clients=[None] * 300)
    assert [group.count for group in groups] == sorted((group.count for group in groups), reverse=True)
    assert sum(group.count for group in groups) == (y != chosen).sum()
    for group in groups:
        scores = [mistake.score for mistake in group.worst]
        rows = (y == CLASSES.index(group.truth)) & (chosen == CLASSES.index(group.chosen))
        assert scores == sorted(scores, reverse=True)
        assert scores[0] == round(probs[rows, CLASSES.index(group.chosen)].max(), 6)
        assert all(rows[int(mistake.id)] for mistake in group.worst)


def test_long_texts_are_shortened_and_lines_joined() -> None:
    texts = ["one\n\ntwo", "x" * 10_000_000]
    probs = np.array([[0.1, 0.9], [0.2, 0.8]])
    [group] = worst_mistakes(
        np.array([0, 0]), probs, np.array([1, 1]), classes=CLASSES[:2], texts=texts, ids=texts, clients=[None, None]
    )
    assert group.worst[0].text == "one two"
    assert group.worst[1].text == "x" * 400 + " …"


def test_nothing_wrong_gives_no_groups() -> None:
    y, probs, _ = predictions(10, 2, seed=0)
    none = [None] * 10
    assert worst_mistakes(y, probs, y, classes=CLASSES[:2], texts=[""] * 10, ids=[""] * 10, clients=none) == ()
