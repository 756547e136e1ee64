import pytest
from hypothesis import given
from hypothesis import strategies as st

from surtitle.errors import RegistryError
from surtitle.registry.names import is_client, parse_alias, parse_ref


@pytest.mark.parametrize(("ref", "parsed"), [(3, 3), ("3", 3), ("v3", 3), ("champion", "champion")])
def test_ref_is_a_number_or_an_alias(ref: str | int, parsed: str | int) -> None:
    assert parse_ref(ref) == parsed


@pytest.mark.parametrize("client", ["science", "US Airways", "kitchen_&_housewares", "a@b", "日本", "x" * 200])
def test_client_may_be_any_printable_name(client: str) -> None:
    assert parse_alias(f"champion@{client}") == f"champion@{client}"


@pytest.mark.parametrize(
    "client",
    ["", " ", " a", "a ", ".", "..", "../x", "a\\b", "a\nb", "a\0b", "\u202eevil", "\ud800", "x" * 201],
)
def test_client_that_could_pass_for_a_path_or_another_name_is_refused(client: str) -> None:
    with pytest.raises(RegistryError, match="cannot be a client's name"):
        parse_alias(f"champion@{client}")


@pytest.mark.parametrize("alias", ["", "Champion", "v3", "3", "cham pion", "-x", "x" * 65, "v3@science", "٣", "x/y"])
def test_malformed_alias_is_refused(alias: str) -> None:
    with pytest.raises(RegistryError, match="neither a version nor an alias"):
        parse_alias(alias)


@given(st.text())
def test_any_text_is_an_answer_or_a_registry_error(ref: str) -> None:
    try:
        parse_ref(ref)
    except RegistryError as error:
        str(error).encode()


@given(st.text())
def test_client_that_is_good_makes_a_good_alias(client: str) -> None:
    if is_client(client):
        assert parse_alias(f"champion@{client}") == f"champion@{client}"
        client.encode()
