"""Where the marks stand."""

from datetime import date, timedelta

from analytics.charts import WIDTH, day_columns, funnel_bars

MONDAY = date(2026, 11, 16)


def days(*counts):
    return [(MONDAY + timedelta(days=number), count) for number, count in enumerate(counts)]


def test_bars_share_an_edge_and_the_longest_fills_the_width():
    drawing = funnel_bars([("Discovered", 40), ("Ferried", 10), ("Offer", 0)])

    assert [(bar.label, bar.count, bar.width) for bar in drawing.marks] == [
        ("Discovered", 40, WIDTH),
        ("Ferried", 10, WIDTH / 4),
        ("Offer", 0, 0.0),
    ]
    assert drawing.finding == "From opening to offer: 40 discovered, 10 ferried, 0 offer."


def test_a_small_count_can_still_be_seen():
    assert funnel_bars([("Discovered", 10_000), ("Offer", 1)]).marks[1].width == 2.0


def test_columns_stand_on_the_floor():
    drawing = day_columns(days(0, 4, 2))

    assert [(c.count, c.height, c.y + c.height) for c in drawing.marks] == [
        (0, 0.0, 146.0),
        (4, 130.0, 146.0),
        (2, 65.0, 146.0),
    ]
    assert drawing.finding == "6 mails left; most, 4, on 17 November."


def test_many_days_become_weeks_from_monday():
    drawing = day_columns(days(*[1] * 35))

    assert [(c.name, c.count) for c in drawing.marks] == [
        ("Week of 16 Nov", 7),
        ("Week of 23 Nov", 7),
        ("Week of 30 Nov", 7),
        ("Week of 7 Dec", 7),
        ("Week of 14 Dec", 7),
    ]
    assert drawing.finding == "35 mails left; most, 7, in the week of 16 November."


def test_an_axis_is_never_crowded():
    labels = [column.label for column in day_columns(days(*[1] * 30)).marks]

    assert len([label for label in labels if label]) == 6


def test_nothing_at_all():
    assert day_columns(days(0, 0)).finding == "No mail left in this time."
    assert funnel_bars([]).marks == []
