"""Which models make room: laws."""

from hypothesis import given
from hypothesis import strategies as st

from surtitle.cycle.lru import to_unload

SIZES = st.dictionaries(st.integers(1, 50), st.integers(1, 100), max_size=20)


@given(SIZES, st.sets(st.integers(1, 50)), st.integers(0, 1000))
def test_what_stays_fits_or_must_stay(sizes: dict[int, int], keep: set[int], limit: int) -> None:
    gone = set(to_unload(sizes, keep=keep, limit=limit))
    stays = {version for version in sizes if version not in gone}
    assert not gone & keep
    assert sum(sizes[version] for version in stays) <= limit or stays <= keep


@given(SIZES, st.integers(0, 1000))
def test_the_least_recently_used_go_and_no_more_than_needed(sizes: dict[int, int], limit: int) -> None:
    gone = to_unload(sizes, keep=(), limit=limit)
    assert gone == list(sizes)[: len(gone)]
    if gone:
        assert sum(sizes.values()) - sum(sizes[version] for version in gone[:-1]) > limit
