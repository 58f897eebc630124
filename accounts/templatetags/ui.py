"""Template tags of the page kit: icons, badges, score rings, fields, error summaries, times.

Every tag escapes what it is given and emits no style attribute and no inline handler, because the
content security policy of every page is `style-src 'self'; script-src 'self'`.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django import forms, template
from django.forms import BoundField
from django.forms.formsets import BaseFormSet
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from lucide import _render_icon

register = template.Library()

TONES = frozenset({"ok", "warn", "danger", "info", "accent"})

# Matching bands of the product (house policy): lowest score of the band, word, CSS class.
SCORE_BANDS = (
    (85, "Great", "great"),
    (70, "Good", "good"),
    (55, "Fair", "fair"),
    (40, "Weak", "weak"),
    (0, "Poor", "poor"),
)

RELATIVE_UNITS = (
    (timedelta(days=365), "year"),
    (timedelta(days=30), "month"),
    (timedelta(days=7), "week"),
    (timedelta(days=1), "day"),
    (timedelta(hours=1), "hour"),
    (timedelta(minutes=1), "minute"),
)
UNDO_PREFIX = "undo:"


@register.simple_tag
def icon(name: str, size: int = 20, label: str = "") -> SafeString:
    """Return a Lucide icon as inline SVG.

    Decorative (hidden from assistive technology) unless `label` names it. `name` is a Lucide icon
    name such as "inbox"; an unknown name raises `lucide.IconDoesNotExist`.
    """
    if label:
        attributes = {"role": "img", "aria_label": str(label)}
    else:
        attributes = {"aria_hidden": "true", "focusable": "false"}
    # Lucide builds the SVG with ElementTree, which escapes attribute values.
    return mark_safe(_render_icon(name, size, **attributes))  # noqa: S308


@register.simple_tag
def badge(text: object, tone: str = "") -> SafeString:
    """Return a status word in a pill; `tone` is ok, warn, danger, info, accent or empty (neutral)."""
    css = f"badge {tone}" if tone in TONES else "badge"
    return format_html('<span class="{}">{}</span>', css, text)


def score_band(score: int) -> tuple[str, str]:
    """Return the band word and CSS class of a 0-100 match score (house policy, "matching bands")."""
    clamped = min(100, max(0, score))
    for lowest, word, css in SCORE_BANDS:
        if clamped >= lowest:
            return word, css
    return SCORE_BANDS[-1][1:]


@register.filter
def band(score: float | None) -> str:
    """Return the band word of a 0-100 score ("Great"), or "Not scored" for None."""
    return "Not scored" if score is None else score_band(round(score))[0]


@register.simple_tag
def ring(score: float | None, *, word: bool = False, label: str = "Match") -> SafeString:
    """Return a 0-100 score as a ring with the number inside; None gives a dash.

    With `word` the band word stands beside the ring. The arc is an SVG attribute, so no style
    attribute is needed.
    """
    if score is None:
        number, css, band_word, arc = "–", "none", "Not scored", 0
    else:
        arc = min(100, max(0, round(score)))
        number = str(arc)
        band_word, css = score_band(arc)
    drawn = format_html(
        '<span class="ring {}"><svg viewBox="0 0 36 36" aria-hidden="true" focusable="false">'
        '<circle cx="18" cy="18" r="15.9"/>{}</svg>'
        '<span><span class="sr">{} </span>{}</span></span>',
        css,
        _arc(arc),
        label,
        number,
    )
    if not word:
        return drawn
    return format_html('<span class="score">{} <span>{}</span></span>', drawn, band_word)


def _arc(percent: int) -> SafeString:
    if not percent:
        return SafeString("")
    return format_html(
        '<circle class="fill" cx="18" cy="18" r="15.9" pathLength="100" stroke-dasharray="{} 100"/>',
        percent,
    )


@register.filter
def initials(name: str) -> str:
    """Return one or two letters for an avatar: first and last word of a name, or of an e-mail address."""
    words = str(name).split("@")[0].replace(".", " ").replace("_", " ").split()
    if not words:
        return "?"
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


@register.simple_tag
def field(
    bound: BoundField,
    label: str = "",
    hint: str = "",
    *,
    placeholder: str | None = None,
    hide_label: bool = False,
    optional: bool = True,
) -> SafeString:
    """Return a form field with label, hint, error and control, wired with aria-describedby.

    `label`, `hint` and `placeholder` replace the form's own. "(optional)" follows the label of a field that is not
    required unless `optional` is False. Groups of radios or boxes become a fieldset with a legend,
    a single box stands before its label, a file input gets a drop zone, a password a Show button.
    """
    widget = bound.field.widget
    if bound.is_hidden:
        return bound.as_hidden()
    hint_text = hint or bound.help_text
    described = [f"{bound.auto_id}_hint"] if hint_text else []
    described += [f"{bound.auto_id}_error"] if bound.errors else []
    attributes: dict[str, Any] = {"aria-describedby": " ".join(described)} if described else {}
    if bound.errors:
        attributes["aria-invalid"] = "true"
    if placeholder is not None:
        attributes["placeholder"] = placeholder
    context = {
        "bound": bound,
        "kind": _kind_of(widget),
        "label": label or bound.label,
        "hint": hint_text,
        "hide_label": hide_label,
        "show_optional": optional and not bound.field.required,
        "described": " ".join(described),
        "control": bound.as_widget(attrs={} if _kind_of(widget) == "group" else attributes),
    }
    return render_to_string("components/field.html", context)


def _kind_of(widget: forms.Widget) -> str:
    if isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
        return "group"
    if isinstance(widget, forms.CheckboxInput):
        return "check"
    if isinstance(widget, forms.FileInput):
        return "file"
    return "password" if isinstance(widget, forms.PasswordInput) else "plain"


@register.simple_tag
def error_summary(*bound_forms: forms.BaseForm | BaseFormSet) -> SafeString:
    """Return the "There is a problem" box for forms and formsets, or nothing when they have no errors.

    Each line says the words beside the field, with its label where they lack it, and links to it. The box
    takes focus when it arrives (`data-focus`).
    """
    lines = [line for bound in _flatten(bound_forms) for line in _problems(bound)]
    if not lines:
        return SafeString("")
    return render_to_string("components/error_summary.html", {"lines": lines})


def _flatten(bound_forms: Iterable[Any]) -> Iterable[Any]:
    for bound in bound_forms:
        if isinstance(bound, BaseFormSet):
            yield bound
            yield from bound.forms
        elif bound:
            yield bound


def _problems(bound: Any) -> list[tuple[str, str]]:
    if isinstance(bound, BaseFormSet):
        return [("", str(error)) for error in bound.non_form_errors()]
    lines = [("", str(error)) for error in bound.non_field_errors()]
    for name in bound.fields:
        item = bound[name]
        target = f"{item.auto_id}_0" if _kind_of(item.field.widget) == "group" else item.auto_id
        lines += [
            ("" if item.is_hidden else target, _named(str(item.label), str(error)))
            for error in item.errors
        ]
    return lines


def _named(label: str, error: str) -> str:
    """Put the field's name before an error that does not say which field it is about."""
    return error if label.lower() in error.lower() else f"{label}: {error}"


@register.simple_tag
def time(moment: datetime | None, show: str = "both", empty: str = "–") -> SafeString:
    """Return a `<time>` in the reader's active time zone, such as "Mon 24 Nov, 09:40 · in 2 days".

    `show` is "both", "absolute" or "relative"; the full date with its zone is always the title.
    `moment` must be aware; None gives `empty`.
    """
    if moment is None:
        return format_html("{}", empty)
    local = timezone.localtime(moment)
    title = f"{date_format(local, 'l j F Y, H:i')} ({timezone.get_current_timezone_name()})"
    absolute = date_format(local, _short_format(local))
    relative = relative_time(moment, now=timezone.now())
    visible = relative if show == "relative" else absolute
    drawn = format_html(
        '<time datetime="{}" title="{}">{}</time>',
        local.isoformat(timespec="seconds"),
        title,
        visible,
    )
    if show != "both":
        return drawn
    return format_html('{} <span class="muted small">· {}</span>', drawn, relative)


def _short_format(local: datetime) -> str:
    same_year = local.year == timezone.localtime(timezone.now()).year
    return "D j M, H:i" if same_year else "j M Y, H:i"


def relative_time(moment: datetime, *, now: datetime) -> str:
    """Return how far `moment` is from `now` in its largest whole unit: "2 days ago", "in 1 hour"."""
    distance = abs(moment - now)
    for unit, name in RELATIVE_UNITS:
        count = distance // unit
        if count:
            words = f"{count} {name}{'' if count == 1 else 's'}"
            return f"in {words}" if moment > now else f"{words} ago"
    return "in under a minute" if moment > now else "just now"


@register.filter
def undo_url(message: Any) -> str:
    """Return the undo address that a Django message carries, or "".

    A message has one when its `extra_tags` is "undo:" and a path on this site.
    """
    tags = str(getattr(message, "extra_tags", "") or "")
    path = tags.removeprefix(UNDO_PREFIX)
    is_local = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if tags.startswith(UNDO_PREFIX) and is_local else ""


@register.simple_tag(takes_context=True)
def nav_link(
    context: template.Context,
    url_name: str,
    text: str,
    icon_name: str,
    *,
    key: str = "",
    count: int | None = None,
) -> SafeString:
    """Return one link of the main navigation, or nothing while no page has that URL name.

    The link of the current section carries `aria-current="page"`; `count` is printed when positive;
    `key` is its keyboard shortcut.
    """
    try:
        url = reverse(url_name)
    except NoReverseMatch:
        return SafeString("")
    request = context.get("request")
    is_current = request is not None and url != "/" and request.path.startswith(url)
    return format_html(
        '<a href="{}"{}{}>{}<span>{}</span>{}</a>',
        url,
        format_html(' data-key="{}"', key) if key else "",
        SafeString(' aria-current="page"') if is_current else "",
        icon(icon_name),
        text,
        format_html('<span class="count">{}<span class="sr"> waiting</span></span>', count)
        if count
        else "",
    )
