"""Mailboxes in the operations console."""

from mailboxes.admin import mailboxes

__all__ = ["mailboxes"]
