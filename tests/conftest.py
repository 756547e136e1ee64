"""Options that every test may rely on."""

import hypothesis
import pytest

# A broker starts when the first test asks for it.
pytest_plugins = ["tests.kafka.fixtures"]

# A shared machine has slow moments; how long a case takes is measured in benchmarks/.
hypothesis.settings.register_profile("surtitle", deadline=None)
hypothesis.settings.load_profile("surtitle")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="also run the tests that take minutes or gigabytes")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--slow"):
        return
    skip = pytest.mark.skip(reason="slow; runs with --slow")
    for item in items:
        if "slow" in item.keywords:
            item.add_marker(skip)
