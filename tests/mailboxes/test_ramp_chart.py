"""The warm-up as a drawing and in words: pure, in numbers that a person can check by hand."""

from datetime import UTC, date, datetime, timedelta

import pytest

from mailboxes import figures, ramp_chart, ramp_story
from mailboxes.figures import Day
from tests.factories.outreach import MailboxFactory

TODAY = date(2026, 11, 20)


def day(ago, sent, *, bounced=0, complained=0):
    return Day(TODAY - timedelta(days=ago), 50, sent, bounced, complained)


@pytest.mark.parametrize(
    ("clean", "cap"), [(0, 5), (2, 5), (3, 10), (7, 20), (14, 30), (21, 40), (29, 40), (30, 50)]
)
def test_the_plan_is_the_ramp(clean, cap):
    assert ramp_chart.planned_cap(clean, 50) == cap


def test_the_plan_never_passes_the_cap():
    assert ramp_chart.planned_cap(10, 12) == 12
    assert ramp_chart.days_to_full(0, 12) == 7
    assert ramp_chart.days_to_full(0, 50) == 30
    assert ramp_chart.days_to_full(30, 50) == 0


def test_the_past_steps_back_only_over_days_that_counted():
    days = [day(3, 5), day(2, 5), day(1, 10), day(0, 4)]
    found = ramp_chart.ramp_days(
        days, why_not=["", "A warning.", "", ""], clean_days=4, daily_cap=50
    )

    assert [(row.planned, row.sent, row.why_not) for row in found] == [
        (5, 5, ""),
        (10, 5, "A warning."),
        (10, 10, ""),
        (10, 4, ""),
    ]


def test_the_days_ahead_wait_for_a_freeze():
    ahead = [TODAY + timedelta(days=number) for number in range(1, 4)]
    plain = ramp_chart.ramp_days([day(0, 4)], why_not=[""], clean_days=2, daily_cap=50, ahead=ahead)
    frozen = ramp_chart.ramp_days(
        [day(0, 4)], why_not=[""], clean_days=2, daily_cap=50, ahead=ahead, frozen_until=ahead[0]
    )

    assert [row.planned for row in plain] == [5, 10, 10, 10]
    assert [row.planned for row in frozen] == [5, 5, 5, 10]


def test_the_drawing_fits_and_says_its_finding():
    days = [
        ramp_chart.RampDay(TODAY - timedelta(days=1), 5, 5, 5, "No."),
        ramp_chart.RampDay(TODAY, 10, 10, 20),
    ]
    drawing = ramp_chart.draw(days)

    assert drawing.finding == (
        "25 mails in 2 days, at most 20 on one day (20 November); the plan allows 10 today."
    )
    assert [(bar.height, bar.is_clean) for bar in drawing.bars] == [
        ("35.5", False),
        ("142.0", True),
    ]
    assert drawing.plan == "26.0,124.5 223.0,124.5 223.0,89.0 420.0,89.0"
    assert drawing.grid == [("89.0", 10), ("18.0", 20)]
    assert drawing.today_x == ""


def test_a_drawing_without_mail_says_so():
    drawing = ramp_chart.draw([ramp_chart.RampDay(TODAY, 5, 5, 0)])

    assert drawing.finding.startswith("Nothing was sent yet")
    assert drawing.bars[0].height == "0.0"


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (day(1, 0), "No mail left."),
        (day(1, 100, complained=1), "Somebody reported a mail as spam."),
        (day(1, 100, bounced=3), "3 of 100 mails bounced (3\N{NO-BREAK SPACE}%)."),
        (day(1, 100, bounced=2), ""),
        (day(1, 1), ""),
    ],
)
def test_why_a_day_does_not_count(one, words):
    assert ramp_story.why_not_counted(one) == words


def test_rates_are_judged_as_the_brake_judges_them():
    few, many = [day(1, 49, bounced=5)], [day(1, 100, bounced=5)]

    assert figures.bounce_rate(few).tone == ""
    assert figures.bounce_rate(few).word == "Too few mails to judge"
    assert (figures.bounce_rate(many).tone, figures.bounce_rate(many).percent) == (
        "danger",
        "5\N{NO-BREAK SPACE}%",
    )
    assert figures.bounce_rate([day(1, 100, bounced=2)]).tone == "warn"
    assert figures.complaint_rate([day(1, 20, complained=1)]).tone == "warn"
    assert figures.complaint_rate([day(1, 200, complained=1)]).tone == "danger"
    assert figures.complaint_rate([day(1, 2000, complained=1)]).tone == "ok"
    assert figures.bounce_rate([day(1, 0)]).word == "Nothing sent"


def test_two_weeks_in_a_line_and_in_words():
    days = [day(13 - number, number % 3) for number in range(14)]

    assert figures.spark_words(days) == "13 mails in 14 days; more in the last 7 than before"
    assert len(figures.spark_points(days).split()) == 14
    assert figures.spark_words([day(0, 0)] * 14) == "No mail in 14 days"
    assert figures.spark_points([day(1, 0), day(0, 2)]) == "2.0,26.0 94.0,2.0"


def test_a_brake_tells_until_when_it_holds(workspace):
    box = MailboxFactory(
        workspace=workspace,
        address="olga@acme.eu",
        provider="smtp",
        is_sandbox=False,
        status="paused",
        status_reason="3 of 50 mails bounced.",
        braked_at=datetime(2026, 11, 20, 9, 0, tzinfo=UTC),
    )

    (told,) = ramp_story.holds(box, TODAY)
    assert told.startswith("3 of 50 mails bounced. Half of the days that counted are gone;")
    assert told.endswith("it is looked at again on 21 November at 09:00 (UTC).")
