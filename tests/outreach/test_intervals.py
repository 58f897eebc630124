"""The Wilson interval against values worked out elsewhere."""

import pytest

from outreach.intervals import wilson


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [
        (8, 45, 0.0929, 0.3133),
        (0, 30, 0.0, 0.1135),
        (30, 30, 0.8865, 1.0),
        (50, 100, 0.4038, 0.5962),
        (1, 1, 0.2065, 1.0),
    ],
)
def test_interval(part, whole, low, high):
    share = wilson(part, whole)

    assert share.low == pytest.approx(low, abs=1e-4)
    assert share.high == pytest.approx(high, abs=1e-4)
    assert share.value == part / whole


def test_nothing_tells_nothing():
    share = wilson(0, 0)

    assert (share.low, share.high, share.value, share.is_too_few) == (0.0, 1.0, 0.0, True)


@pytest.mark.parametrize(("whole", "few"), [(29, True), (30, False)])
def test_too_few(whole, few):
    assert wilson(1, whole).is_too_few is few


@pytest.mark.parametrize(("part", "whole"), [(2, 1), (-1, 3)])
def test_refuses_what_is_no_part(part, whole):
    with pytest.raises(ValueError, match="cannot be a part"):
        wilson(part, whole)
