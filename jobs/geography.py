"""Countries out of location lines, for filters and matching."""

from collections.abc import Iterable

from jobs.places import parse_places


def countries_of(locations: Iterable[str]) -> list[str]:
    """Return the ISO 3166-1 alpha-2 codes that the lines name, each once, in alphabetical order."""
    return sorted(
        {place.country for line in locations for place in parse_places(line) if place.country}
    )
