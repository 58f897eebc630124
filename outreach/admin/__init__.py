"""Messages and the people they go to in the operations console."""

from outreach.admin import messages, people, quarantines, reach

__all__ = ["messages", "people", "quarantines", "reach"]
