import pytest
from hypothesis import given
from hypothesis import strategies as st

from surtitle.errors import StreamError
from surtitle.stream.kafka.epochs import offset_metadata, read_epoch


@given(st.integers(0, 2**53))
def test_an_epoch_reads_back(epoch: int) -> None:
    assert read_epoch(offset_metadata(epoch)) == epoch


@given(st.one_of(st.none(), st.text().filter(lambda text: "surtitle_epoch" not in text)))
def test_what_others_commit_is_no_epoch(metadata: str | None) -> None:
    assert read_epoch(metadata) == 0


def test_a_broken_one_of_ours_is_refused() -> None:
    with pytest.raises(StreamError, match="no Surtitle has written"):
        read_epoch('{"surtitle_epoch":')
