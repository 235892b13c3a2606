"""What the tests of rewards and exports share: a small task, and one verifier of it for all that only ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from small_tasks import DOUBLE

from refinery_plugin import Verifier
from refinery_plugin._timing.lock import MachineLock

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def verifier(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Verifier]:
    """Return a verifier that is open."""
    lock = MachineLock(tmp_path_factory.mktemp("lock") / "lock")
    with Verifier(DOUBLE, seed=1, lock=lock) as opened:
        yield opened
