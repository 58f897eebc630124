"""Documents of an application: versions, a person's words, and what they rest on."""

import pytest

from jobs import documents
from jobs.documents import NothingToWriteError, split_sentences
from jobs.models import Document
from tests.factories.jobs import ApplicationFactory
from tests.outreach.package_cases import NOW, make_application

TODAY = NOW.date()


@pytest.mark.parametrize(
    ("text", "known", "sentences"),
    [
        ("One. Two! Three?", (), ["One.", "Two!", "Three?"]),
        ("We use e.g. Python. Good.", (), ["We use e.g. Python.", "Good."]),
        ("I met Dr. Who. Really.", ("I met Dr. Who.",), ["I met Dr. Who.", "Really."]),
        ("  spread \n out  ", (), ["spread out"]),
        ("", (), []),
    ],
)
def test_sentences(text, known, sentences):
    assert split_sentences(text, known) == sentences


@pytest.mark.django_db
def test_without_facts_nothing_is_written(profile):
    application = ApplicationFactory(profile=profile)

    for write in (documents.write_resume, documents.write_letter):
        with pytest.raises(NothingToWriteError, match="holds no facts yet"):
            write(application, today=TODAY)

    assert not Document.objects.exists()


@pytest.mark.django_db
def test_each_edit_is_a_version_and_the_old_ones_stay(profile):
    application = make_application(profile)
    first = documents.write_resume(application, today=TODAY)

    second = documents.edit_piece(first, 0, text="Backend Engineer", today=TODAY)
    third = documents.edit_piece(second, 0, text=None, today=TODAY)

    assert [d.version for d in Document.objects.order_by("version")] == [1, 2, 3]
    assert documents.current_document(application, "resume").pk == third.pk
    assert [first.origin, second.origin, third.origin] == ["rule", "person", "rule"]
    assert first.text_hash == third.text_hash != second.text_hash
    assert "\nBackend Engineer\n" in second.text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "about", "is_supported"),
    [
        ("I led a team of 5 engineers through the move to Kubernetes.", "candidate", True),
        ("Thank you for your time.", "courtesy", True),
        ("I led a team of 12 engineers.", "candidate", False),
        ("I hold a doctorate in physics.", "candidate", False),
        ("I have ten years of experience with Rust.", "candidate", False),
    ],
)
def test_typed_sentences_find_their_facts_or_are_refused(profile, text, about, is_supported):
    application = make_application(profile)
    letter = documents.write_letter(application, today=TODAY)

    edited = documents.edit_letter(
        letter, greeting="Hi,", body=text, farewell="Best,", signature="Olga", today=TODAY
    )

    sentence = edited.content["paragraphs"][0][0]
    assert sentence["about"] == about
    assert (edited.findings == []) is is_supported
    assert edited.text == f"Hi,\n\n{text}\n\nBest,\nOlga"
    if about == "candidate" and is_supported:
        assert sentence["fact_ids"]


@pytest.mark.django_db
def test_a_line_left_out_blocks_nothing(profile):
    application = make_application(profile)
    document = documents.write_resume(application, today=TODAY)
    lie = documents.edit_piece(document, 1, text="Managed 400 people at Google.", today=TODAY)
    assert lie.findings

    shown = documents.show_piece(lie, 1, is_shown=False, today=TODAY)

    assert shown.findings == []
    assert "Google" not in shown.text
