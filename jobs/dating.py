"""Gaps and overlaps in a career, said as sentences (ux.md: “gaps and overlaps in dates flagged”)."""

from collections.abc import Iterable
from datetime import date

from accounts.models import ProfileFact
from jobs.resumes.facts import ParsedFact, ParsedResume
from jobs.resumes.findings import date_findings


def date_findings_of(facts: Iterable[ProfileFact], *, today: date) -> list[str]:
    """Return one sentence for each gap or overlap in the stored facts, with what the person has corrected since."""
    dated = tuple(
        ParsedFact(
            kind=fact.kind,
            text=fact.text,
            start=0,
            end=0,
            title=fact.title,
            organization=fact.organization,
            start_date=fact.start_date,
            end_date=fact.end_date,
            start_precision=fact.start_precision,
            end_precision=fact.end_precision,
            is_current=fact.is_current,
        )
        for fact in facts
    )
    return [
        finding.sentence
        for finding in date_findings(ParsedResume(text="", facts=dated), today=today).findings
    ]
