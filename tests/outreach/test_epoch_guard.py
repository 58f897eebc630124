"""What a sender remembers of its epochs beside the database; the faults themselves are in tests/faults/test_restored.py."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from outreach.epoch_guard import EpochMark


@pytest.fixture
def mark():
    found = EpochMark("20260101000000000000")
    yield found
    found.close()


def test_only_a_higher_number_is_kept(mark):
    assert mark.read() == 0
    for epoch, kept in ((7, 7), (3, 7), (12, 12)):
        mark.raise_to(epoch)
        assert mark.read() == kept
        assert int(mark.path.read_text()) == kept
    assert mark.path.stat().st_mode & 0o777 == 0o600


def test_installations_do_not_share_a_number(mark):
    mark.raise_to(7)
    other = EpochMark("20260102000000000000")
    assert other.read() == 0
    other.close()


def test_either_copy_is_enough(mark):
    mark.raise_to(7)
    mark.path.write_text("not a number")
    assert mark.read() == 7
    mark.path.write_text("9")
    assert mark.read() == 9
    mark.raise_to(10)
    assert int(mark.path.read_text()) == 10


def test_many_writers_leave_the_highest(mark):
    def write(epoch):
        own = EpochMark("20260101000000000000")
        own.raise_to(epoch)
        own.close()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(write, [*range(1, 60), *range(59, 0, -1)]))
    assert mark.read() == int(mark.path.read_text()) == 59
