"""Many due messages for one recording sink, and what must hold whatever was killed or raced."""

import pytest

from tests.fakes.smtp_sink import SmtpSink
from tests.faults.ledger_world import World


@pytest.fixture
def sink():
    with SmtpSink() as server:
        yield server


@pytest.fixture
def world(transactional_db):
    return World()
