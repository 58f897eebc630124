"""Secrets at rest (SEC-2, A-29 D27, S14)."""

import pytest
from cryptography.fernet import Fernet
from django.db import connection

from accounts.encryption import SecretUnreadableError, decrypt, encrypt
from tests.factories.outreach import MailboxFactory


@pytest.mark.django_db
def test_a_dump_of_the_table_holds_no_password():
    mailbox = MailboxFactory(smtp_password="plain-secret-7")
    with connection.cursor() as cursor:
        cursor.execute("SELECT mailboxes_mailbox::text FROM mailboxes_mailbox")
        assert "plain-secret-7" not in cursor.fetchone()[0]
    mailbox.refresh_from_db()
    assert mailbox.smtp_password == "plain-secret-7"


def test_keys_rotate(settings):
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.FIELD_ENCRYPTION_KEYS = [old]
    token = encrypt("hidden")
    settings.FIELD_ENCRYPTION_KEYS = [new, old]
    assert decrypt(token) == "hidden"
    settings.FIELD_ENCRYPTION_KEYS = [new]
    with pytest.raises(SecretUnreadableError, match="FIELD_ENCRYPTION_KEY"):
        decrypt(token)
