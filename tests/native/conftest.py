"""The native extension, or the reason for going without it."""

import os
from typing import Any

import pytest

from surtitle.text.native import native_module, native_status


@pytest.fixture(scope="session")
def native() -> Any:
    """Return the extension; in CI it must be there."""
    status = native_status()
    if status.available:
        return native_module()
    if os.environ.get("CI"):
        pytest.fail(f"CI tests the native scorer: {status.what}")
    pytest.skip(f"{status.what}; {status.remedy}")
