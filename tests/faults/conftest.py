"""Many due messages for one recording sink, and what must hold whatever was killed or raced.

A test that takes `seed` runs once for each seed, one that takes `rare_seed` (it starts servers of its own) for a tenth
of them. SEEDS=200 says how many, FAULT_SEED=17 runs exactly that one again.
"""

import os

import pytest

from tests.fakes.smtp_sink import SmtpSink
from tests.faults.ledger_world import World
from tests.faults.own_servers import own_cluster, own_database  # noqa: F401 - fixtures
from tests.faults.sender import processes

# What `make test` runs; `make faults` says more.
SHORT_RUN = 2
RARE = 10


def chosen_seeds(*, every=1):
    """Return the seeds of this run; `every`: one in so many."""
    if one := os.environ.get("FAULT_SEED"):
        return [int(one)]
    count = int(os.environ.get("SEEDS") or SHORT_RUN)
    return list(range(max(1, count // every)))


def pytest_generate_tests(metafunc):
    for name, every in (("seed", 1), ("rare_seed", RARE)):
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, chosen_seeds(every=every))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    values = getattr(item, "callspec", None)
    seed = values and values.params.get("seed", values.params.get("rare_seed"))
    if report.failed and seed is not None:
        name = item.nodeid.partition("[")[0]
        line = f"FAULT_SEED={seed} .venv/bin/python -m pytest '{name}'"
        report.sections.append(("the same fault again", line))
    return report


@pytest.fixture(autouse=True)
def no_sender_outlives_its_test():
    """A test that failed must not leave a sender to the next one."""
    yield
    for sender in processes.active_children():
        sender.kill()
        sender.join(10)


@pytest.fixture
def sink():
    with SmtpSink() as server:
        yield server


@pytest.fixture
def world(transactional_db):
    return World()
