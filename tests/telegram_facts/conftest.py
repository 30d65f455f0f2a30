"""The facts call the sandbox wrongly on purpose."""

import pytest


@pytest.fixture(autouse=True)
def strictly(lenient: None) -> None:
    """Nothing is held against a fact."""
