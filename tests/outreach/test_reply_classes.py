"""What an answer says, by its words alone, in three languages."""

from datetime import timedelta

import pytest
from django.utils import timezone

from outreach.reply_classes import classify


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("interested", "This sounds very interesting, please send me your CV."),
        ("interested", "Das klingt spannend, Ihr Profil passt gut."),
        ("meeting", "Are you free for a call on Tuesday?"),
        ("meeting", "Können wir einen Termin vereinbaren?"),
        ("meeting", "Unfortunately I am not free on Monday. Could we have a call on Tuesday?"),
        ("meeting", "I would like to hear more. Do you have twenty minutes for a call on Friday?"),
        ("interested", "Could you send me your resume? We have a place for you."),
        ("question", "Which notice period do you have?"),
        ("not_now", "Please check back in spring, there is a hiring freeze."),
        ("not_now", "Wir haben derzeit keine offenen Stellen."),
        ("rejected", "Unfortunately we have decided to pursue other candidates."),
        (
            "rejected",
            "Thank you for your time. We will not be moving forward with your application. Let's talk again!",
        ),
        ("rejected", "Leider müssen wir Ihnen absagen."),
        ("rejected", "Malheureusement le poste est déjà pourvu."),
        ("unsubscribe", "Unsubscribe"),
        ("unsubscribe", "Ne me contactez plus."),
        ("other", "Ok."),
        ("other", ""),
    ],
)
def test_classes(kind, text):
    found = classify(text)
    assert found.kind == kind
    assert 0 <= found.confidence <= 1
    assert not found.evidence or found.evidence in " ".join(text.split())


def test_hostile_text_is_classified_quickly():
    started = timezone.now()
    for text in ("unfortunately " * 20_000, "a" * 200_000, "leider (" * 20_000, "\n" * 100_000):
        classify(text)
    assert timezone.now() - started < timedelta(seconds=2)
