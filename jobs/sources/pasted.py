"""A posting pasted as text, or a saved page pasted as HTML."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace

from jobs.salary import parse_salary
from jobs.sanitizing import html_to_text, strip_hidden, strip_invisible_characters, text_to_html
from jobs.sources.base import NormalizedJob, RowError, finish_job, remote_policy_of, web_address
from jobs.sources.jsonld import parse_structured_page
from jobs.sources.structured import decode_page

KIND = "pasted"
MAX_CHARACTERS = 200_000
MAX_TITLE_CHARACTERS = 120
# The title, company and place stand in the head of a posting, not in its body.
HEAD_LINES = 12

_LABELS = {
    "title": r"(?:job\s+title|title|position|role|stellenbezeichnung|intitulé du poste|puesto)",
    "company": r"(?:company|employer|organi[sz]ation|unternehmen|firma|entreprise|empresa)",
    "location": r"(?:locations?|job location|standort|arbeitsort|lieu|ubicación|office)",
    "employment": r"(?:employment type|job type|type|anstellungsart|contract)",
}
_LABELLED = {
    name: re.compile(rf"^\s*[*#-]*\s*{words}\s*[*]*\s*[:：]\s*[*]*\s*(.+?)\s*[*]*$", re.IGNORECASE)
    for name, words in _LABELS.items()
}
_AT_COMPANY = re.compile(r"^(?P<title>.{3,100}?)\s+(?:at|@|bei|chez)\s+(?P<company>[^|•·]{2,60})$")
_HIRING = re.compile(
    r"^(?P<company>.{2,60}?)\s+is\s+(?:hiring|looking for|seeking)\s+(?:an?\s+)?(?P<title>.{3,100}?)[.!]?$",
    re.IGNORECASE,
)
_PARTS = re.compile(r"\s*[|•·–—]\s*|\s+-\s+")
_PLACE = re.compile(
    r"\b(?:remote|hybrid|on-?site|[A-Z][\w.' -]+,\s*[A-Z][\w.' -]+)(?:\s*\([^)]*\))?$",
    re.IGNORECASE,
)
_EMPLOYMENT = re.compile(
    r"\b(full[- ]time|part[- ]time|contract|internship|temporary|freelance|vollzeit|teilzeit|cdi|cdd)\b",
    re.IGNORECASE,
)
_BULLET = re.compile(r"^\s*[•●▪◦‣·*–-]\s+")


@dataclass(frozen=True)
class _Head:
    title: str = ""
    company: str = ""
    location: str = ""


def parse_pasted(
    text: str | bytes, *, url: str = "", title: str = "", company: str = ""
) -> NormalizedJob:
    """Return the job a person pasted; what they typed as `title` or `company` goes first.

    A page with a marked-up JobPosting is read from its markup. Otherwise the head of the text is
    searched for title, company and place, and nothing is invented: what is not found stays empty.
    Raises RowError with a sentence when there is no text or no line that can be the title.
    """
    source = decode_page(text) if isinstance(text, bytes) else text
    source = source[:MAX_CHARACTERS]
    is_html = bool(re.search(r"<(?:html|body|div|p|li|br|script|h[1-6])\b", source, re.IGNORECASE))
    if is_html:
        marked_up = parse_structured_page(source, url=url).jobs
        if marked_up:
            job = marked_up[0]
            return replace(job, title=title or job.title, company_name=company or job.company_name)
    return _parse_text(source, is_html=is_html, url=url, title=title, company=company)


def _parse_text(source: str, *, is_html: bool, url: str, title: str, company: str) -> NormalizedJob:
    visible = strip_hidden(source)[0] if is_html else source
    plain = html_to_text(visible) if is_html else strip_invisible_characters(source)[0].strip()
    if not plain:
        raise RowError("There is no text to read. Paste the whole posting, from its title on.")
    head = _read_head(plain)
    chosen = title.strip() or head.title
    if not chosen:
        raise RowError("No line looks like the job's title. Type the title and try again.")
    location = head.location
    employment = _labelled(plain, "employment") or _employment(plain)
    policy = remote_policy_of("", is_remote=None, locations=(location, _policy_words(plain)))
    job = NormalizedJob(
        source_kind=KIND,
        board_token="",
        external_id=hashlib.sha256(" ".join(plain.split()).casefold().encode()).hexdigest()[:32],
        title=chosen[:300],
        company_name=company.strip() or head.company,
        url=web_address(url),
        apply_url=web_address(url),
        location=location,
        locations=(location,) if location else (),
        remote_policy=policy,
        employment_type=employment,
        raw={"text": plain},
    )
    html = source if is_html else _with_lists(source)
    return finish_job(job.with_salary(parse_salary(plain)), html=html, needs_url=False)


def _read_head(plain: str) -> _Head:
    """Return what the first lines say; a labelled line goes before a guess."""
    lines = [line.strip(" #*\t") for line in plain.splitlines() if line.strip()][:HEAD_LINES]
    title = _labelled(plain, "title")
    company = _labelled(plain, "company")
    location = _labelled(plain, "location")
    unlabelled = [line for line in lines if not any(r.match(line) for r in _LABELLED.values())]
    first = unlabelled[0] if unlabelled else ""
    if not title and 3 <= len(first) <= MAX_TITLE_CHARACTERS and not first.endswith((".", ":")):
        named = _AT_COMPANY.match(first) or _HIRING.match(first)
        title = named["title"].strip() if named else first
        company = company or (named["company"].strip() if named else "")
    elif not title and (named := _HIRING.match(first)):
        title, company = named["title"].strip(), company or named["company"].strip()
    for line in unlabelled[1:4]:
        pieces = [piece for piece in _PARTS.split(line) if piece]
        if not pieces or len(line) > MAX_TITLE_CHARACTERS or line.endswith("."):
            break
        if not location and _PLACE.search(pieces[-1] if len(pieces) < 3 else pieces[1]):
            location = pieces[-1] if len(pieces) < 3 else pieces[1]
            company = company or (pieces[0] if len(pieces) > 1 else "")
    return _Head(title=title, company=company, location=location)


def _labelled(plain: str, name: str) -> str:
    for line in [line for line in plain.splitlines() if line.strip()][: HEAD_LINES * 2]:
        match = _LABELLED[name].match(line)
        if match and len(match.group(1)) <= MAX_TITLE_CHARACTERS:
            return match.group(1).strip()
    return ""


def _employment(plain: str) -> str:
    match = _EMPLOYMENT.search(plain[:3000])
    return match.group(1) if match else ""


def _policy_words(plain: str) -> str:
    """Return the workplace a sentence states outright; a mention in passing states nothing."""
    stated = re.search(
        r"\b(?:fully|100 ?%|this is an?|work(?:ing)? model:?|workplace(?: type)?:?)\s+(remote|hybrid)\b",
        plain,
        re.IGNORECASE,
    )
    return stated.group(1) if stated else ""


def _with_lists(text: str) -> str:
    """Return plain text as HTML, runs of bullet lines as lists."""
    pieces: list[str] = []
    paragraph: list[str] = []
    items: list[str] = []

    def flush() -> None:
        if paragraph:
            pieces.append(text_to_html("\n".join(paragraph)))
        if items:
            inner = (text_to_html(item).removeprefix("<p>").removesuffix("</p>") for item in items)
            pieces.append("<ul>" + "".join(f"<li>{item}</li>" for item in inner) + "</ul>")
        paragraph.clear()
        items.clear()

    for line in text.splitlines():
        if _BULLET.match(line):
            if paragraph:
                flush()
            items.append(_BULLET.sub("", line).strip())
        elif not line.strip() or items:
            flush()
            paragraph.extend([line] if line.strip() else [])
        else:
            paragraph.append(line)
    flush()
    return "".join(pieces)
