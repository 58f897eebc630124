"""People, workspaces, background work and the audit trail in the operations console."""

from accounts.admin import audit, people, switches, work, workspaces

__all__ = ["audit", "people", "switches", "work", "workspaces"]
