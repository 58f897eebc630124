"""Mailboxes in the operations console."""

from mailboxes.admin import domains, hearing, mailboxes, suppressions

__all__ = ["domains", "hearing", "mailboxes", "suppressions"]
