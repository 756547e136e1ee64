from hypothesis import given

from surtitle.settings import CleaningSettings, TextSettings
from surtitle.text.chunks import ChunkReader, ReadChunk, RememberedChunks
from surtitle.text.cleaning import clean
from surtitle.text.rules import TokenizerRules, read_rules
from tests.text.samples import TEXTS


def rules() -> TokenizerRules:
    found = read_rules(TextSettings())
    assert found is not None
    return found


READER = ChunkReader(rules(), CleaningSettings())


@given(TEXTS)
def test_a_chunk_has_the_tokens_of_what_cleaning_makes_of_it(text: str) -> None:
    chunks = text.split()
    for chunk, read in zip(chunks, READER.read(chunks), strict=True):
        assert list(read.tokens) == READER.splitter.split_text(clean(chunk, CleaningSettings()))


@given(TEXTS)
def test_a_text_without_touchy_chunks_is_its_chunks(text: str) -> None:
    read = READER.read(text.split())
    if not any(chunk.touchy for chunk in read):
        whole = READER.splitter.split_text(clean(text, CleaningSettings()))
        assert whole == [token for chunk in read for token in chunk.tokens]


def test_what_is_remembered_does_not_go_to_spacy() -> None:
    reader = ChunkReader(rules(), CleaningSettings(), RememberedChunks.of({"dummy!!!": ("from", "memory")}))
    assert reader.read(["DUMMY!!!!", "dummy!"]) == [
        ReadChunk(["from", "memory"], touchy=False),
        ReadChunk(["dummy", "!"], touchy=False),
    ]


def test_a_chunk_that_cleaning_drops_has_no_tokens() -> None:
    assert READER.read(["\u200b"]) == [ReadChunk((), touchy=False)]
    assert READER.read([]) == []


def test_only_a_text_whose_chunks_touch_is_read_whole() -> None:
    assert READER.read_whole("FOO:( (") == ["foo", ":", "(", "("]
    assert READER.read_whole("foo:( bar") is None
