"""Reading settings out of environment variables; a bad value is reported by a system check, not a traceback."""

import os
from ipaddress import ip_address
from urllib.parse import parse_qs, urlsplit

from psycopg.conninfo import conninfo_to_dict

PROBLEMS: list[tuple[str, str]] = []
"""(variable, sentence) for each value that could not be used; config.checks turns them into errors."""


def text(name: str, default: str = "") -> str:
    """Return the variable's text, or the default when it is unset or blank."""
    return os.environ.get(name, "").strip() or default


def number(name: str, default: int, *, minimum: int = 0, maximum: int = 10**9) -> int:
    """Return the variable as a whole number between the bounds; note a problem and use the default otherwise."""
    raw = text(name)
    if not raw:
        return default
    if raw.lstrip("-").isdigit() and minimum <= int(raw) <= maximum:
        return int(raw)
    PROBLEMS.append(
        (name, f"{name} is {raw!r}; it must be a whole number from {minimum} to {maximum}.")
    )
    return default


def flag(name: str, *, default: bool) -> bool:
    """Return the variable as yes or no (1/0, true/false, yes/no, on/off)."""
    raw = text(name).lower()
    if not raw:
        return default
    if raw in {"1", "true", "yes", "on"}:
        return True
    if raw in {"0", "false", "no", "off"}:
        return False
    PROBLEMS.append((name, f"{name} is {raw!r}; write true or false."))
    return default


def words(name: str, default: str = "") -> list[str]:
    """Return a comma-separated variable as a list without blanks."""
    return [part.strip() for part in text(name, default).split(",") if part.strip()]


def resolvers(name: str) -> list[str]:
    """Return addresses of name servers, each an IP with or without a port; note a problem and leave out the others."""
    found = words(name)
    bad = [address for address in found if not _is_resolver(address)]
    if bad:
        PROBLEMS.append(
            (
                name,
                f"{name} holds {bad[0]!r}; write IP addresses with or without a port, like 9.9.9.9,127.0.0.1:5353,[::1]:53.",
            )
        )
    return [address for address in found if address not in bad]


def _is_resolver(address: str) -> bool:
    host, colon, port = address.rpartition(":")
    if not colon or (":" in host and not host.startswith("[")):
        host, port = address, "53"
    try:
        ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return port.isdecimal() and 0 < int(port) < 65536


def database(url: str) -> dict[str, object]:
    """Return Django's settings for a PostgreSQL address, ordinary or with ?host=/socket/folder."""
    if not url.startswith(("postgres://", "postgresql://")):
        PROBLEMS.append(
            (
                "DATABASE_URL",
                "DATABASE_URL must start with postgresql://, because RoleFerry needs PostgreSQL 15 or newer.",
            )
        )
        url = "postgresql:///roleferry"
    try:
        parts = {key: str(value) for key, value in conninfo_to_dict(url).items()}
    except Exception as error:  # noqa: BLE001 - libpq's parser raises its own family; the sentence carries it
        PROBLEMS.append(
            (
                "DATABASE_URL",
                f"DATABASE_URL cannot be read ({error}); write postgresql://user:password@host:5432/name.",
            )
        )
        parts = {}
    known = {"dbname", "user", "password", "host", "port"}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.get("dbname", "roleferry"),
        "USER": parts.get("user", ""),
        "PASSWORD": parts.get("password", ""),
        "HOST": parts.get("host", ""),
        "PORT": parts.get("port", ""),
        "OPTIONS": {key: value for key, value in parts.items() if key not in known},
    }


def broker(redis_url: str) -> str:
    """Return Celery's address for a Redis address (unix:///path?db=1 becomes redis+socket:///path?virtual_host=1)."""
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    db = parse_qs(parts.query).get("db", ["0"])[0]
    return f"redis+socket://{parts.path}?virtual_host={db}"


def check_redis(url: str) -> str:
    """Return the Redis address, noting a problem when its scheme is not one that redis-py speaks."""
    if urlsplit(url).scheme not in {"redis", "rediss", "unix"}:
        PROBLEMS.append(("REDIS_URL", "REDIS_URL must start with redis://, rediss:// or unix://."))
        return "redis://127.0.0.1:6379/0"
    return url
