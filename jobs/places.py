"""Places as postings write them: city, region, country, and whether the work is remote.

The table holds the countries, states, provinces and the cities most postings name; a place it does
not know keeps its city as written and has no country, rather than a guessed one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from jobs.place_names import CITIES, COUNTRIES, COUNTRY_NAMES, REGIONS, ZONES, fold

MAX_CHARACTERS = 300


@dataclass(frozen=True)
class Place:
    """A place in fixed words: `country` is ISO 3166-1 alpha-2, `region` a state or province code.

    `zone` is a wider area ("EU", "EMEA", "WORLD", …) when no country is named.
    """

    city: str = ""
    region: str = ""
    country: str = ""
    zone: str = ""
    is_remote: bool = False

    @property
    def country_name(self) -> str:
        """The country's English name, "" when there is none."""
        return COUNTRY_NAMES.get(self.country, "")

    @property
    def label(self) -> str:
        """The place as we write it: "Austin, TX, United States"."""
        return ", ".join(filter(None, (self.city, self.region, self.country_name or self.zone)))


_REMOTE = re.compile(
    r"\b(?:fully |100\s?% )?(?:remote(?:ly)?|work from (?:home|anywhere)|wfh|home[- ]?office|anywhere|télétravail|"
    r"distributed|remoto|homebased|home[- ]based)\b(?:[- ]?(?:first|only|friendly|ok|work))?",
    re.IGNORECASE,
)
_WORKPLACE = re.compile(
    r"\b(?:hybrid|on-?site|in-?office|office|hq|headquarters|area|greater|metro(?:politan)?|region|"
    r"based(?: in)?|preferred|flexible|within|or|the)\b",
    re.IGNORECASE,
)
_SPLIT_PIECES = re.compile(r"\s*[,()\[\]:|•·]\s*|\s+[-–—]\s+|\s*[-–—](?=\s)|(?<=\s)[-–—]\s*")
_SPLIT_PLACES = re.compile(r"\s*(?:;|\s\|\s|\s/\s|\bor\b|\n|•)\s*")


def parse_place(text: str) -> Place:
    """Return the place a location line names; an empty Place when it names none."""
    written = " ".join(text[:MAX_CHARACTERS].split())
    is_remote = bool(_REMOTE.search(written))
    bare = _REMOTE.sub(" ", written)
    pieces = [piece for piece in (_tidy(raw) for raw in _SPLIT_PIECES.split(bare)) if piece]
    country, region, zone = _country(pieces), "", ""
    region, country = _region(pieces, country)
    city, region, country = _city(pieces, region, country)
    if not country:
        zone = next((ZONES[fold(piece)] for piece in pieces if fold(piece) in ZONES), "")
    return Place(city=city, region=region, country=country, zone=zone, is_remote=is_remote)


def parse_places(text: str) -> tuple[Place, ...]:
    """Return every place of a line that lists several ("London; Paris or Remote")."""
    found = (parse_place(piece) for piece in _SPLIT_PLACES.split(text[:2000]) if piece.strip())
    return tuple(dict.fromkeys(place for place in found if place != Place()))


def is_place(text: str) -> bool:
    """Whether every piece of `text` is a known place, zone or "remote"."""
    rest = _WORKPLACE.sub(" ", _REMOTE.sub(" ", text))
    pieces = [piece for piece in re.split(r"[,/&|()]|\s+[-–—]\s+|\band\b", rest) if piece.strip()]
    if not pieces:
        return bool(_REMOTE.search(text))
    # "in" and "or" are words; "IN" and "OR" are states.
    return all(
        _is_code(piece) or (len(piece.strip()) > 2 and _is_known(fold(piece))) for piece in pieces
    )


def _is_known(name: str) -> bool:
    return name in COUNTRIES or name in CITIES or name in ZONES or name in REGIONS


def _is_code(piece: str) -> bool:
    """Whether a piece is an upper-case state or country code ("CA", "UK", "DE")."""
    code = piece.strip()
    is_known = code in COUNTRY_NAMES or fold(code) in REGIONS or fold(code) in COUNTRIES
    return code.isupper() and is_known


def _tidy(piece: str) -> str:
    return " ".join(_WORKPLACE.sub(" ", piece).split()).strip(" -–—/.,")


def _country(pieces: list[str]) -> str:
    """Return the country named last in `pieces`; two-letter codes only when upper-case and last."""
    for piece in reversed(pieces):
        if fold(piece) in COUNTRIES:
            return COUNTRIES[fold(piece)]
    last = pieces[-1] if pieces else ""
    if len(last) == 2 and last.isupper() and last in COUNTRY_NAMES:
        is_region_too = fold(last) in REGIONS and len(pieces) > 1
        return "" if is_region_too and not _city_agrees(pieces[0], last) else last
    return ""


def _city_agrees(city: str, country: str) -> bool:
    """Whether a known city lies in `country`, which tells "Munich, DE" from "Dover, DE"."""
    return CITIES.get(fold(city), ("", "", ""))[2] == country


def _region(pieces: list[str], country: str) -> tuple[str, str]:
    """Return (region code, country) from the pieces after the city."""
    for piece in reversed(pieces):
        name = fold(piece)
        if name not in REGIONS or (len(piece) == 2 and not piece.isupper()):
            continue
        code, home = REGIONS[name]
        if country and country != home:
            continue
        # "New York" alone, or before a state, is the city.
        if name in CITIES and piece == pieces[0] and len(piece) > 2:
            continue
        return code, home
    return "", country


def _city(pieces: list[str], region: str, country: str) -> tuple[str, str, str]:
    """Return (city, region, country), a known city completing what the line leaves out."""
    for piece in pieces:
        name = fold(piece)
        if name in CITIES:
            proper, home_region, home_country = CITIES[name]
            if country and country != home_country:
                return piece, region, country
            if region and region != home_region and home_region:
                return piece, region, country
            return proper, region or home_region, country or home_country
    for piece in pieces:
        name = fold(piece)
        is_abbreviation = len(piece) <= 4 and piece.isupper()
        if not _is_known(name) and not is_abbreviation and not any(map(str.isdigit, piece)):
            return piece, region, country
    return "", region, country
