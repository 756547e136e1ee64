"""How close together the lines are at which processes are killed."""

import pytest


@pytest.fixture(params=["few", pytest.param("many", marks=pytest.mark.slow)])
def step(request: pytest.FixtureRequest, deep: bool) -> int:
    """Each so many lines; each single one with --deep."""
    if request.param == "few":
        return 7
    return 1 if deep else 3
