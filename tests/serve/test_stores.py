"""What the service keeps on disk."""

from surtitle.serve.shadow import is_taken


def test_the_share_that_the_challenger_sees_is_about_as_asked_and_grows_with_it() -> None:
    ids = [f"c{number}" for number in range(10_000)]
    small = {each for each in ids if is_taken(each, 0.1)}
    large = {each for each in ids if is_taken(each, 0.5)}
    assert 800 < len(small) < 1200
    assert small < large
