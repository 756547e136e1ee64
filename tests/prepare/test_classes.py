import pytest

from surtitle.prepare.classes import order_classes


@pytest.mark.parametrize(
    ("counts", "positive", "classes"),
    [
        ({"0": 1, "1": 9}, "", ("0", "1")),
        ({"no": 1, "Yes": 9}, "", ("no", "Yes")),
        ({"true": 9, "false": 1}, "", ("false", "true")),
        ({"spam": 5, "ham": 9}, "", ("ham", "spam")),
        ({"a": 1, "b": 9}, "", ("b", "a")),
        ({"a": 5, "b": 5}, "", ("a", "b")),
        ({"a": 1, "b": 9}, "b", ("a", "b")),
        ({"c": 1, "a": 2, "b": 3}, "a", ("a", "b", "c")),
        ({"only": 3}, "", ("only",)),
    ],
)
def test_of_two_classes_the_one_to_act_on_is_last(
    counts: dict[str, int], positive: str, classes: tuple[str, ...]
) -> None:
    assert order_classes(counts, positive) == classes
