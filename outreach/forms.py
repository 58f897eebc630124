"""Forms of outreach; each keeps what was typed and says what to change."""

from typing import Any
from zoneinfo import available_timezones

from django import forms

from jobs.documents import MAX_PIECE_CHARACTERS
from jobs.writing.tones import TONES
from mailboxes.addresses import AddressError, normalise_address
from mailboxes.headers import HeaderInjectionError, refuse_injection
from outreach.contact_files import LABELS, MAX_FILE_BYTES, ContactFile
from outreach.contacts import ContactData, split_name
from outreach.models import Contact
from outreach.templating import MAX_TEMPLATE_CHARACTERS, VARIABLES, lint

LAWFUL_BASIS_HINT = "Why you may write to this person; it is kept with the address."
SOURCE_HINT = "Where you have the address from, like: company website, met at a fair"


class PieceForm(forms.Form):
    """One line of the resume in a person's own words."""

    text = forms.CharField(
        label="This line",
        max_length=MAX_PIECE_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Write the line, or leave it out instead."},
    )


class LetterForm(forms.Form):
    """The letter as text."""

    greeting = forms.CharField(max_length=200)
    body = forms.CharField(
        label="Letter",
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 18}),
        help_text="An empty line begins a new paragraph. Every claim is checked against your profile.",
    )
    farewell = forms.CharField(max_length=200)
    signature = forms.CharField(max_length=200)


class ToneForm(forms.Form):
    """In which tone to write the letter again."""

    tone = forms.ChoiceField(choices=[(name, name.capitalize()) for name in TONES])


class MailForm(forms.Form):
    """One mail to one person."""

    subject = forms.CharField(max_length=200)
    body = forms.CharField(
        label="Text", max_length=MAX_TEMPLATE_CHARACTERS, widget=forms.Textarea(attrs={"rows": 14})
    )

    def clean_subject(self) -> str:
        """Refuse line breaks: the subject becomes a mail header."""
        subject = str(self.cleaned_data["subject"])
        try:
            refuse_injection("subject", subject)
        except HeaderInjectionError as error:
            raise forms.ValidationError("Write the subject on one line.") from error
        return self._known_variables("subject", subject)

    def clean_body(self) -> str:
        """Refuse variables nobody knows."""
        return self._known_variables("body", str(self.cleaned_data["body"]).replace("\r\n", "\n"))

    def _known_variables(self, name: str, text: str) -> str:
        problems = lint(text, VARIABLES)
        if problems:
            raise forms.ValidationError([problem.sentence for problem in problems])
        return text


def _address(text: str) -> str:
    try:
        return normalise_address(text) if text else ""
    except AddressError as error:
        raise forms.ValidationError(str(error)) from error


class PersonForm(forms.Form):
    """Someone to write to, typed in on the package page."""

    name = forms.CharField(max_length=200, help_text="First and last name")
    title = forms.CharField(max_length=200, help_text="Like: Head of Engineering")
    # Our own address rules, whose sentences say more than the field's.
    email = forms.CharField(
        label="E-mail", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    source = forms.CharField(max_length=100, help_text=SOURCE_HINT)
    lawful_basis = forms.ChoiceField(
        choices=Contact.LawfulBasis.choices, help_text=LAWFUL_BASIS_HINT
    )

    def clean_name(self) -> str:
        """Refuse names that are too long in one part."""
        name = str(self.cleaned_data["name"])
        if any(len(part) > 100 for part in split_name(name)):
            raise forms.ValidationError("First and last name may have 100 characters each.")
        return name

    def clean_email(self) -> str:
        """Return the address in the form we store."""
        return _address(str(self.cleaned_data["email"]))

    def data_of(self) -> ContactData:
        """Return what was typed."""
        cleaned = self.cleaned_data
        first, last = split_name(cleaned["name"])
        return ContactData(
            first_name=first,
            last_name=last,
            title=cleaned["title"],
            email=cleaned["email"],
            source=cleaned["source"],
            lawful_basis=cleaned["lawful_basis"],
        )


class ContactForm(forms.ModelForm):
    """A contact with everything that is kept about them."""

    email = forms.CharField(
        label="E-mail",
        required=False,
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    company_name = forms.CharField(label="Company", max_length=200)
    linkedin_url = forms.URLField(
        label="LinkedIn address", required=False, max_length=300, assume_scheme="https"
    )

    class Meta:
        model = Contact
        fields = [
            "first_name",
            "last_name",
            "title",
            "company_name",
            "email",
            "linkedin_url",
            "source",
            "lawful_basis",
            "time_zone",
            "notes",
        ]
        help_texts = {
            "source": SOURCE_HINT,
            "lawful_basis": LAWFUL_BASIS_HINT,
            "time_zone": "Like Europe/Berlin; mail arrives in their working hours. Empty: yours.",
        }
        widgets = {"notes": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Leave the company out when somebody is edited: a new employer is a new contact."""
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["company_name"]

    def clean_email(self) -> str:
        """Return the address in the form we store."""
        return _address(str(self.cleaned_data["email"]))

    def clean_time_zone(self) -> str:
        """Accept only a zone that the machine knows."""
        zone = str(self.cleaned_data["time_zone"]).strip()
        if zone and zone not in available_timezones():
            raise forms.ValidationError("This time zone is not known. Write it like Europe/Berlin.")
        return zone

    def clean(self) -> dict[str, Any]:
        """Ask for a name, and for a way to tell people apart."""
        cleaned: dict[str, Any] = super().clean() or {}
        if not cleaned.get("first_name") and not cleaned.get("last_name"):
            self.add_error("first_name", "Enter a first name or a last name.")
        missing = not cleaned.get("email") and not cleaned.get("linkedin_url")
        if missing and "email" not in self.errors and "linkedin_url" not in self.errors:
            self.add_error("email", "Enter an e-mail address or a LinkedIn address.")
        return cleaned

    def data_of(self) -> ContactData:
        """Return what was typed."""
        names = [name for name in self.Meta.fields if name != "company_name"]
        return ContactData(**{name: self.cleaned_data[name] for name in names})

    def validate_unique(self) -> None:
        """Leave it to contacts.edit_contact, which names the other contact."""


class ContactFileForm(forms.Form):
    """A CSV file of people."""

    file = forms.FileField(
        label="CSV file",
        help_text="At most 2 MB and 5,000 rows, with a header line.",
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
    )
    source = forms.CharField(
        max_length=100, help_text=f"{SOURCE_HINT}. Used for rows that name none."
    )
    lawful_basis = forms.ChoiceField(
        choices=Contact.LawfulBasis.choices, help_text=LAWFUL_BASIS_HINT
    )

    def clean_file(self) -> Any:
        """Refuse a file over the limit."""
        file = self.cleaned_data["file"]
        if file.size > MAX_FILE_BYTES:
            size = file.size / 1024 / 1024
            raise forms.ValidationError(f"This file is {size:.1f} MB, the limit is 2 MB. Split it.")
        return file


class MappingForm(forms.Form):
    """Which column of a file holds what; it travels in the address, so a preview can be shared and reloaded."""

    source = forms.CharField(max_length=100, widget=forms.HiddenInput)
    lawful_basis = forms.ChoiceField(choices=Contact.LawfulBasis.choices, widget=forms.HiddenInput)

    def __init__(self, file: ContactFile, *args: Any, **kwargs: Any) -> None:
        """Offer the file's own columns for each field."""
        super().__init__(*args, **kwargs)
        columns = [("", "Not in the file")]
        columns += [(str(i), name or f"Column {i + 1}") for i, name in enumerate(file.header)]
        for name, label in LABELS.items():
            self.fields[name if name != "source" else "source_column"] = forms.ChoiceField(
                choices=columns, label=label, required=False
            )

    def mapping(self) -> dict[str, int]:
        """Return the chosen column of each field."""
        chosen = {
            name: self.cleaned_data.get(name if name != "source" else "source_column", "")
            for name in LABELS
        }
        return {name: int(place) for name, place in chosen.items() if place}
