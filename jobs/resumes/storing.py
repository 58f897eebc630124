"""Keeping resumes and filling the profile from them."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.core.files.base import ContentFile
from django.db import transaction

from accounts.models import Preferences, Profile, ProfileFact, Resume
from accounts.profiles import touch_profile
from jobs.facts import FactView, role_months
from jobs.resumes.facts import ParsedFact, ParsedResume
from jobs.resumes.limits import MAX_CHARACTERS, ResumeUnreadableError
from jobs.resumes.parsing import parse_resume
from jobs.resumes.reading import read_in_subprocess, read_plain_text
from jobs.titles import normalize_title

PREFILLED_SKILLS = 15  # what fits on the form at a glance; the profile keeps them all


def keep_upload(profile: Profile, *, data: bytes, filename: str) -> Resume:
    """Store an uploaded file as it came, before anyone tries to read it. The first resume becomes the primary one."""
    resume = Resume(
        workspace=profile.workspace,
        profile=profile,
        original_filename=filename[:255],
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        is_primary=not _has_primary(profile),
    )
    resume.file.save(filename, ContentFile(data), save=False)
    resume.save()
    return resume


def keep_pasted(profile: Profile, *, text: str) -> Resume:
    """Store pasted text as a resume; it is read like a text file."""
    return keep_upload(profile, data=text[:MAX_CHARACTERS].encode(), filename="Pasted resume.txt")


def _has_primary(profile: Profile) -> bool:
    return Resume.objects.filter(profile=profile, is_primary=True, deleted_at=None).exists()


def read_stored(resume: Resume) -> tuple[ParsedResume, str, int]:
    """Read and parse a stored resume; return the parsed resume, its kind and its pages.

    Raises ResumeUnreadableError with a sentence for the person; the stored file stays for another try.
    """
    with resume.file.open("rb") as stored:
        data = stored.read()
    if resume.original_filename == "Pasted resume.txt":
        text = read_plain_text(data)
        if not any(character.isalpha() for character in text):
            raise ResumeUnreadableError("empty")
        return parse_resume(text), "txt", 0
    read = read_in_subprocess(data, resume.original_filename)
    return parse_resume(read.text, read.links), read.kind, read.pages


def save_reading(
    resume: Resume, parsed: ParsedResume, *, kind: str, pages: int, now: datetime
) -> None:
    """Store what reading found; a primary resume also fills the profile."""
    counts = {name: len(parsed.of_kind(name)) for name in ProfileFact.Kind.values}
    with transaction.atomic():
        resume.move_to(
            Resume.Status.READ,
            raw_text=parsed.text,
            links=list(parsed.links),
            kind=kind,
            pages=pages,
            error_code="",
            error_sentence="",
            parse_report={"counts": counts, "warnings": list(parsed.warnings)},
        )
        if resume.is_primary:
            fill_profile(resume, parsed, now=now)


def make_primary(resume: Resume, *, now: datetime) -> None:
    """Let this resume speak for the candidate: its facts replace those that came from the one before."""
    with transaction.atomic():
        Resume.objects.filter(profile=resume.profile, is_primary=True).update(is_primary=False)
        Resume.objects.filter(pk=resume.pk).update(is_primary=True)
        resume.is_primary = True
        if resume.raw_text:
            fill_profile(resume, parse_resume(resume.raw_text, resume.links), now=now)


def fill_profile(resume: Resume, parsed: ParsedResume, *, now: datetime) -> None:
    """Put the resume's facts into the profile in place of an earlier resume's; what the person typed stays theirs."""
    profile = resume.profile
    with transaction.atomic():
        alive = ProfileFact.objects.filter(profile=profile).alive()
        alive.filter(origin=ProfileFact.Origin.RESUME).update(deleted_at=now)
        typed = {(fact.kind, fact.text.casefold()) for fact in alive}
        _store_facts(resume, parsed.facts, skip=typed)
        _fill_person(profile, parsed, now=now)
        _fill_wishes(profile, parsed)
        touch_profile(profile)


def _store_facts(
    resume: Resume, facts: Sequence[ParsedFact], *, skip: set[tuple[str, str]]
) -> None:
    rows: dict[int, ProfileFact] = {}
    for index, fact in enumerate(facts):
        if fact.text.strip() and (fact.kind, fact.text.casefold()) not in skip:
            rows[index] = ProfileFact(
                workspace=resume.workspace,
                profile=resume.profile,
                resume=resume,
                kind=fact.kind,
                position=index,
                text=fact.text,
                title=fact.title[:200],
                organization=fact.organization[:200],
                location=fact.location[:200],
                degree=fact.degree[:200],
                field_of_study=fact.field_of_study[:200],
                start_date=fact.start_date,
                end_date=fact.end_date,
                start_precision=fact.start_precision,
                end_precision=fact.end_precision,
                is_current=fact.is_current,
                confidence=fact.confidence,
                span_start=fact.start,
                span_end=fact.end,
            )
    # Entries first, so that their bullets can point at them.
    ProfileFact.objects.bulk_create(
        [row for index, row in rows.items() if facts[index].parent is None]
    )
    children = []
    for index, row in rows.items():
        parent = facts[index].parent
        if parent is not None:
            row.parent = rows.get(parent)
            children.append(row)
    ProfileFact.objects.bulk_create(children)


def _fill_person(profile: Profile, parsed: ParsedResume, *, now: datetime) -> None:
    first, _, last = parsed.name.partition(" ")
    if not profile.first_name and not profile.last_name:
        profile.first_name, profile.last_name = first[:100], last[:100]
    profile.headline = profile.headline or parsed.headline[:200]
    profile.phone = profile.phone or parsed.phone[:40]
    profile.location = profile.location or parsed.location[:200]
    profile.links = profile.links or list(parsed.links)
    if parsed.email and profile.email in {"", profile.user.email if profile.user else ""}:
        profile.email = parsed.email
    roles = [
        FactView(
            id=str(n),
            kind="role",
            text=f.text,
            start_date=f.start_date,
            end_date=f.end_date,
            is_current=f.is_current,
        )
        for n, f in enumerate(parsed.of_kind("role"))
    ]
    months = role_months(roles, today=now.date())
    profile.years_experience = (Decimal(months) / 12).quantize(Decimal("0.1")) if months else None
    profile.save()


def _fill_wishes(profile: Profile, parsed: ParsedResume) -> None:
    wishes: Preferences = profile.preferences
    if not wishes.is_prefilled:
        return
    roles = parsed.of_kind("role")
    titles = [role.title for role in roles if role.title][:2]
    wishes.titles = [title[:120] for title in dict.fromkeys(titles)]
    wishes.locations = [parsed.location[:120]] if parsed.location else []
    wishes.skills = [skill.text[:120] for skill in parsed.of_kind("skill")[:PREFILLED_SKILLS]]
    seniority = normalize_title(titles[0]).seniority if titles else ""
    wishes.levels = (
        [seniority] if seniority in {"junior", "mid", "senior", "lead", "executive"} else []
    )
    wishes.save()
