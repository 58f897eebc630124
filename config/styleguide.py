"""The page that shows every component of the kit, for people who build pages and for the browser tests."""

from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe


class SampleForm(forms.Form):
    """One field of each kind, with words as they stand in the product."""

    title = forms.CharField(label="Job title", help_text="As it would stand in a posting.")
    minimum_salary = forms.IntegerField(
        label="Minimum salary",
        help_text="Yearly, before tax. Numbers only.",
        # A number input would throw away what is not a number; people keep what they typed.
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        error_messages={"invalid": "Enter a minimum salary, like 65000"},
    )
    level = forms.ChoiceField(
        label="Level", choices=[("mid", "Mid"), ("senior", "Senior"), ("lead", "Lead")]
    )
    remote = forms.ChoiceField(
        label="Remote work",
        widget=forms.RadioSelect,
        choices=[("only", "Only remote"), ("some", "Some days"), ("no", "On site")],
    )
    sizes = forms.MultipleChoiceField(
        label="Company size",
        widget=forms.CheckboxSelectMultiple,
        required=False,
        choices=[("s", "Up to 50 people"), ("m", "51 to 500"), ("l", "More than 500")],
    )
    password = forms.CharField(
        label="Password", widget=forms.PasswordInput(attrs={"autocomplete": "off"})
    )
    resume = forms.FileField(
        label="Resume", help_text="PDF, Word or plain text, up to 5 MB.", required=False
    )
    notes = forms.CharField(label="Notes", widget=forms.Textarea(attrs={"rows": 3}), required=False)
    alerts = forms.BooleanField(label="Tell me about new matches by e-mail", required=False)


@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    """Show the components with sample data, to developers and staff only (others get 404)."""
    if not (settings.DEBUG or request.user.is_staff):
        raise Http404
    return render(request, "styleguide.html", sample_context())


def sample_context() -> dict[str, Any]:
    """Return sample data for every component; times are relative to now."""
    now = timezone.now()
    wrong = SampleForm(
        {
            "wrong-title": "Backend Engineer",
            "wrong-minimum_salary": "a lot",
            "wrong-level": "senior",
            "wrong-password": "-",
        },
        prefix="wrong",
    )
    return {
        "sample": SampleForm(initial={"remote": "some", "sizes": ["s", "m"]}),
        "wrong": wrong,
        "tones": ["ok", "warn", "danger", "info", "accent", ""],
        "scores": [92, 74, 61, 45, 12, None],
        "earlier": now - timedelta(hours=5),
        "later": now + timedelta(days=2),
        "stages": ["Saved", "Waiting for you", "Sent", "Replied", "Interview", "Closed"],
    }
