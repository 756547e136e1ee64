"""API keys."""

import pytest

from surtitle.errors import SettingsError
from surtitle.serve.keys import Keys, hash_key, new_key, parse_keys


def test_a_new_key_is_let_in_under_its_name_and_only_its_hash_is_kept() -> None:
    key = new_key()
    line = f"nightly:{hash_key(key)}"
    assert key not in line
    keys = Keys(parse_keys(f"# ours\n\n{line}\n", where="keys.txt"))
    assert keys.name_of([(b"authorization", f"Bearer {key}".encode())]) == "nightly"
    assert keys.name_of([(b"authorization", f"bearer  {key}".encode())]) == "nightly"
    assert keys.name_of([(b"x-api-key", key.encode())]) == "nightly"


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(b"authorization", b"Basic abc")],
        [(b"authorization", b"Bearer ")],
        [(b"x-api-key", b"")],
        [(b"x-api-key", b"\xff\x00")],
        [(b"x-api-key", hash_key("st_example").encode())],
    ],
)
def test_anything_else_is_not_let_in(headers: list[tuple[bytes, bytes]]) -> None:
    assert Keys({"nightly": hash_key("st_example")}).name_of(headers) is None


def test_every_wrong_line_is_named_and_none_is_repeated() -> None:
    good = f"a:{hash_key('1')}"
    with pytest.raises(SettingsError) as caught:
        parse_keys(f"{good}\nst_secret\n{good}\n:x", where="keys.txt")
    assert [fault.where for fault in caught.value.faults] == ["keys.txt:2", "keys.txt:3", "keys.txt:4"]
    assert "st_secret" not in str(caught.value)


def test_two_keys_are_never_alike() -> None:
    assert len({new_key() for _ in range(100)}) == 100
