from hypothesis import given
from hypothesis import strategies as st

from surtitle.registry import AliasMove
from surtitle.registry.moves import before_last_move, standing
from tests.registry.helpers import NOW


def move(to_version: int | None, kind: str = "set") -> AliasMove:
    return AliasMove(
        alias="champion",
        from_version=None,
        to_version=to_version,
        moved_at=NOW,
        kind="rollback" if kind == "rollback" else "set",
        why="",
    )


def test_nothing_stands_before_the_first_move() -> None:
    assert before_last_move([]) is None
    assert before_last_move([move(1)]) is None


def test_rollbacks_go_further_back_each_time() -> None:
    moves = [move(1), move(2), move(3)]
    assert before_last_move(moves) == 2
    assert before_last_move([*moves, move(2, "rollback")]) == 1
    assert before_last_move([*moves, move(2, "rollback"), move(1, "rollback")]) is None


def test_version_that_was_rolled_back_is_not_returned_to() -> None:
    assert before_last_move([move(1), move(2), move(1, "rollback"), move(3)]) == 1


def test_alias_that_went_away_starts_anew() -> None:
    assert standing([move(1), move(None, "rollback"), move(2)]) == [2]


@given(st.lists(st.integers(1, 9), min_size=1), st.integers(1, 9))
def test_rollback_after_a_move_returns_to_what_stood(numbers: list[int], new: int) -> None:
    moves = [move(number) for number in numbers]
    assert before_last_move([*moves, move(new)]) == numbers[-1]
    assert standing([*moves, move(new), move(numbers[-1], "rollback")]) == numbers
