"""Forms of jobs."""

from typing import Any

from django import forms

from accounts.models import Profile, ProfileFact
from jobs.resumes.limits import MAX_CHARACTERS, MAX_FILE_BYTES, SENTENCES

MAX_SAVED_ANSWER = (
    10 * 1024 * 1024
)  # the request limit; the largest public boards answer with under 8 MB


class ResumeForm(forms.Form):
    """A file, or pasted text."""

    file = forms.FileField(
        required=False,
        label="Resume file",
        help_text="PDF, DOCX or TXT, at most 5 MB.",
        widget=forms.FileInput(attrs={"accept": ".pdf,.docx,.txt,application/pdf,text/plain"}),
    )
    text = forms.CharField(
        required=False,
        label="Or paste the text",
        max_length=MAX_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 8}),
    )

    def clean_file(self) -> Any:
        """Refuse a file over the limit with its size and the way out."""
        file = self.cleaned_data["file"]
        if file and file.size > MAX_FILE_BYTES:
            raise forms.ValidationError(
                f"This file is {file.size / 1024 / 1024:.1f} MB, the limit is 5 MB. {SENTENCES['too_large'].split('. ', 1)[1]}"
            )
        return file

    def clean(self) -> dict[str, Any]:
        """Ask for one of the two."""
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors and not cleaned.get("file") and not cleaned.get("text", "").strip():
            self.add_error("file", "Choose a file or paste the text of your resume.")
        return cleaned


class FactForm(forms.ModelForm):
    """One fact, as the person wants it to be known."""

    class Meta:
        model = ProfileFact
        fields = [
            "kind",
            "text",
            "title",
            "organization",
            "location",
            "degree",
            "field_of_study",
            "start_date",
            "end_date",
            "is_current",
        ]
        widgets = {
            "text": forms.Textarea(attrs={"rows": 2}),
            "start_date": forms.DateInput(attrs={"type": "date"}),
            "end_date": forms.DateInput(attrs={"type": "date"}),
        }
        labels = {
            "text": "What is true",
            "organization": "Company or school",
            "is_current": "Still going on",
        }

    def clean(self) -> dict[str, Any]:
        """Refuse dates in the wrong order."""
        cleaned: dict[str, Any] = super().clean() or {}
        start, end = cleaned.get("start_date"), cleaned.get("end_date")
        if start and end and end < start:
            self.add_error("end_date", "The end is before the start. Swap the dates or clear one.")
        return cleaned


class PersonForm(forms.ModelForm):
    """The candidate's name and ways to reach them."""

    class Meta:
        model = Profile
        fields = ["first_name", "last_name", "headline", "email", "phone", "location"]


class BoardForm(forms.Form):
    """A public board's address."""

    url = forms.CharField(
        label="Board address",
        max_length=500,
        help_text="Greenhouse, Lever or Ashby, like https://boards.greenhouse.io/acme",
        widget=forms.TextInput(
            attrs={"inputmode": "url", "autocomplete": "url", "spellcheck": "false"}
        ),
    )


class SavedAnswerForm(forms.Form):
    """A saved JSON answer of a board."""

    file = forms.FileField(
        label="Saved board answer",
        help_text="The JSON that a Greenhouse, Lever or Ashby board gives, at most 10 MB.",
    )

    def clean_file(self) -> Any:
        """Refuse a file over the limit."""
        file = self.cleaned_data["file"]
        if file.size > MAX_SAVED_ANSWER:
            raise forms.ValidationError(
                f"This file is {file.size / 1024 / 1024:.1f} MB, the limit is 10 MB. Save one board at a time."
            )
        return file


class PastedJobForm(forms.Form):
    """One posting, pasted."""

    title = forms.CharField(max_length=300, label="Job title")
    company = forms.CharField(max_length=200)
    location = forms.CharField(max_length=200, required=False, label="Place")
    url = forms.URLField(
        max_length=1000, required=False, label="Link to the posting", assume_scheme="https"
    )
    text = forms.CharField(
        label="Text of the posting", max_length=100_000, widget=forms.Textarea(attrs={"rows": 12})
    )
