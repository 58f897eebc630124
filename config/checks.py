"""System checks: each setting that cannot work is refused with one sentence that says what to do."""

from collections.abc import Sequence

from cryptography.fernet import Fernet
from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured

from config.settings import environment  # noqa: TID251 - the check reports what the settings could not read

# The tag of checks that a program without pages needs as well.
SETTINGS = "settings"


@register(SETTINGS)
def check_environment(
    app_configs: Sequence[AppConfig] | None, **kwargs: object
) -> list[CheckMessage]:
    """Report every environment value that could not be read."""
    return [
        Error(sentence, hint=f"Correct {name} or unset it.", id=f"roleferry.E1{number:02d}")
        for number, (name, sentence) in enumerate(environment.PROBLEMS, start=1)
    ]


@register(SETTINGS)
def check_secrets(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """Refuse to run without a secret key and a usable key for encrypted fields."""
    found: list[CheckMessage] = []
    if len(settings.SECRET_KEY) < 32:
        found.append(
            Error(
                "SECRET_KEY is missing or shorter than 32 characters, so sessions could be forged.",
                hint='Set SECRET_KEY to the output of: python -c "import secrets; print(secrets.token_urlsafe(50))"',
                id="roleferry.E001",
            )
        )
    if not settings.FIELD_ENCRYPTION_KEYS or not all(
        map(_is_fernet_key, settings.FIELD_ENCRYPTION_KEYS)
    ):
        found.append(
            Error(
                "FIELD_ENCRYPTION_KEY is missing or malformed, so mailbox passwords could not be stored safely.",
                hint="Set it to one or more comma-separated keys, newest first, each made by: "
                'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"',
                id="roleferry.E002",
            )
        )
    if len(settings.ADDRESS_HASH_KEY) < 16:
        found.append(
            Error(
                "ADDRESS_HASH_KEY is missing or shorter than 16 characters, so suppressed addresses could be guessed.",
                hint='Set it once and keep it for ever: python -c "import secrets; print(secrets.token_urlsafe(32))"',
                id="roleferry.E003",
            )
        )
    return found


def refuse_bad_settings() -> None:
    """Raise ImproperlyConfigured with every sentence, for entry points that run no system checks (ASGI, WSGI)."""
    # First, because this loads the settings, and loading them is what reads the environment.
    secrets = check_secrets(None)
    found = [*check_environment(None), *secrets]
    if found:
        raise ImproperlyConfigured(" ".join(problem.msg for problem in found))


def _is_fernet_key(key: str) -> bool:
    try:
        Fernet(key)
    except ValueError:
        return False
    return True
