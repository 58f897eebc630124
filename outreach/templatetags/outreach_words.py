"""Small words of the outreach pages."""

from datetime import datetime

from django import template

register = template.Library()


@register.filter
def percent(share: float) -> str:
    """Return a share between 0 and 1 as whole percent, like "85 %"."""
    return f"{round(share * 100)} %"


@register.filter
def days_since(moment: datetime, now: datetime) -> int:
    """Return the whole days from `moment` to `now`."""
    return max(0, (now - moment).days)


@register.filter
def lookup(table: dict[str, str], key: str) -> str:
    """Return a table's entry, or nothing."""
    return table.get(key, "")
