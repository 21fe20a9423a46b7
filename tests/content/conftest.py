"""What the tests of content share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.content.tree import Tree


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """A good content folder of one's own."""
    return Tree(tmp_path)
