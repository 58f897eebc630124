"""People, sequences, packages, the send ledger and answers."""

from outreach.models.attachment import Attachment
from outreach.models.contact import Contact
from outreach.models.enrollment import Enrollment
from outreach.models.message import Message
from outreach.models.package import Approval, Package
from outreach.models.reply import Reply
from outreach.models.sequence import Sequence, SequenceVersion, Step

__all__ = [
    "Approval",
    "Attachment",
    "Contact",
    "Enrollment",
    "Message",
    "Package",
    "Reply",
    "Sequence",
    "SequenceVersion",
    "Step",
]
