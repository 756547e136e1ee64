"""Options that every test may rely on."""

import signal
from typing import cast

import hypothesis
import pytest

from surtitle.text.native import EngineName, native_status

# A broker, server or browser starts when the first test asks for it.
pytest_plugins = ["tests.browser", "tests.kafka.fixtures", "tests.stream.redis.fixtures"]

# A shared machine has slow moments; how long a case takes is measured in benchmarks/.
hypothesis.settings.register_profile("surtitle", deadline=None)
hypothesis.settings.load_profile("surtitle")


# A shell's background jobs ignore Ctrl-C, and so would every process that a test starts and interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="also run the tests that take minutes or gigabytes")
    parser.addoption(
        "--parity-examples", type=int, default=25, help="batches of texts that each parity test makes up (default: 25)"
    )
    parser.addoption(
        "--deep",
        action="store_true",
        help="with --slow: every real text, every line to be killed at, hundreds of kills; some hours",
    )


def pytest_configure(config: pytest.Config) -> None:
    hypothesis.settings.register_profile("parity", max_examples=config.getoption("--parity-examples"), deadline=None)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--slow"):
        return
    skip = pytest.mark.skip(reason="slow; runs with --slow")
    for item in items:
        if "slow" in item.keywords:
            item.add_marker(skip)


@pytest.fixture(scope="session")
def deep(request: pytest.FixtureRequest) -> bool:
    """Whether slow tests look as often as they ever do, rather than as often as CI has time for."""
    return bool(request.config.getoption("--deep"))


@pytest.fixture(scope="session", params=["python", "native"])
def engine(request: pytest.FixtureRequest) -> EngineName:
    """Each engine in turn; the native one where it is there."""
    if request.param == "native" and not native_status().available:
        pytest.skip(native_status().what)
    return cast(EngineName, request.param)
