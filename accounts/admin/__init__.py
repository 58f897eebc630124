"""People, workspaces, background work and the audit trail in the operations console."""

from accounts.admin import audit, people, work, workspaces

__all__ = ["audit", "people", "work", "workspaces"]
