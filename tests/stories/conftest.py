"""A town for each story."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.stories.town import Town


@pytest.fixture
async def town(tmp_path: Path, template: Path) -> AsyncIterator[Town]:
    """A town with a bot and an operator."""
    made = await Town(tmp_path, template).open()
    yield made
    await made.close()
