"""Measure the resume parser against resumes whose truth is known (a PDF and the YAML it was made from)."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import yaml

from jobs.resumes.contact import canonical_link, clean_name
from jobs.resumes.facts import EDUCATION, ROLE, ParsedResume
from jobs.resumes.limits import ResumeUnreadableError
from jobs.resumes.parsing import parse_resume
from jobs.resumes.reading import read_resume

MIN_PHONE_DIGITS = (
    7  # the national part is compared, since files write numbers with and without a code
)
# How the address of a profile is made from a user name, as the layout program that renders the YAML does.
_NETWORKS = {
    "LinkedIn": "linkedin.com/in/", "GitHub": "github.com/", "GitLab": "gitlab.com/", "X": "x.com/", "Instagram": "instagram.com/",
    "ORCID": "orcid.org/", "StackOverflow": "stackoverflow.com/users/", "ResearchGate": "researchgate.net/profile/",
    "YouTube": "youtube.com/@", "Google Scholar": "scholar.google.com/citations?user=", "Telegram": "t.me/", "WhatsApp": "wa.me/",
    "Leetcode": "leetcode.com/u/", "IMDB": "imdb.com/name/", "Reddit": "reddit.com/user/", "Bluesky": "bsky.app/profile/",
}  # fmt: skip


def evaluate_resumes(folder: Path) -> dict[str, Any]:
    """Return {"topic", "cases", "right", "wrong", "crashed", "fields", "failures"} for every PDF with a YAML.

    A case is one value the YAML states: name, e-mail, telephone, each link, each employer, each degree with
    its school; and, for the layouts of one person, whether all give the identical profile. `failures` lists
    what was wrong, one sentence each.
    """
    tally = _Tally()
    profiles: dict[str, list[tuple[str, object]]] = {}
    for path in sorted(folder.rglob("*.pdf")):
        truth_path = path.with_suffix(".yaml")
        if not truth_path.exists():
            continue
        truth = yaml.safe_load(truth_path.read_text(encoding="utf-8"))["cv"]
        try:
            read = read_resume(path.read_bytes(), path.name)
            parsed = parse_resume(read.text, read.links)
        except (ResumeUnreadableError, ValueError, LookupError, TypeError, AttributeError) as error:
            tally.crashed.append(f"{path.name}: {type(error).__name__}: {error}")
            continue
        for field_name, expected, right in _judge(truth, parsed):
            tally.count(
                field_name, f"{path.name}: {field_name} {expected!r} was not found", right=right
            )
        profiles.setdefault(_identity(truth), []).append((path.name, profile_of(parsed)))
    for identical, names in _compare_layouts(profiles):
        sentence = f"{names}: the layouts do not give the identical profile"
        tally.count("identical across layouts", sentence, right=identical)
    return tally.result()


@dataclass(slots=True)
class _Tally:
    fields: dict[str, list[int]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    crashed: list[str] = field(default_factory=list)

    def count(self, name: str, sentence: str, *, right: bool) -> None:
        counts = self.fields.setdefault(name, [0, 0])
        counts[0] += 1
        counts[1] += right
        if not right:
            self.failures.append(sentence)

    def result(self) -> dict[str, Any]:
        cases = sum(total for total, _ in self.fields.values())
        right = sum(good for _, good in self.fields.values())
        return {
            "topic": "resumes",
            "cases": cases + len(self.crashed),
            "right": right,
            "wrong": cases - right,
            "crashed": len(self.crashed),
            "fields": {
                name: {"cases": total, "right": good} for name, (total, good) in self.fields.items()
            },
            "failures": [*self.crashed, *self.failures],
        }


def profile_of(parsed: ParsedResume) -> dict[str, object]:
    """Return the profile without offsets and confidence: what must be equal for equal resumes.

    Entries are listed with their own values and the texts below them, so that order inside the file and
    the place of a section do not matter.
    """
    skipped = {"start", "end", "confidence", "parent"}
    facts = sorted(
        (
            {key: str(value) for key, value in asdict(fact).items() if key not in skipped}
            | {"below": parsed.facts[fact.parent].text if fact.parent is not None else ""}
            for fact in parsed.facts
        ),
        key=lambda values: tuple(values.values()),
    )
    return {
        "name": parsed.name, "headline": parsed.headline, "emails": parsed.emails, "phones": parsed.phones,
        "location": parsed.location, "links": sorted(parsed.links), "facts": facts,
    }  # fmt: skip


def _identity(truth: dict[str, Any]) -> str:
    """Equal for layouts made from the same content."""
    return repr({key: value for key, value in sorted(truth.items()) if key != "design" and value})


def _compare_layouts(profiles: dict[str, list[tuple[str, object]]]) -> Iterator[tuple[bool, str]]:
    for layouts in profiles.values():
        if len(layouts) > 1:
            first = layouts[0][1]
            yield (
                all(profile == first for _, profile in layouts),
                ", ".join(name for name, _ in layouts),
            )


def _judge(truth: dict[str, Any], parsed: ParsedResume) -> Iterator[tuple[str, str, bool]]:
    if truth.get("name"):
        yield "name", truth["name"], _plain(clean_name(truth["name"])) == _plain(parsed.name)
    for email in _listed(truth.get("email")):
        yield "email", email, email.casefold() in {found.casefold() for found in parsed.emails}
    for phone in _listed(truth.get("phone")):
        yield "phone", phone, _same_phone(phone, parsed.phones)
    for link in _expected_links(truth):
        yield (
            "link",
            link,
            canonical_link(link).casefold() in {found.casefold() for found in parsed.links},
        )
    for entry in _entries(truth):
        if entry.get("company"):
            yield "employer", entry["company"], _has_role(entry, parsed)
        if entry.get("institution"):
            expected = " ".join(
                str(entry.get(key) or "") for key in ("degree", "institution")
            ).strip()
            yield "degree", expected, _has_degree(entry, parsed)


def _listed(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [str(item).removeprefix("tel:") for item in values if item]


def _expected_links(truth: dict[str, Any]) -> Iterator[str]:
    yield from _listed(truth.get("website"))
    for network in truth.get("social_networks") or ():
        prefix = _NETWORKS.get(network["network"])
        if prefix:
            yield f"https://{prefix}{network['username']}"


def _entries(truth: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for section in (truth.get("sections") or {}).values():
        for entry in section if isinstance(section, list) else ():
            if isinstance(entry, dict):
                yield entry


def _has_role(entry: dict[str, Any], parsed: ParsedResume) -> bool:
    wanted = _plain(str(entry["company"])), _plain(str(entry.get("position") or ""))
    roles = {(_plain(fact.organization), _plain(fact.title)) for fact in parsed.of_kind(ROLE)}
    return wanted in roles or (not wanted[1] and wanted[0] in {role[0] for role in roles})


def _has_degree(entry: dict[str, Any], parsed: ParsedResume) -> bool:
    wanted = _plain(str(entry["institution"])), _plain(str(entry.get("degree") or ""))
    found = {(_plain(fact.organization), _plain(fact.degree)) for fact in parsed.of_kind(EDUCATION)}
    return wanted in found or (not wanted[1] and wanted[0] in {school[0] for school in found})


def _same_phone(expected: str, found: Iterable[str]) -> bool:
    digits = re.sub(r"\D", "", expected)
    return any(
        len(number := re.sub(r"\D", "", phone)) >= MIN_PHONE_DIGITS
        and (digits.endswith(number) or number.endswith(digits.lstrip("0")))
        for phone in found
    )


def _plain(text: str) -> str:
    """Return text for comparison: no Markdown, no case, single spaces, one kind of dash and quote."""
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = unicodedata.normalize("NFKC", text.replace("*", "")).casefold()
    text = re.sub(r"[-‐‑–—]+", "-", text).replace("’", "'")
    return " ".join(text.split())
