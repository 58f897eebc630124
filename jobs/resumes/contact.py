"""Find who the resume is about: name, headline, e-mail, telephone, place and links."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

import phonenumbers

from jobs.resumes.dates import find_spans
from jobs.resumes.outline import Line
from jobs.resumes.places import is_place, is_region, region_of
from jobs.resumes.sections import heading_kind
from jobs.resumes.vocabulary import organisation_score, title_score

HEADER_LINES = 14  # name, headline, contact lines and a short summary fit
MIN_PHONE_DIGITS = 7  # shorter numbers are extensions or house numbers
HEADLINE_WORDS = range(3, 13)  # a headline without a job title in it
NAME_LINES = 8  # the name stands at the top, at most below a photo caption or contact block
CELLS = re.compile(r"\t|\s*[|•·‖∙⋄◆●]\s*|\s{3,}|\s+[-–—]\s+|\s*;\s+")
_EMAIL = re.compile(
    r"(?<![\w.+-])[A-Za-z0-9][A-Za-z0-9._%+'-]{0,63}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,6}[A-Za-z]{2,24}(?![\w-])"
)
_URL = re.compile(
    r"(?<![@\w.-])(?:https?://|www\.)[^\s<>\"'|•·,;()\[\]]{3,300}"
    r"|(?<![@\w./-])(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,4}[a-z]{2,18}(?:/[^\s<>\"'|•·,;()\[\]]{0,200})?(?![\w@])",
    re.IGNORECASE,
)
# Words with a dot that are no addresses when they stand without a path ("Node.js", "B.Sc").
_NOT_DOMAINS = re.compile(
    r"\.(?:js|net|py|ts|sc|eng|tech|nat|ing|md|txt|pdf|docx?|jpe?g|png|h|cpp|java|vue)$",
    re.IGNORECASE,
)
# Without a path or scheme only these are taken for addresses: user names have dots as well.
_USUAL_TOP_DOMAIN = re.compile(
    r"\.(?:com|org|net|edu|gov|info|biz|dev|app|design|blog|tech|site|website|online|page|pro|name|art|studio|work|works|space|xyz|cloud"
    r"|codes|engineer|software|health|agency|digital|media|portfolio|[a-z]{2})$",
    re.IGNORECASE,
)
_PROFILE_HOSTS = re.compile(
    r"^(?:[a-z]{2,3}\.)?(?:linkedin\.com/(?:in|pub)/|github\.com/|gitlab\.com/|bitbucket\.org/|x\.com/|twitter\.com/|orcid\.org/|stackoverflow\.com/users/|"
    r"scholar\.google\.[a-z.]+/citations|researchgate\.net/profile/|instagram\.com/|youtube\.com/|medium\.com/|dev\.to/|behance\.net/|dribbble\.com/|kaggle\.com/|"
    r"leetcode\.com/|huggingface\.co/|xing\.com/profile/|mastodon\.|bsky\.app/profile/|imdb\.com/name/|t\.me/|telegram\.me/|wa\.me/|facebook\.com/|reddit\.com/user/|codepen\.io/|hackerrank\.com/|codeforces\.com/profile/)",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"^(?:e-?mail|mail|phone|telephone|tel|mobile|cell|handy|telefon|mobil|address|adresse|location|wohnort|standort|linkedin|github|"
    r"website|web|homepage|portfolio|téléphone|teléfono|móvil|correo|dirección|direccion|name|nombre|nom|date of birth|geburtsdatum|geboren(?:\s+am)?|"
    r"nationality|staatsangehörigkeit|nationalité|familienstand|m|t|e|p|a)\s*[.:]+\s*",
    re.IGNORECASE,
)
_CREDENTIALS = re.compile(
    r",\s*(?:(?:Ph\.?D|M\.?D|MBA|PMP|CPA|CFA|RN|BSN|MSN|P\.?E|Esq|J\.?D|MSc|BSc|M\.?Sc|MPH|CISSP|SHRM-\w+|DDS|DVM)\.?,?\s*)+$",
    re.IGNORECASE,
)
_TITLE_LINE = re.compile(
    r"^(?:curriculum\s+vitae|c\.?v\.?|r[ée]sum[ée]|lebenslauf|currículum(?:\s+vitae)?|hoja de vida)(?:\s*(?:of|von|de|[-–—:|])\s*)?",
    re.IGNORECASE,
)
_PARTICLES = frozenset(
    [
        "de",
        "da",
        "do",
        "dos",
        "das",
        "del",
        "della",
        "di",
        "du",
        "van",
        "von",
        "der",
        "den",
        "ten",
        "ter",
        "le",
        "la",
        "el",
        "al",
        "bin",
        "ibn",
        "y",
        "e",
        "zu",
        "zum",
        "zur",
        "af",
        "av",
        "st.",
    ]
)


def find_emails(text: str, addresses: Iterable[str]) -> tuple[str, ...]:
    """Return e-mail addresses in the order of the text, then those of mailto: links; case is kept."""
    found = [match[0] for match in _EMAIL.finditer(text)]
    for address in addresses:
        if address.lower().startswith("mailto:"):
            match = _EMAIL.match(address[7:])
            found.extend([match[0]] if match else [])
    return _distinct(found)


def find_phones(text: str, addresses: Iterable[str], region: str) -> tuple[str, ...]:
    """Return telephone numbers in E.164: those of tel: links, else those written in the text.

    `region` (ISO 3166) reads numbers without a country code. Numbers that are well formed but not in use
    are kept, since resumes in examples use such; dates and years are not numbers.
    """
    linked = [
        _e164(address[4:], region) for address in addresses if address.lower().startswith("tel:")
    ]
    text = _URL.sub(" ", _EMAIL.sub(" ", text))
    written = _written_phones(text, region, phonenumbers.Leniency.VALID) or _written_phones(
        text, region, phonenumbers.Leniency.POSSIBLE
    )
    return _distinct([number for number in [*linked, *written] if number])


def _written_phones(text: str, region: str, leniency: int) -> list[str]:
    return [
        phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164)
        for match in phonenumbers.PhoneNumberMatcher(text, region, leniency)
        if len(re.sub(r"\D", "", match.raw_string)) >= MIN_PHONE_DIGITS
        and not find_spans(match.raw_string)
    ]


def _e164(text: str, region: str) -> str:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return ""
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def find_links(header: str, body: str, linked: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Return the person's own addresses in order: those linked or written in the header.

    `linked` are (address, label) pairs of the file's hyperlinks; one counts as the header's when its
    label or itself is written there, or when it is a profile page behind an icon without a label. A
    LinkedIn address from the body is taken when the header has none.
    """
    cells = {cell.casefold() for line in header.split("\n") for cell in header_cells(line)}
    own = [
        address
        for address, label in linked
        if re.match(r"https?://", address, re.IGNORECASE)
        and _in_header(address, label, header, cells)
    ]
    labels = {label.casefold() for _, label in linked}
    written = [
        item for item in _addresses_in(_EMAIL.sub(" ", header)) if item.casefold() not in labels
    ]
    found = [canonical_link(item) for item in [*own, *written]]
    if not any("linkedin.com/" in item for item in found):
        found += [
            canonical_link(item) for item in _addresses_in(body) if "linkedin.com/in/" in item
        ][:1]
    return _distinct(found)


def _addresses_in(text: str) -> list[str]:
    found = [match[0].rstrip(".,:") for match in _URL.finditer(text)]
    return [address for address in found if not _is_no_domain(address)]


def _in_header(address: str, label: str, header: str, cells: set[str]) -> bool:
    bare = canonical_link(address).removeprefix("https://").casefold()
    written = re.search(rf"(?<![\w.-]){re.escape(bare)}(?![\w/.-]*\w)", header.casefold())
    if written or (label and label.casefold() in cells):
        return True
    return not label and _is_profile(address) and not re.search(r"github\.com/[^/]+/.", bare)


def _is_profile(address: str) -> bool:
    return bool(
        _PROFILE_HOSTS.match(re.sub(r"^(?:https?://)?(?:www\.)?", "", address, flags=re.IGNORECASE))
    )


def _is_no_domain(address: str) -> bool:
    if "://" in address or address.lower().startswith("www."):
        return False
    domain, slash, _ = address.partition("/")
    if not slash and not _USUAL_TOP_DOMAIN.search(domain):
        return True
    top = domain.rpartition(".")[2]
    return (
        (bool(_NOT_DOMAINS.search(domain)) and not slash)
        or not top.islower()
        or len(domain) < 5
        or not re.search(r"[a-z]{2}", domain)
    )


def canonical_link(address: str) -> str:
    """Return an address as https://host/path: lower-case host, no "www.", no slash at the end."""
    bare = re.sub(r"^https?://", "", address.strip(), flags=re.IGNORECASE)
    host, _, path = bare.partition("/")
    host = re.sub(r"^www\.", "", host.casefold())
    path = path.rstrip("/")
    return f"https://{host}/{path}" if path else f"https://{host}"


def find_place(lines: Sequence[Line]) -> str:
    """Return the first place written in the header lines, without street and label."""
    for line in lines[:HEADER_LINES]:
        for cell in header_cells(line.text):
            place = place_in(cell)
            if place:
                return place
    return ""


def place_in(cell: str) -> str:
    """Return the town with state or country that a cell is or ends in, or an empty string."""
    cell = _LABEL.sub("", cell).strip(" ,;.")
    if is_place(cell) and not _EMAIL.search(cell):
        return cell
    parts = [part.strip() for part in cell.split(",")]
    coded = re.match(r"(?:[A-Z]{1,2}-)?\d{4,5}\s+([^\W\d][^\d,]+)$", parts[-1])
    if coded:
        return coded[1].strip()
    for count in (3, 2):
        if len(parts) > count and is_region(parts[-1]) and is_place(", ".join(parts[-count:])):
            return ", ".join(parts[-count:])
    return ""


def header_cells(text: str) -> list[str]:
    """Return the cells of a header line, with labels like "Tel.:" removed."""
    return [_LABEL.sub("", cell).strip() for cell in CELLS.split(text) if cell.strip()]


def find_name(lines: Sequence[Line], emails: Sequence[str]) -> tuple[str, Line | None]:
    """Return the most likely name among the first lines and the line it stands on."""
    best: tuple[float, str, Line | None] = (0.0, "", None)
    local = re.sub(r"[^a-z]", "", _ascii(emails[0].partition("@")[0])) if emails else ""
    for position, line in enumerate(lines[:NAME_LINES]):
        for cell in header_cells(_TITLE_LINE.sub("", line.text)) or []:
            name = clean_name(cell)
            score = _name_score(name, local) - 0.25 * position
            if name and score > best[0]:
                best = (score, name, line)
    return best[1], best[2]


def clean_name(cell: str) -> str:
    """Return a name without credentials, letter-spacing and capitals, or "" where it cannot be one."""
    text = _CREDENTIALS.sub("", _TITLE_LINE.sub("", cell)).strip(" ,.:;-–—#*\"'")
    if re.fullmatch(r"(?:\w\s){3,}\w", text):
        text = re.sub(r"\s", "", text)
    words = text.split()
    if (
        not 2 <= len(words) <= 6
        or len(text) > 60
        or not re.fullmatch(r"[^\d@/\\:;!?+=<>{}\[\]|•\t_,]+", text)
    ):
        return ""
    if not all(
        word[0].isupper()
        or word.casefold() in _PARTICLES
        or word[0] in "'’(\"“"
        or not word[0].isalpha()
        or not word[0].islower()
        for word in words
    ):
        return ""
    if text.isupper():
        text = " ".join(part.capitalize() if len(part) > 1 else part for part in text.split())
        text = re.sub(r"([-'’])(\w)", lambda found: found[1] + found[2].upper(), text)
    return text


def _name_score(name: str, local: str) -> float:
    if not name or heading_kind(name):
        return 0.0
    tokens = [re.sub(r"[^a-z]", "", _ascii(word)) for word in name.split()]
    known = sum(len(token) >= 3 and token in local for token in tokens)
    score = (
        3.0
        + 2.0 * known
        - 2.5 * title_score(name)
        - 2.0 * is_place(name)
        - 1.0 * organisation_score(name)
    )
    return score - 0.5 * max(len(tokens) - 3, 0)


def _ascii(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.casefold().replace("ß", "ss"))
    return "".join(character for character in folded if not unicodedata.combining(character))


def find_headline(lines: Sequence[Line], name_line: Line | None) -> str:
    """Return the line or cell near the name that reads like a job title or slogan."""
    if name_line is None:
        return ""
    position = next(index for index, line in enumerate(lines) if line is name_line)
    same = [
        cell
        for cell in header_cells(name_line.text)
        if title_score(cell) and clean_name(cell) != cell
    ]
    for line in lines[position + 1 : position + 4]:
        text = line.text.strip()
        if _EMAIL.search(text) or _URL.search(text) or re.search(r"\d{3}", text) or is_place(text):
            continue
        if line.bullet or text.endswith(".") or len(text) > 120 or place_in(text) == text:
            continue
        if title_score(text) or (len(text.split()) in HEADLINE_WORDS and "\t" not in text):
            return text.replace("\t", " | ")
    return same[0] if same else ""


def guess_region(place: str, header: str) -> str:
    """Return the ISO 3166 region of the person for reading telephone numbers; "US" when unknown."""
    return region_of(place) if place else region_of(header)


def _distinct(values: Iterable[str]) -> tuple[str, ...]:
    """Keep the first of equal values, upper and lower case being equal."""
    kept: dict[str, str] = {}
    for value in values:
        kept.setdefault(value.casefold(), value)
    return tuple(kept.values())
