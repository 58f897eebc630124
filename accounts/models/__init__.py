"""People, workspaces, profiles and what is common to every room above."""

from accounts.models.audit import AuditEntry
from accounts.models.invitation import Invitation
from accounts.models.notification import Notification
from accounts.models.preferences import Preferences
from accounts.models.profile import Profile, ProfileFact, Resume
from accounts.models.switch import PlatformSwitch
from accounts.models.task import BackgroundTask
from accounts.models.user import User
from accounts.models.workspace import Membership, Workspace

__all__ = [
    "AuditEntry",
    "BackgroundTask",
    "Invitation",
    "Membership",
    "Notification",
    "PlatformSwitch",
    "Preferences",
    "Profile",
    "ProfileFact",
    "Resume",
    "User",
    "Workspace",
]
