"""Who decides for whom: the law that the service's shelf and the stream's champions share."""

from hypothesis import given
from hypothesis import strategies as st

from surtitle.cycle.roster import CHAMPION, Roster, champion_of
from surtitle.errors import ArtefactError
from tests.serve.test_shelf import SIZE, made_up

moves = st.lists(
    st.dictionaries(st.sampled_from([CHAMPION, champion_of("go"), champion_of("chess")]), st.integers(1, 6)), max_size=8
)


@given(moves, st.sets(st.integers(2, 6)), st.integers(1, 4))
def test_only_what_is_loaded_decides_and_memory_stays_within_its_limit(
    drawn: list[dict[str, int]], damaged: set[int], room: int
) -> None:
    roster = Roster(made_up(1), {}, limit=room * SIZE)
    for aliases in drawn:
        roster.follow(aliases)
        for number in roster.needed(aliases):
            assert number not in roster
            if number not in damaged:
                roster.add(made_up(number))
            roster.follow(aliases)
        wanted = aliases.get(CHAMPION)
        assert roster.champion.number in roster
        assert roster.champion.number not in damaged
        if wanted is not None and wanted not in damaged:
            assert roster.champion.number == wanted
        for client in roster.routes:
            assert champion_of(client) in aliases
        for number in set(roster.routes.values()) - damaged:
            if roster.get(number) is None:
                roster.add(made_up(number))
            assert number in roster
        # The champion and the one taken last stay, whatever the limit.
        assert len(roster) <= max(room, 2)


def test_a_version_in_use_goes_on_until_the_next_is_loaded() -> None:
    roster = Roster(made_up(1), {"go": 2}, limit=10 * SIZE)
    assert roster.needed({CHAMPION: 1, champion_of("go"): 3}) == []  # nobody has asked for go yet
    roster.add(made_up(2))
    moved = {CHAMPION: 4, champion_of("go"): 3}
    assert roster.needed(moved) == [4, 3]
    assert roster.follow(moved) is None
    assert (roster.champion.number, roster.routes) == (1, {"go": 2})
    roster.add(made_up(3))
    roster.add(made_up(4))
    before = roster.follow(moved)
    assert before is not None
    assert (before.number, roster.champion.number, roster.routes) == (1, 4, {"go": 3})


def test_what_could_not_be_loaded_is_not_tried_again_at_once() -> None:
    roster = Roster(made_up(1), {}, limit=10 * SIZE)
    error = ArtefactError("damaged")
    assert roster.refusal(2, 0.0) is None
    roster.refuse(2, error, 100.0)
    assert roster.refusal(2, 129.0) is error
    assert roster.refusal(2, 131.0) is None
