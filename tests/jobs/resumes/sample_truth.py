"""A resume together with what a careful reader finds in it."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Sample:
    """A resume and its truth; roles are (title, organisation, start, end), schools (degree, field, school)."""

    text: str
    name: str
    roles: tuple[tuple[str, str, str, str], ...]
    schools: tuple[tuple[str, str, str], ...] = ()
    email: str = ""
    phone: str = ""
    location: str = ""
    links: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    metrics: int | None = None
    projects: tuple[str, ...] = ()
    certifications: tuple[str, ...] = ()
    statements: tuple[str, ...] = field(default=())
