"""News from accounts; rooms above listen in their receivers.py."""

from django.dispatch import Signal

# Sent after commit with profile_id: facts, wishes or the person's own data changed, so scores are stale.
profile_changed = Signal()
