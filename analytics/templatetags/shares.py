"""Numbers as people read them."""

from django import template

register = template.Library()


@register.filter
def percent(value: float) -> str:
    """Return a share of 0 to 1 as per cent with one decimal: "17.8 %" (with a space that does not break)."""
    return f"{value * 100:.1f}\N{NO-BREAK SPACE}%"
