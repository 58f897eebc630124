"""Mailboxes in the operations console."""

from mailboxes.admin import domains, hearing, lending, mailboxes, suppressions

__all__ = ["domains", "hearing", "lending", "mailboxes", "suppressions"]
