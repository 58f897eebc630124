"""Dates as resumes write them."""

from datetime import date

import pytest

from jobs.resumes.dates import find_range, find_spans, is_date_only, remove_dates


@pytest.mark.parametrize(
    ("text", "start", "end", "precisions"),
    [
        ("Sept 2018 – May 2023", (2018, 9), (2023, 5), ("month", "month")),
        ("03/2019 - 05/2020", (2019, 3), (2020, 5), ("month", "month")),
        ("2016-09 – 2018-05", (2016, 9), (2018, 5), ("month", "month")),
        ("01.04.2019 bis 31.12.2020", (2019, 4), (2020, 12), ("month", "month")),
        ("2015–18", (2015, 1), (2018, 1), ("year", "year")),
        ("May – August 2021", (2021, 5), (2021, 8), ("month", "month")),
        ("Aug '19 - Sep '20", (2019, 8), (2020, 9), ("month", "month")),
        ("de janvier 2016 à août 2020", (2016, 1), (2020, 8), ("month", "month")),
        ("abril de 2019 – marzo de 2020", (2019, 4), (2020, 3), ("month", "month")),
        ("Okt. 2012 – Feb. 2018", (2012, 10), (2018, 2), ("month", "month")),
    ],
)
def test_ranges(
    text: str, start: tuple[int, int], end: tuple[int, int], precisions: tuple[str, str]
):
    span = find_range(text)

    assert span is not None
    assert (span.start, span.end) == (date(*start, 1), date(*end, 1))
    assert (span.start_precision, span.end_precision) == precisions
    assert not span.is_current
    assert is_date_only(text)


@pytest.mark.parametrize(
    "text",
    [
        "June 2023 – present",
        "seit 06/2023",
        "Juni 2023 bis heute",
        "depuis juin 2023",
        "juin 2023 – aujourd'hui",
        "junio 2023 - actualidad",
        "06/2023 to date",
    ],
)
def test_still_going_on(text: str):
    span = find_range(text)

    assert span is not None
    assert (span.start, span.end, span.is_current) == (date(2023, 6, 1), None, True)


@pytest.mark.parametrize(
    "text",
    [
        "from 3 to 28",
        "4.00/5.00",
        "2M+ requests",
        "$2019",
        "12345",
        "20190101",
        "10.1234/neurips.2023.1234",
    ],
)
def test_no_dates(text: str):
    assert find_spans(text) == []
    assert not is_date_only(text)


def test_a_range_that_runs_backwards_is_none():
    assert find_range("May 2020 – March 2019") is None


def test_remove_dates_leaves_the_names():
    assert remove_dates("Engineer, Acme (Jan 2019 – Feb 2020)") == "Engineer, Acme"
    assert remove_dates("2 years 10 months") == ""
