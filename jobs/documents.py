"""Resumes and letters of one application: written by rule, edited by a person, every version checked and kept."""

import copy
import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from django.db import transaction

from accounts.models import Profile, Resume
from jobs.facts import FactView
from jobs.matching import fact_views
from jobs.models import Application, Document, Job
from jobs.writing.evidence import Context, Finding, Sentence, check_claims
from jobs.writing.letters import write_letter as draft_letter
from jobs.writing.phrasing import count_words
from jobs.writing.relevance import JobForWriting, as_of, content_stems
from jobs.writing.tailoring import Candidate, sentences_of, tailor_resume

Kind = Document.Kind
Origin = Document.Origin

# A sentence someone types is set beside this many of the facts nearest to it.
NEAREST_FACTS = 3
MAX_PIECE_CHARACTERS = 1_000
# A dot after one of these does not end a sentence.
_ABBREVIATIONS = "".join(
    rf"(?<!\b{short}\.)" for short in (r"e\.g", r"i\.e", "Dr", "Mr", "Ms", "Mrs", "St", "No", "Inc")
)
_SENTENCE_END = re.compile(rf"(?<=[.!?]){_ABBREVIATIONS}[ \t]+(?=[A-ZÀ-Þ“\"(])")


class NothingToWriteError(Exception):
    """There are no facts to write from; the text is a sentence for the person."""


def candidate_for(profile: Profile) -> Candidate:
    """Return the person as the writers know them."""
    links = [str(link) for link in profile.links]
    contact = [profile.email, profile.phone, profile.location, *links]
    return Candidate(
        name=profile.full_name or profile.email,
        facts=fact_views(profile),
        headline=profile.headline,
        contact=tuple(line for line in contact if line),
    )


def job_for_writing(job: Job) -> JobForWriting:
    """Return the opening as the writers know it."""
    return JobForWriting(title=job.title, company=job.company_name, text=job.description_text)


def current_document(application: Application, kind: str) -> Document | None:
    """Return the version in force, or None while there is none."""
    found: Document | None = Document.objects.filter(
        application=application, kind=kind, is_current=True
    ).first()
    return found


def current_documents(application: Application) -> dict[str, Document | None]:
    """Return the version in force of each kind of document, None where there is none."""
    return current_documents_of([application])[application.pk]


def current_documents_of(
    applications: Iterable[Application],
) -> dict[int, dict[str, Document | None]]:
    """Return the same for each application by its pk, in one query."""
    found: dict[int, dict[str, Document | None]] = {
        application.pk: dict.fromkeys(Kind.values) for application in applications
    }
    for document in Document.objects.filter(application__in=list(found), is_current=True):
        found[document.application_id][document.kind] = document
    return found


def write_resume(application: Application, *, today: date) -> Document:
    """Tailor the resume to the opening and make it the version in force.

    Raises NothingToWriteError while the profile holds no facts.
    """
    candidate = _candidate_with_facts(application)
    content = tailor_resume(candidate, job_for_writing(application.job), today=today)
    return _keep(application, Kind.RESUME, content, Origin.RULE, today=today)


def write_letter(
    application: Application, *, today: date, tone: str = "professional", person: str = ""
) -> Document:
    """Write the letter and make it the version in force; `person` is its reader, if known.

    Raises NothingToWriteError while the profile holds no facts, KeyError for an unknown tone.
    """
    candidate = _candidate_with_facts(application)
    job = job_for_writing(application.job)
    letter = draft_letter(candidate, job, tone=tone, person=person, today=today)
    return _keep(application, Kind.LETTER, letter.as_json(), Origin.RULE, today=today)


def pieces_of(content: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every changeable piece of a resume's content, always in the same order: its place is its number."""
    yield content["headline"]
    yield from content["summary"]
    for section in content["sections"]:
        for entry in section["entries"]:
            yield from entry["bullets"]
        yield from section["items"]


def edit_piece(document: Document, number: int, *, text: str | None, today: date) -> Document:
    """Put a person's words in place of piece `number`, or (None) bring back what was written there.

    Returns the new version in force, checked again. Raises IndexError for a piece that is not there.
    """
    content = copy.deepcopy(document.content)
    piece = list(pieces_of(content))[number]
    written = list(pieces_of(document.original_content))[number]
    if text is None:
        piece.update(copy.deepcopy(written))
    else:
        text = " ".join(text.split())[:MAX_PIECE_CHARACTERS]
        piece.update(text=text, status="written", reason="Your own words.")
    return _next_version(document, content, today=today)


def show_piece(document: Document, number: int, *, is_shown: bool, today: date) -> Document:
    """Leave piece `number` out of the resume, or put it back; return the new version in force."""
    content = copy.deepcopy(document.content)
    piece = list(pieces_of(content))[number]
    piece["status"] = "kept" if is_shown else "left_out"
    piece["reason"] = "Put back by you." if is_shown else "Left out by you."
    return _next_version(document, content, today=today)


def edit_letter(
    document: Document, *, greeting: str, body: str, farewell: str, signature: str, today: date
) -> Document:
    """Take a letter as a person wrote it, find each sentence's facts again and check every claim.

    Sentences left as they were keep their evidence. Returns the new version in force.
    """
    application = document.application
    known = {
        sentence["text"]: sentence
        for content in (document.original_content, document.content)
        for group in content["paragraphs"]
        for sentence in group
    }
    facts, context = _grounds(application, today=today)
    paragraphs = [
        [
            known.get(text) or supported_sentence(text, facts, context)
            for text in split_sentences(group, known)
        ]
        for group in re.split(r"\n\s*\n", body.replace("\r\n", "\n"))
        if group.strip()
    ]
    content = document.content | {
        "greeting": greeting.strip(),
        "paragraphs": paragraphs,
        "farewell": farewell.strip(),
        "signature": signature.strip(),
        "note": "",
    }
    content["word_count"] = count_words(letter_text(content))
    return _next_version(document, content, today=today)


def bring_back(document: Document, *, today: date) -> Document:
    """Return a new version that says what was written by rule before anybody edited it."""
    return _next_version(document, copy.deepcopy(document.original_content), today=today)


def check_text(
    application: Application, text: str, *, known: Iterable[str] = (), today: date
) -> list[Finding]:
    """Return the claims in free text that no fact supports; sentences in `known` are not looked at."""
    facts, context = _grounds(application, today=today)
    skip = set(known)
    findings: list[Finding] = []
    for group in text.replace("\r\n", "\n").split("\n"):
        for sentence in split_sentences(group, skip):
            if sentence not in skip:
                piece = supported_sentence(sentence, facts, context)
                findings += check_claims([_sentence(piece)], facts, context)
    return findings


def split_sentences(paragraph: str, known: Iterable[str] = ()) -> list[str]:
    """Cut a paragraph into sentences; a known sentence at the front stays whole, whatever dots it holds."""
    rest = " ".join(paragraph.split())
    longest_first = sorted(known, key=len, reverse=True)
    found = []
    while rest:
        text = next((text for text in longest_first if text and rest.startswith(text)), "")
        text = text or _SENTENCE_END.split(rest, maxsplit=1)[0]
        found.append(text.strip())
        rest = rest[len(text) :].strip()
    return found


def supported_sentence(text: str, facts: dict[str, FactView], context: Context) -> dict[str, Any]:
    """Return a typed sentence with the facts nearest to it, or as a courtesy when it claims nothing."""
    stems = content_stems(text)
    shared = {key: len(stems & content_stems(fact.all_text)) for key, fact in facts.items()}
    nearest = sorted((key for key in facts if shared[key]), key=lambda key: -shared[key])
    cited = tuple(nearest[:NEAREST_FACTS])
    for about, ids in (("candidate", cited), ("courtesy", ()), ("link", cited), ("employer", ())):
        if not check_claims([Sentence(text, ids, about)], facts, context):
            return {"text": text, "about": about, "fact_ids": list(ids), "requirement": None}
    return {"text": text, "about": "candidate", "fact_ids": list(cited), "requirement": None}


def letter_text(content: dict[str, Any]) -> str:
    """Return a letter's content as plain text."""
    body = [" ".join(sentence["text"] for sentence in group) for group in content["paragraphs"]]
    signed = f"{content['farewell']}\n{content['signature']}".strip()
    return "\n\n".join(part for part in [content["greeting"], *body, signed] if part)


def resume_text(content: dict[str, Any]) -> str:
    """Return a resume's content as plain text, in the order in which it is shown; what is left out is left out."""
    headline = [piece["text"] for piece in _shown([content["headline"]])]
    lines = [content["name"], *content["contact"], *headline, ""]
    lines.append(" ".join(sentence["text"] for sentence in _shown(content["summary"])))
    for section in content["sections"]:
        lines += ["", section["title"].upper()]
        for entry in section["entries"]:
            lines.append(" – ".join(filter(None, [entry["title"], entry["organization"]])))
            lines.append(" ".join(filter(None, [entry["location"], _period(entry)])))
            lines += [f"- {bullet['text']}" for bullet in _shown(entry["bullets"])]
        items = [item["text"] for item in _shown(section["items"])]
        lines += [", ".join(items)] if section["key"] == "skills" else [f"- {i}" for i in items]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


def _shown(pieces: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [piece for piece in pieces if piece["status"] != "left_out" and piece["text"]]


def _period(entry: dict[str, Any]) -> str:
    start, end = (entry["start"] or "")[:7], (entry["end"] or "")[:7]
    return " to ".join(filter(None, [start, "now" if entry["is_current"] else end]))


def _candidate_with_facts(application: Application) -> Candidate:
    candidate = candidate_for(application.profile)
    if not candidate.facts:
        raise NothingToWriteError(
            "Your profile holds no facts yet, so there is nothing to write from. Upload a resume or add facts, then try again."
        )
    return candidate


def _grounds(application: Application, *, today: date) -> tuple[dict[str, FactView], Context]:
    """Return the facts by id and the names that any sentence about this application may use."""
    profile, job = application.profile, application.job
    facts = {fact.id: fact for fact in as_of(fact_views(profile), today=today)}
    people = tuple(filter(None, [profile.full_name, profile.first_name]))
    return facts, Context(job.company_name, job.title, people, job.description_text)


def _sentence(piece: dict[str, Any]) -> Sentence:
    return Sentence(piece["text"], tuple(piece["fact_ids"]), piece.get("about", "candidate"))


def _findings(
    application: Application, kind: str, content: dict[str, Any], *, today: date
) -> list[dict[str, Any]]:
    facts, context = _grounds(application, today=today)
    if kind == Kind.RESUME:
        headline = _shown([content["headline"]])
        shown = {"headline": headline[0] if headline else {"text": ""}}
        sentences = sentences_of({**content, **shown, "summary": _shown(content["summary"])})
        found = check_claims(sentences, facts)
    else:
        sentences = [_sentence(piece) for group in content["paragraphs"] for piece in group]
        found = check_claims(sentences, facts, context)
    return [asdict(finding) | {"text": sentences[finding.index].text} for finding in found]


def _next_version(document: Document, content: dict[str, Any], *, today: date) -> Document:
    original = document.original_content
    is_as_written = content | {"counts": None} == original | {"counts": None}
    origin = Origin.RULE if is_as_written else Origin.PERSON
    return _keep(
        document.application, document.kind, content, origin, today=today, original=original
    )


@transaction.atomic
def _keep(
    application: Application,
    kind: str,
    content: dict[str, Any],
    origin: str,
    *,
    today: date,
    original: dict[str, Any] | None = None,
) -> Document:
    """Store a checked version and put it in force; earlier ones stay, since they may have been sent."""
    Application.objects.select_for_update(no_key=True).get(pk=application.pk)
    versions = Document.objects.filter(application=application, kind=kind)
    last = versions.order_by("-version").values_list("version", flat=True).first() or 0
    findings = _findings(application, kind, content, today=today)
    if kind == Kind.RESUME:
        counts = dict.fromkeys(("kept", "moved", "left_out", "written"), 0)
        counts |= Counter(piece["status"] for piece in pieces_of(content))
        content = content | {"counts": counts | {"invented": len(findings)}}
    text = resume_text(content) if kind == Kind.RESUME else letter_text(content)
    versions.filter(is_current=True).update(is_current=False)
    document: Document = Document.objects.create(
        workspace=application.workspace,
        application=application,
        base_resume=Resume.objects.filter(
            profile=application.profile, is_primary=True, deleted_at=None
        ).first(),
        kind=kind,
        version=last + 1,
        origin=origin,
        content=content,
        original_content=content if original is None else original,
        findings=findings,
        text=text,
        text_hash=hashlib.sha256(text.encode()).hexdigest(),
    )
    return document
