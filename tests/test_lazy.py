"""Packages whose names are imported late still have all of them."""

import importlib

import pytest


@pytest.mark.parametrize("package", ["surtitle.cycle", "surtitle.text"])
def test_every_public_name_is_there_and_no_other(package: str) -> None:
    module = importlib.import_module(package)
    assert None not in [getattr(module, name) for name in module.__all__]
    with pytest.raises(AttributeError, match=rf"module '{package}' has no attribute 'nothing'"):
        _ = module.nothing
