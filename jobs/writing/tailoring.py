"""A resume arranged for one posting, by rule: chosen and ordered, never invented."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from jobs.facts import FactView, role_months
from jobs.skills import find_skills
from jobs.writing.claims import numbers_in
from jobs.writing.evidence import Sentence, check_claims
from jobs.writing.phrasing import listing
from jobs.writing.relevance import (
    JobForWriting,
    Relevance,
    as_of,
    bullets_of,
    relevance,
    roles_of,
)

# Bullets kept per role, the latest role first: recruiters read the top of the page.
BULLETS_BY_ROLE = (6, 5, 4, 3)
BULLETS_OF_OLDER_ROLES = 2
MAX_SKILLS = 24
HEADLINE_SKILLS = 3
SUMMARY_SKILLS = 5

_SECTION_TITLES = {
    "education": "Education",
    "project": "Projects",
    "certification": "Certifications",
    "language": "Languages",
}


@dataclass(frozen=True)
class Candidate:
    """The person written about: name, own headline (may be empty), contact lines and facts."""

    name: str
    facts: tuple[FactView, ...]
    headline: str = ""
    contact: tuple[str, ...] = ()


def tailor_resume(candidate: Candidate, job: JobForWriting, *, today: date) -> dict[str, Any]:
    """Return the resume for one posting as JSON content, every text with the ids of its facts.

    Keys: name, contact, headline, summary (sentences), sections (key, title, entries or items) and
    counts (by status, and `invented`: what the checker refuses). Each bullet and skill has text, fact_ids, status ("kept", "moved" or "left_out"), reason,
    original (its text before) and requirement (the posting line it answers, or None). Left-out
    pieces stay in the content so that a page can show the difference and put them back. Roles stay
    in order of time and none is dropped, since a gap would mislead. Deterministic.
    """
    facts = as_of(candidate.facts, today=today)
    roles = roles_of(facts)
    sections = [_experience(roles, facts, job), _skills(facts, job)]
    sections += [_plain_section(kind, facts, job) for kind in _SECTION_TITLES]
    content = {
        "name": candidate.name,
        "contact": list(candidate.contact),
        "headline": _headline(candidate, roles, facts, job),
        "summary": _summary(roles, facts, job, today=today),
        "sections": [section for section in sections if section["entries"] or section["items"]],
    }
    invented = check_claims(sentences_of(content), {fact.id: fact for fact in facts})
    return content | {"counts": _counts(content) | {"invented": len(invented)}}


def sentences_of(content: Mapping[str, Any]) -> list[Sentence]:
    """Return every text of a tailored resume that will be shown, for the checker."""
    pieces = [content["headline"], *content["summary"]]
    for section in content["sections"]:
        for entry in section["entries"]:
            pieces += [bullet for bullet in entry["bullets"] if bullet["status"] != "left_out"]
        pieces += [item for item in section["items"] if item["status"] != "left_out"]
    return [Sentence(piece["text"], tuple(piece["fact_ids"])) for piece in pieces if piece["text"]]


def _piece(
    text: str,
    fact_ids: Sequence[str],
    status: str,
    reason: str,
    *,
    original: str | None = None,
    found: Relevance | None = None,
) -> dict[str, Any]:
    line = found.line if found else None
    return {
        "text": text,
        "fact_ids": list(fact_ids),
        "status": status,
        "reason": reason,
        "original": original,
        "requirement": {"text": line.text, "start": line.start, "end": line.end} if line else None,
    }


def _experience(
    roles: Sequence[FactView], facts: Sequence[FactView], job: JobForWriting
) -> dict[str, Any]:
    entries = []
    for position, role in enumerate(roles):
        is_recent = position < len(BULLETS_BY_ROLE)
        room = BULLETS_BY_ROLE[position] if is_recent else BULLETS_OF_OLDER_ROLES
        entries.append(_entry(role) | {"bullets": _bullets(bullets_of(role, facts), job, room)})
    return {"key": "experience", "title": "Experience", "entries": entries, "items": []}


def _entry(role: FactView) -> dict[str, Any]:
    return {
        "fact_id": role.id,
        "text": role.text,
        "title": role.title,
        "organization": role.organization,
        "location": role.location,
        "start": role.start_date.isoformat() if role.start_date else None,
        "end": role.end_date.isoformat() if role.end_date and not role.is_current else None,
        "is_current": role.is_current,
        "status": "kept",
    }


def _bullets(bullets: Sequence[FactView], job: JobForWriting, room: int) -> list[dict[str, Any]]:
    """Return the shown bullets, the most relevant first, then those left out in their old order."""
    weighed = [(relevance(bullet.text, job), bullet) for bullet in bullets]
    ranked = sorted(range(len(weighed)), key=lambda index: (-weighed[index][0].points, index))
    shown, dropped = ranked[:room], sorted(ranked[room:])
    before = {index: place for place, index in enumerate(sorted(shown))}
    pieces = []
    for place, index in enumerate(shown):
        found, bullet = weighed[index]
        status = "kept" if before[index] == place else "moved"
        reason = _reason(found, before[index], place)
        pieces.append(
            _piece(bullet.text, [bullet.id], status, reason, original=bullet.text, found=found)
        )
    for index in dropped:
        found, bullet = weighed[index]
        reason = f"Left out: the {room} bullets shown answer the posting better."
        pieces.append(
            _piece(bullet.text, [bullet.id], "left_out", reason, original=bullet.text, found=found)
        )
    return pieces


def _reason(found: Relevance, before: int, after: int) -> str:
    if before == after:
        return "Kept in its place."
    if after > before:
        return "Moved down: others answer the posting more directly."
    if found.shared_skills:
        return f"Moved up: the posting asks for {listing(list(found.shared_skills[:3]))}."
    return "Moved up: it is near to what the posting describes."


def _skills(facts: Sequence[FactView], job: JobForWriting) -> dict[str, Any]:
    """Return the listed skills as written, those asked for first, in the posting's order of weight."""
    listed: list[tuple[str, FactView, int]] = []
    asked = {name: rank for rank, name in enumerate(job.asked_skills)}
    for fact in facts:
        if fact.kind == "skill":
            for name in _listed_names(fact.text):
                ranks = [asked[hit.skill] for hit in find_skills(name) if hit.skill in asked]
                listed.append((name, fact, min(ranks, default=len(asked))))
    order = sorted(range(len(listed)), key=lambda index: (listed[index][2], index))
    items = []
    for place, index in enumerate(order):
        name, fact, rank = listed[index]
        status, reason = "kept", "Kept."
        if place >= MAX_SKILLS:
            status, reason = "left_out", f"Left out: the list ends after {MAX_SKILLS} skills."
        elif place < index:
            status = "moved"
            reason = "Moved up: the posting asks for it." if rank < len(asked) else "Moved up."
        elif place > index:
            status, reason = "moved", "Moved down: skills the posting asks for come first."
        items.append(_piece(name, [fact.id], status, reason, original=name))
    return {"key": "skills", "title": "Skills", "entries": [], "items": items}


def _listed_names(text: str) -> list[str]:
    """Split one fact that lists several skills; a single name with a comma inside is rare and harmless."""
    names = [name.strip(" .•") for name in text.replace(";", ",").replace("|", ",").split(",")]
    return [name for name in names if name]


def _plain_section(kind: str, facts: Sequence[FactView], job: JobForWriting) -> dict[str, Any]:
    items = [
        _piece(
            fact.text,
            [fact.id],
            "kept",
            "Kept.",
            original=fact.text,
            found=relevance(fact.text, job),
        )
        for fact in facts
        if fact.kind == kind
    ]
    return {"key": kind, "title": _SECTION_TITLES[kind], "entries": [], "items": items}


def _shown_and_asked(
    facts: Sequence[FactView], job: JobForWriting
) -> dict[str, tuple[str, FactView]]:
    """Map each asked skill to its spelling and the fact that shows it; work before lists."""
    held: dict[str, tuple[str, FactView]] = {}
    for fact in sorted(facts, key=lambda fact: fact.kind == "skill"):
        for hit in find_skills(fact.text):
            if hit.category != "personal":
                held.setdefault(hit.skill, (hit.surface, fact))
    asked = (name for name in job.asked_skills if name in held)
    return {name: held[name] for name in asked if held[name][1].kind != "role"}


def _headline(
    candidate: Candidate, roles: Sequence[FactView], facts: Sequence[FactView], job: JobForWriting
) -> dict[str, Any]:
    if not roles or not roles[0].title:
        return _piece("", [], "kept", "No role to name.", original=candidate.headline)
    chosen = list(_shown_and_asked(facts, job).values())[:HEADLINE_SKILLS]
    text = roles[0].title
    if chosen:
        text += " · " + ", ".join(surface[0].upper() + surface[1:] for surface, _fact in chosen)
    fact_ids = dict.fromkeys([roles[0].id, *(fact.id for _surface, fact in chosen)])
    reason = "Your latest title, with skills of yours that the posting asks for."
    return _piece(text, list(fact_ids), "written", reason, original=candidate.headline)


def _summary(
    roles: Sequence[FactView], facts: Sequence[FactView], job: JobForWriting, *, today: date
) -> list[dict[str, Any]]:
    """Return up to three sentences: who, with what, and the result nearest to the posting."""
    if not roles or not roles[0].title:
        return []
    years = role_months(list(roles), today=today) // 12
    who = roles[0].title
    if years >= 2:
        who += f" with {years} years of experience"
    if roles[0].organization:
        who += f", {'currently' if roles[0].is_current else 'most recently'} at {roles[0].organization}"
    pieces = [
        _piece(f"{who}.", [role.id for role in roles], "written", "From your roles and dates.")
    ]
    chosen = list(_shown_and_asked(facts, job).values())[:SUMMARY_SKILLS]
    if len(chosen) > 1:
        text = f"Has worked with {listing([surface for surface, _fact in chosen])}."
        proof = list(dict.fromkeys(fact.id for _surface, fact in chosen))
        pieces.append(_piece(text, proof, "written", "Skills of yours that the posting asks for."))
    results = [fact for fact in facts if fact.parent_id and numbers_in(fact.text)]
    weighed = [(relevance(fact.text, job), fact) for fact in results]
    if weighed:
        found, best = max(weighed, key=lambda pair: pair[0].points)
        text = best.text.rstrip(". ") + "."
        reason = "Your measured result nearest to the posting."
        pieces.append(_piece(text, [best.id], "written", reason, original=best.text, found=found))
    return pieces


def _counts(content: Mapping[str, Any]) -> dict[str, int]:
    counts = dict.fromkeys(("kept", "moved", "left_out", "written"), 0)
    pieces = [content["headline"], *content["summary"]]
    for section in content["sections"]:
        pieces += [bullet for entry in section["entries"] for bullet in entry["bullets"]]
        pieces += section["items"]
    for piece in pieces:
        counts[piece["status"]] += 1
    return counts
