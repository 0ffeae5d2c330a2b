"""A small atlas with all its tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cellglass.concepts.atlas.content import AtlasContent


@pytest.fixture
def content(toy_atlas: Any) -> Callable[..., AtlasContent]:
    return toy_atlas.content
