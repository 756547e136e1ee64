"""The order of the classes: of two, the one to act on comes last."""

from collections.abc import Mapping

__all__ = ["order_classes"]

_POSITIVE = ("1", "true", "yes", "y", "t")


def order_classes(counts: Mapping[str, int], positive: str = "") -> tuple[str, ...]:
    """Return the classes sorted; of two, the positive one last.

    Parameters
    ----------
    counts : mapping of str to int
        How many examples each class has.
    positive : str
        The positive class; empty: one that is called so, or else the rarer one, or else the later one.

    Examples
    --------
    >>> order_classes({"spam": 1, "ham": 5}), order_classes({"a": 1, "b": 5}), order_classes({"0": 1, "1": 5})
    (('ham', 'spam'), ('b', 'a'), ('0', '1'))
    """
    classes = sorted(counts)
    if len(classes) != 2:
        return tuple(classes)
    if positive not in classes:
        named = [label for label in classes if label.lower() in _POSITIVE]
        positive = named[0] if len(named) == 1 else min(reversed(classes), key=lambda label: counts[label])
    return tuple(sorted(classes, key=lambda label: label == positive))
