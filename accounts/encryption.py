"""Encrypted text columns: Fernet under rotating keys, so a database dump holds no secret."""

from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models


class SecretUnreadableError(Exception):
    """A stored secret was made with a key that is no longer configured."""


@lru_cache(maxsize=4)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def encrypt(text: str) -> str:
    """Return `text` sealed under the newest key."""
    return _fernet(tuple(settings.FIELD_ENCRYPTION_KEYS)).encrypt(text.encode()).decode()


def decrypt(token: str) -> str:
    """Return the text of a sealed token; raise SecretUnreadableError when no configured key fits."""
    try:
        return _fernet(tuple(settings.FIELD_ENCRYPTION_KEYS)).decrypt(token.encode()).decode()
    except InvalidToken as error:
        raise SecretUnreadableError(
            "A stored secret cannot be read with the configured keys. Add the key it was made with to FIELD_ENCRYPTION_KEY."
        ) from error


class EncryptedTextField(models.TextField):
    """Text that is sealed in the database and plain in Python; blank stays blank. It cannot be filtered on."""

    def from_db_value(
        self, value: str | None, expression: object, connection: object
    ) -> str | None:
        """Unseal a value read from the database."""
        return decrypt(value) if value else value

    def get_prep_value(self, value: Any) -> Any:
        """Seal a value on its way to the database."""
        text = super().get_prep_value(value)
        return encrypt(text) if text else text
