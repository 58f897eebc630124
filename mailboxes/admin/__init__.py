"""Mailboxes in the operations console."""

from mailboxes.admin import hearing, mailboxes

__all__ = ["hearing", "mailboxes"]
