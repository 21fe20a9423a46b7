"""What the tests of sync share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sync.centre import Centre, _template


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A content folder and keys, copied for each centre."""
    return _template(tmp_path_factory.mktemp("template"))


@pytest.fixture
def centre(tmp_path: Path, template: Path) -> Centre:
    """A centre of one's own, nothing published yet."""
    return Centre(tmp_path, template)
