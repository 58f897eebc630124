from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
import time_machine
from django import forms
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone
from lucide import IconDoesNotExist

from accounts.templatetags import ui

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class WishForm(forms.Form):
    title = forms.CharField(label="Title", help_text="As in a posting.")
    salary = forms.IntegerField(
        label="Minimum salary", required=False, error_messages={"invalid": "Enter a number"}
    )
    remote = forms.ChoiceField(
        label="Remote", widget=forms.RadioSelect, choices=[("y", "Yes"), ("n", "No")]
    )
    alerts = forms.BooleanField(label="Alerts", required=False)
    resume = forms.FileField(label="Resume", required=False)
    password = forms.CharField(label="Password", widget=forms.PasswordInput)
    token = forms.CharField(widget=forms.HiddenInput, required=False)

    def clean(self):
        raise forms.ValidationError("These wishes exclude each other.")


def render(source: str, **context) -> str:
    return Template("{% load ui %}" + source).render(Context(context))


def test_icon_is_hidden_unless_it_is_named():
    assert 'aria-hidden="true"' in ui.icon("inbox")
    named = ui.icon("inbox", 16, 'In"box')
    assert 'aria-label="In&quot;box"' in named
    assert 'role="img"' in named
    assert "aria-hidden" not in named


def test_unknown_icon_is_an_error():
    with pytest.raises(IconDoesNotExist):
        ui.icon("no-such-icon")


def test_badge_escapes_and_ignores_unknown_tones():
    assert ui.badge("<b>", "ok") == '<span class="badge ok">&lt;b&gt;</span>'
    assert ui.badge("Draft", "x onclick") == '<span class="badge">Draft</span>'


@pytest.mark.parametrize(
    ("score", "word"),
    [
        (0, "Poor"),
        (39, "Poor"),
        (40, "Weak"),
        (54, "Weak"),
        (55, "Fair"),
        (69, "Fair"),
        (70, "Good"),
        (84, "Good"),
        (85, "Great"),
        (100, "Great"),
        (None, "Not scored"),
    ],
)
def test_bands(score, word):
    assert ui.band(score) == word


def test_ring_draws_the_score_without_a_style_attribute():
    drawn = ui.ring(86, word=True)

    assert 'stroke-dasharray="86 100"' in drawn
    assert 'class="ring great"' in drawn
    assert "<span>Great</span>" in drawn
    assert "style" not in drawn


def test_ring_without_a_score_has_no_arc():
    assert "fill" not in ui.ring(None)
    assert "–" in ui.ring(None)
    assert 'stroke-dasharray="100 100"' in ui.ring(140)


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Anna Keller", "AK"),
        ("anna.keller@x.test", "AK"),
        ("Cher", "C"),
        ("", "?"),
        ("A B C", "AC"),
    ],
)
def test_initials(name, letters):
    assert ui.initials(name) == letters


def test_field_is_wired_to_its_hint_and_error():
    form = WishForm({"title": "", "salary": "a lot"})

    html = ui.field(form["title"])

    assert '<label for="id_title">Title</label>' in html
    assert 'id="id_title_hint">As in a posting.</span>' in html
    assert 'aria-describedby="id_title_hint id_title_error"' in html
    assert 'aria-invalid="true"' in html
    assert "(optional)" not in html


def test_optional_field_says_so_and_keeps_what_was_typed():
    html = ui.field(WishForm({"salary": "7"})["salary"])

    assert '<span class="optional">(optional)</span>' in html
    assert 'value="7"' in html
    assert "aria-invalid" not in html


def test_group_is_a_fieldset_with_a_legend():
    html = ui.field(WishForm({})["remote"])

    assert '<fieldset class="field" aria-describedby="id_remote_error">' in html
    assert "<legend>Remote</legend>" in html


def test_kinds_of_controls():
    form = WishForm()

    assert '<div class="field check">' in ui.field(form["alerts"])
    assert "data-drop-file" in ui.field(form["resume"])
    assert 'data-reveal="id_password"' in ui.field(form["password"])
    assert ui.field(form["token"]) == '<input type="hidden" name="token" id="id_token">'


def test_field_escapes_what_was_typed():
    html = ui.field(WishForm({"title": "<script>"})["title"], hint="<i>")

    assert "<script>" not in html
    assert "<i>" not in html


def test_error_summary_links_to_each_control():
    html = ui.error_summary(WishForm({"salary": "a lot"}))

    assert 'role="alert" tabindex="-1" data-focus' in html
    assert "<li>These wishes exclude each other.</li>" in html
    assert '<a href="#id_title">Title: This field is required.</a>' in html
    assert '<a href="#id_salary">Minimum salary: Enter a number</a>' in html
    assert '<a href="#id_remote_0">Remote: This field is required.</a>' in html


def test_error_summary_of_formset_includes_its_forms():
    formset = forms.formset_factory(WishForm, extra=0)(
        {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "0", "form-0-salary": "a lot"}
    )

    assert '<a href="#id_form-0-salary">' in ui.error_summary(formset)


def test_no_errors_no_summary():
    assert ui.error_summary(WishForm(), "") == ""


@time_machine.travel(NOON, tick=False)
def test_time_is_in_the_readers_zone():
    with timezone.override("Europe/Berlin"):
        html = ui.time(NOON + timedelta(days=2))

    assert 'datetime="2026-11-25T13:00:00+01:00"' in html
    assert 'title="Wednesday 25 November 2026, 13:00 (Europe/Berlin)"' in html
    assert ">Wed 25 Nov, 13:00</time>" in html
    assert "in 2 days" in html


@time_machine.travel(NOON, tick=False)
def test_time_of_another_year_names_it_and_modes_choose():
    last_year = NOON - timedelta(days=400)

    assert ">19 Oct 2025, 12:00</time>" in ui.time(last_year, show="absolute")
    assert ">1 year ago</time>" in ui.time(last_year, show="relative")
    assert ui.time(None, empty="never") == "never"


@pytest.mark.parametrize(
    ("distance", "words"),
    [
        (timedelta(seconds=-5), "just now"),
        (timedelta(seconds=5), "in under a minute"),
        (timedelta(minutes=-1), "1 minute ago"),
        (timedelta(hours=3), "in 3 hours"),
        (timedelta(days=-8), "1 week ago"),
    ],
)
def test_relative_time(distance, words):
    assert ui.relative_time(NOON + distance, now=NOON) == words


@pytest.mark.parametrize(
    ("tags", "url"),
    [
        ("undo:/jobs/1/restore/", "/jobs/1/restore/"),
        ("undo://evil.example/", ""),
        ("undo:/\\evil.example/", ""),
        ("undo:https://evil.example/", ""),
        ("", ""),
        (None, ""),
        ("/jobs/", ""),
    ],
)
def test_undo_url_stays_on_this_site(tags, url):
    assert ui.undo_url(SimpleNamespace(extra_tags=tags)) == url


def test_nav_link_marks_the_current_page_and_counts():
    request = RequestFactory().get("/login/")

    html = render(
        '{% nav_link "account_login" "Log in" "inbox" key="g l" count=3 %}', request=request
    )

    assert 'aria-current="page"' in html
    assert 'data-key="g l"' in html
    assert '<span class="count">3<span class="sr"> waiting</span></span>' in html


def test_nav_link_to_a_page_that_does_not_exist_is_left_out():
    assert render('{% nav_link "nowhere:at-all" "Nowhere" "inbox" %}') == ""


def test_nav_link_elsewhere_is_not_current():
    html = render(
        '{% nav_link "account_login" "Log in" "inbox" count=0 %}',
        request=RequestFactory().get("/signup/"),
    )

    assert "aria-current" not in html
    assert "count" not in html
