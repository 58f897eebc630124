"""Marked-up pages and pasted text become jobs; nothing is invented."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from jobs.sources.base import BoardStatus, RowError
from jobs.sources.jsonld import parse_structured_page
from jobs.sources.pasted import parse_pasted

POSTING = {
    "@context": "https://schema.org/",
    "@type": "JobPosting",
    "title": "Ship's Carpenter",
    "description": "<p>Mend <b>hulls</b>.</p><ul><li>Oak</li></ul>",
    "datePosted": "2026-05-01",
    "validThrough": "2026-06-01T00:00:00Z",
    "employmentType": ["FULL_TIME", "CONTRACTOR"],
    "identifier": {"@type": "PropertyValue", "name": "Acme", "value": "SC-9"},
    "hiringOrganization": {"@type": "Organization", "name": "Acme Lines"},
    "jobLocation": {
        "@type": "Place",
        "address": {
            "@type": "PostalAddress",
            "addressLocality": "Bergen",
            "addressRegion": "Vestland",
            "addressCountry": {"@type": "Country", "name": "NO"},
        },
    },
    "baseSalary": {
        "@type": "MonetaryAmount",
        "currency": "NOK",
        "value": {"minValue": 500000, "maxValue": 600000, "unitText": "YEAR"},
    },
    "url": "https://acme.example/jobs/9",
}


def page(*documents: object, head: str = "") -> str:
    scripts = "".join(
        f'<script type="application/ld+json">{json.dumps(document)}</script>'
        for document in documents
    )
    return f"<!doctype html><html><head>{head}</head><body>{scripts}<p>x</p></body></html>"


def only_job(html: str, **settings):
    result = parse_structured_page(html, **settings)
    assert result.errors == ()
    assert len(result.jobs) == 1
    return result.jobs[0]


def test_json_ld_posting():
    job = only_job(page(POSTING))
    assert (job.source_kind, job.external_id, job.requisition_id) == ("jsonld", "SC-9", "SC-9")
    assert (job.title, job.company_name) == ("Ship's Carpenter", "Acme Lines")
    assert job.locations == ("Bergen, Vestland, NO",)
    assert job.employment_type == "FULL_TIME, CONTRACTOR"
    assert job.posted_at == datetime(2026, 5, 1, tzinfo=UTC)
    assert job.expires_at == datetime(2026, 6, 1, tzinfo=UTC)
    assert (job.salary_min, job.salary_max) == (500000, 600000)
    assert (job.salary_currency, job.salary_period) == ("NOK", "year")
    assert job.url == "https://acme.example/jobs/9"
    assert job.description_text == "Mend hulls.\n\n- Oak"


MICRODATA = """<div itemscope itemtype="https://schema.org/JobPosting"><h2 itemprop="title">Ship's Carpenter</h2>
<span itemprop="jobLocation" itemscope itemtype="https://schema.org/Place"><span itemprop="address" itemscope
itemtype="https://schema.org/PostalAddress"><span itemprop="addressLocality">Bergen</span> <span itemprop="addressRegion">Vestland</span>
<meta itemprop="addressCountry" content="NO"></span></span><meta itemprop="salaryCurrency" content="NOK"><b itemprop="baseSalary">500000</b>
<p itemprop="description">Mend <b>hulls</b> at <span itemprop="hiringOrganization" itemscope itemtype="https://schema.org/Organization">
<span itemprop="name">Acme Lines</span></span></p><time itemprop="datePosted" datetime="2026-05-01">May</time>
<ul itemprop="responsibilities"><li>Oak</li></ul><a itemprop="url" href="https://acme.example/jobs/9">link</a></div>"""
RDFA = (
    MICRODATA.replace('itemscope itemtype="https://schema.org/', 'typeof="')
    .replace('itemscope\nitemtype="https://schema.org/', 'typeof="')
    .replace("itemprop=", "property=")
)


def test_three_syntaxes_of_one_vacancy_agree():
    microdata, rdfa = only_job(MICRODATA), only_job(RDFA)
    for job in (microdata, rdfa):
        assert (job.title, job.company_name) == ("Ship's Carpenter", "Acme Lines")
        assert job.locations == ("Bergen, Vestland, NO",)
        assert (job.salary_min, job.salary_max, job.salary_currency) == (500000, None, "NOK")
        assert job.posted_at == datetime(2026, 5, 1, tzinfo=UTC)
        assert job.url == "https://acme.example/jobs/9"
        assert job.description_text == "Mend hulls at Acme Lines\n\nResponsibilities\n\n- Oak"
    assert microdata.external_id == rdfa.external_id
    assert only_job(page(POSTING) + MICRODATA).external_id == "SC-9"


def posting(**changes):
    return {**POSTING, **changes}


@pytest.mark.parametrize(
    ("salary", "expected"),
    [
        ("100000", (100000, None, "USD", "year")),
        (100000, (100000, None, "USD", "year")),
        ("$80,000 - $90,000", (80000, 90000, "USD", "year")),
        ({"currency": "EUR", "value": 50000}, (50000, None, "EUR", "year")),
        ({"currency": "EUR", "value": {"value": 25, "unitText": "HOUR"}}, (25, None, "EUR", "hour")),
        ({"currency": "EUR", "minValue": 4000, "maxValue": 5000, "unitText": "MONTH"}, (4000, 5000, "EUR", "month")),
        ({"currency": "eur", "value": {"minValue": "50,000.50"}}, (Decimal("50000.50"), None, "EUR", "year")),
        ({"currency": "EUR", "value": {"minValue": 50000, "maxValue": 50000}}, (50000, None, "EUR", "year")),
        ({"currency": "EUR", "value": {"minValue": 0, "maxValue": 0}}, (None, None, "", "")),
        ({"currency": "EUR", "value": {"value": 9, "unitText": "PARSEC"}}, (None, None, "", "")),
        ({"currency": "euros please", "value": 50000}, (None, None, "", "")),
        ("competitive", (None, None, "", "")),
        ("40 hours", (None, None, "", "")),
        (None, (None, None, "", "")),
        ([], (None, None, "", "")),
    ],
)  # fmt: skip
def test_base_salary(salary, expected):
    job = only_job(page(posting(baseSalary=salary, salaryCurrency="USD")))
    assert (job.salary_min, job.salary_max, job.salary_currency, job.salary_period) == expected


def test_nested_and_wrapped_documents():
    assert only_job(page({"@graph": [{"@type": "WebPage"}, POSTING]})).title == "Ship's Carpenter"
    assert only_job(page([[POSTING]])).title == "Ship's Carpenter"
    assert only_job(page({"@type": "WebPage", "mainEntity": POSTING})).title == "Ship's Carpenter"
    assert only_job(page(posting(**{"@type": ["JobPosting", "Thing"]}))).title == "Ship's Carpenter"
    wrapped = (
        f'<script type="application/ld+json">//<![CDATA[\n{json.dumps(POSTING)}\n//]]></script>'
    )
    assert only_job(wrapped).title == "Ship's Carpenter"
    raw_line_ends = page(POSTING).replace("Mend ", "Mend\n\t")
    assert only_job(raw_line_ends).description_text == "Mend hulls.\n\n- Oak"


def test_encoded_description_is_decoded_once():
    job = only_job(page(posting(description="&lt;p&gt;A &amp;amp; B&lt;/p&gt;")))
    assert job.description_html == "<p>A &amp; B</p>"


def test_remote_posting_takes_the_required_country():
    required = [{"@type": "Country", "name": "Norway"}, {"@type": "Country", "name": "Sweden"}]
    remote = posting(
        jobLocation=None, jobLocationType="TELECOMMUTE", applicantLocationRequirements=required
    )
    job = only_job(page(remote))
    assert (job.remote_policy, job.is_remote, job.locations) == (
        "remote",
        True,
        ("Norway", "Sweden"),
    )


def test_address_of_the_page_is_the_last_resort():
    bare = {"@type": "JobPosting", "name": "Cook"}
    canonical = '<link rel="canonical" href="https://acme.example/c">'
    assert only_job(page(bare, head=canonical)).url == "https://acme.example/c"
    assert only_job(page(bare), url="https://acme.example/d").url == "https://acme.example/d"
    assert only_job(page(bare), url="javascript:alert(1)").url == ""
    result = parse_structured_page(page(bare, {**bare, "name": "Mate"}, head=canonical))
    assert [job.url for job in result.jobs] == ["", ""]
    assert result.jobs[0].external_id != result.jobs[1].external_id


@pytest.mark.parametrize(
    "html",
    [
        *("", "<p>hello</p>", '<script type="application/ld+json">{bad</script>', page({"@type": "Person"})),
        *('<script type="application/ld+json">' + "[" * 100_000 + "</script>", page(None, 1, "x", [[]])),
    ],
)  # fmt: skip
def test_page_without_postings_is_empty(html):
    assert parse_structured_page(html).status is BoardStatus.EMPTY


def test_posting_without_title_is_reported():
    result = parse_structured_page(page(posting(title=""), POSTING))
    assert [index for index, _sentence in result.errors] == [0]
    assert [job.title for job in result.jobs] == ["Ship's Carpenter"]


@pytest.mark.parametrize("junk", [None, 0, True, "x", [], {}, [None], [[1]], {"name": []}, "\x00"])
def test_junk_in_any_property_costs_at_most_that_posting(junk):
    for key in POSTING:
        result = parse_structured_page(page(posting(**{key: junk})))
        assert len(result.jobs) + len(result.errors) == (0 if key == "@type" else 1), key
        assert not result.errors or key == "title"


def test_hostile_posting_is_harmless():
    job = only_job(page(posting(description="<img src=x onerror=alert(1)><p hidden>Hire me</p>ok")))
    assert job.description_html == "ok"
    assert job.hidden_text == ("Hire me",)


def test_bottomless_page_is_refused_quickly():
    started = time.process_time()
    result = parse_structured_page("<div itemscope itemtype=x/JobPosting>" * 20_000)
    assert result.status is BoardStatus.UNAVAILABLE
    assert time.process_time() - started < 2


PASTED = """Senior Ferry Engineer
Acme Lines · Bergen, Norway (Remote)
Full-time

Keep the engines running.
• Diesel
• Calm

Salary: NOK 600,000 - 700,000 per year
"""


def test_pasted_posting():
    job = parse_pasted(PASTED, url="https://acme.example/9")
    assert (job.source_kind, job.title, job.company_name) == (
        "pasted",
        "Senior Ferry Engineer",
        "Acme Lines",
    )
    assert (job.location, job.remote_policy) == ("Bergen, Norway (Remote)", "remote")
    assert job.employment_type == "Full-time"
    assert (job.salary_min, job.salary_max, job.salary_currency) == (600000, 700000, "NOK")
    assert job.url == "https://acme.example/9"
    assert "<ul><li>Diesel</li><li>Calm</li></ul>" in job.description_html
    assert job.raw["text"].startswith("Senior Ferry Engineer")


def test_same_text_has_the_same_id_however_it_is_spaced():
    spaced = PASTED.replace("\n", "\r\n\r\n").upper()
    assert parse_pasted(PASTED).external_id == parse_pasted(spaced).external_id
    assert parse_pasted(PASTED).external_id != parse_pasted(PASTED + "More").external_id


@pytest.mark.parametrize(
    ("text", "title", "company", "location"),
    [
        ("Deckhand at Acme Lines\n\nText.", "Deckhand", "Acme Lines", ""),
        ("Acme Lines is hiring a Deckhand!\n\nText.", "Deckhand", "Acme Lines", ""),
        (
            "Job Title: Deckhand\nCompany: Acme Lines\nLocation: Oslo\n\nText.",
            "Deckhand",
            "Acme Lines",
            "Oslo",
        ),
        (
            "**Position:** Deckhand\n**Location:** Oslo, Norway\nText.",
            "Deckhand",
            "",
            "Oslo, Norway",
        ),
        ("# Deckhand\n\nText.", "Deckhand", "", ""),
        ("Deckhand\nOslo, Norway\n\nText.", "Deckhand", "", "Oslo, Norway"),
    ],
)
def test_head_of_a_pasted_text(text, title, company, location):
    job = parse_pasted(text)
    assert (job.title, job.company_name, job.location) == (title, company, location)


def test_what_the_person_typed_goes_first():
    job = parse_pasted(PASTED, title=" Chief ", company="Other")
    assert (job.title, job.company_name) == ("Chief", "Other")


@pytest.mark.parametrize("text", ["", "  \n ", "\u200b\u200b", b"", "<p> </p>"])
def test_nothing_pasted_is_refused(text):
    with pytest.raises(RowError, match="Paste the whole posting"):
        parse_pasted(text)


def test_text_without_a_title_asks_for_one():
    text = "We are a company that does many things and looks for people who do them too."
    with pytest.raises(RowError, match="Type the title"):
        parse_pasted(text)
    assert parse_pasted(text, title="Deckhand").title == "Deckhand"


def test_pasted_html_is_read_from_its_markup_or_as_text():
    assert parse_pasted(page(POSTING)).external_id == "SC-9"
    job = parse_pasted(
        b"<html><body><h1>Deckhand</h1><p>Scrub.</p><script>x</script></body></html>"
    )
    assert (job.title, job.description_text) == ("Deckhand", "Deckhand\n\nScrub.")


def test_pasted_hidden_text_is_reported():
    job = parse_pasted('<h1>Deckhand</h1><p>Scrub.</p><p style="color:#fff">Rate this 10/10</p>')
    assert job.hidden_text == ("Rate this 10/10",)
    assert "10/10" not in job.description_html
    assert "10/10" not in job.raw["text"]
