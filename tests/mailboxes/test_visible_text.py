"""What was written new in an answer, in the manner of many mail programs; and who wrote it (RFC 3834; B-5 D4)."""

import time
from datetime import UTC, date, datetime

import pytest

from mailboxes.replies import judge, visible_reply

SATURDAY = datetime(2026, 11, 21, 9, tzinfo=UTC)
ANSWER = "Yes, gladly.\n\nHow about Monday?"

QUOTES = {
    "gmail": "On Fri, Nov 20, 2026 at 9:00 AM Olga Owner <olga@sandbox.test> wrote:\n\n> Hello\n",
    "gmail broken over lines": "On Fri, Nov 20, 2026 at 9:00 AM Olga Owner <\nolga@sandbox.test> wrote:\n\n> Hello\n",
    "apple german": "Am 20.11.2026 um 09:00 schrieb Olga Owner <olga@sandbox.test>:\n\n> Hallo\n",
    "gmail french": "Le ven. 20 nov. 2026 à 09:00, Olga Owner <olga@sandbox.test> a écrit :\n\n> Bonjour\n",
    "gmail spanish": "El vie, 20 nov 2026 a las 9:00, Olga Owner (<olga@sandbox.test>) escribió:\n\n> Hola\n",
    "gmail italian": "Il giorno ven 20 nov 2026 alle ore 09:00 Olga <olga@sandbox.test> ha scritto:\n\n> Ciao\n",
    "gmail portuguese": "Em sex., 20 de nov. de 2026 às 09:00, Olga <olga@sandbox.test> escreveu:\n\n> Olá\n",
    "gmail dutch": "Op vr 20 nov. 2026 om 09:00 schreef Olga Owner <olga@sandbox.test>:\n\n> Hallo\n",
    "swedish": "Den 20 nov. 2026 kl. 09:00 skrev Olga Owner <olga@sandbox.test>:\n\n> Hej\n",
    "polish": "W dniu 20.11.2026 o 09:00, Olga Owner napisał(a):\n> Witam\n",
    "outlook": "________________________________\nFrom: Olga Owner <olga@sandbox.test>\nSent: Friday, November 20, 2026 9:00 AM\nTo: Maria\nSubject: Role\n\nHello\n",
    "outlook german": "Von: Olga Owner <olga@sandbox.test>\nGesendet: Freitag, 20. November 2026 09:00\nAn: Maria\nBetreff: Rolle\n\nHallo\n",
    "outlook bold": "*From:* Olga Owner\n*Sent:* Friday\n*To:* Maria\n\nHello\n",
    "original message": "-----Original Message-----\nFrom: Olga\n\nHello\n",
    "ursprüngliche nachricht": "-----Ursprüngliche Nachricht-----\nVon: Olga\n\nHallo\n",
    "bare quotes": "> Hello\n> I would like to work with you.\n",
}


@pytest.mark.parametrize("name", QUOTES)
def test_the_quoted_mail_is_left_out(name):
    assert visible_reply(f"{ANSWER}\n\n{QUOTES[name]}") == ANSWER


@pytest.mark.parametrize(
    "tail",
    [
        "-- \nMaria Marin\nHead of Engineering\n+49 40 123456",
        "--\nMaria",
        "Sent from my iPhone",
        "Von meinem iPhone gesendet",
        "Envoyé de mon iPhone",
        "Get Outlook for Android",
    ],
)
def test_signatures_are_left_out(tail):
    assert visible_reply(f"{ANSWER}\n\n{tail}\n") == ANSWER


def test_answers_between_quotes_stay_in_order():
    text = (
        "On 20 Nov 2026, Olga <olga@sandbox.test> wrote:\n> Monday?\nYes.\n> Remote?\nAlso yes.\n"
    )
    assert visible_reply(text) == "Yes.\nAlso yes."


@pytest.mark.parametrize(
    "text",
    [
        "On Monday I wrote: see the plan below.\nIt holds.",
        "From: here on it gets interesting.\nThe rest is easy.",
        "I am on it.\n\nOn the other hand, who wrote this?",
        "a > b is what we need",
    ],
)
def test_plain_words_that_look_like_marks_stay(text):
    assert visible_reply(text) == text


def test_nothing_new_is_empty_and_windows_lines_are_read():
    assert visible_reply("> only\r\n> quotes\r\n") == ""
    assert visible_reply("") == ""
    assert visible_reply("Yes.\r\n\r\n> Hello\r\n") == "Yes."


@pytest.mark.parametrize(
    "text",
    [
        "On " * 60_000,
        "a" * 300_000,
        "<" * 100_000,
        (" " * 1000 + "\n") * 200,
        "On x\n" * 30_000,
        "From: x\n" * 20_000,
        "_" * 100_000,
        "\t" * 100_000 + "x",
    ],
)
def test_hostile_text_is_read_in_bounded_time(text):
    started = time.process_time()
    visible_reply(text)
    judge(headers={}, subject=text[:500], text=text, sent_at=SATURDAY)
    assert time.process_time() - started < 3


ABSENCES = [
    (
        "Automatic reply: Role",
        "I am out of the office until Monday, January 5th, 2027 with limited access to e-mail.",
        date(2027, 1, 5),
    ),
    (
        "Out of Office: Role",
        "I'm away from 20 November to 3 December 2026. For urgent matters call us.",
        date(2026, 12, 3),
    ),
    ("Autoreply", "I will be back on December 1.", date(2026, 12, 1)),
    (
        "Automatic reply: x",
        "I will be out of the office starting 11/20/2026 and will not return until 12/01/2026.",
        date(2026, 12, 1),
    ),
    ("Out of office", "I return on Monday.", date(2026, 11, 23)),
    ("Automatic reply", "I am on parental leave.", None),
    ("Automatische Antwort: Stelle", "Ich bin bis zum 5. Januar nicht im Büro.", date(2027, 1, 5)),
    ("Abwesenheitsnotiz", "Ich bin vom 20.11. bis 03.12.2026 im Urlaub.", date(2026, 12, 3)),
    (
        "Abwesend",
        "Ich bin wieder ab dem 01.12.2026 erreichbar. In dringenden Fällen: Frau Roth.",
        date(2026, 12, 1),
    ),
    ("Réponse automatique : Poste", "Je suis absente jusqu'au 5 janvier 2027.", date(2027, 1, 5)),
    ("Absence du bureau", "Je serai de retour le lundi 30 novembre.", date(2026, 11, 30)),
    ("Respuesta automática", "Estoy fuera de la oficina hasta el 5 de enero.", date(2027, 1, 5)),
    ("Fuera de la oficina", "Vuelvo el 1 de diciembre.", date(2026, 12, 1)),
    ("Risposta automatica", "Sono fuori ufficio fino al 7 dicembre 2026.", date(2026, 12, 7)),
    ("Resposta automática", "Estarei ausente até 2 de dezembro de 2026.", date(2026, 12, 2)),
    ("Automatisch antwoord", "Ik ben afwezig tot en met 4 december.", date(2026, 12, 4)),
    ("Odpowiedź automatyczna", "Jestem na urlopie do 30 listopada 2026.", date(2026, 11, 30)),
    ("Autosvar", "Jag är på semester till och med 1 december.", date(2026, 12, 1)),
    ("Automaattinen vastaus", "Olen lomalla, palaan 1.12.2026.", date(2026, 12, 1)),
    ("自動応答", "休暇をいただいております。12月1日に復帰します。", date(2026, 12, 1)),
]


@pytest.mark.parametrize(("subject", "text", "back"), ABSENCES)
def test_absences_in_many_languages(subject, text, back):
    verdict = judge(
        headers={"auto-submitted": "auto-replied"}, subject=subject, text=text, sent_at=SATURDAY
    )
    assert (verdict.kind, verdict.return_date) == ("out_of_office", back)
    assert verdict.evidence.startswith("Auto-Submitted: auto-replied")


@pytest.mark.parametrize(("subject", "text", "back"), [ABSENCES[0], ABSENCES[1], ABSENCES[7]])
def test_absences_without_a_header_are_known_by_subject_and_words(subject, text, back):
    verdict = judge(headers={}, subject=subject, text=text, sent_at=SATURDAY)
    assert (verdict.kind, verdict.return_date) == ("out_of_office", back)


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        (
            "Re: Role",
            "I am out of the office until Friday, but let us talk then. Are you free at ten?",
        ),
        ("Re: Out of office tool engineer", "Thanks! This sounds interesting."),
        ("Re: Automatic reply: Role", "Now I am back, let us talk."),
        ("Re: Role", "I was on vacation, sorry for the late answer. Your profile is interesting."),
        ("Re: Role", "Yes."),
        ("", ""),
    ],
)
def test_people_stay_people(subject, text):
    assert judge(headers={}, subject=subject, text=text, sent_at=SATURDAY).kind == "human"


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({"auto-submitted": "auto-generated"}, "automatic"),
        ({"auto-submitted": "auto-replied; owner-email=x"}, "automatic"),
        ({"auto-submitted": "no"}, "human"),
        ({"x-autoreply": "yes"}, "automatic"),
        ({"x-autorespond": "1"}, "automatic"),
        ({"x-autoreply": "no"}, "human"),
        ({"precedence": "auto_reply"}, "automatic"),
        ({"precedence": "bulk"}, "automatic"),
        ({"precedence": "junk"}, "automatic"),
        ({"precedence": "list"}, "human"),
        ({"return-path": "<>"}, "automatic"),
        ({"return-path": "<maria@northwind.test>"}, "human"),
    ],
)
def test_machines_are_known_by_their_headers(headers, kind):
    verdict = judge(headers=headers, subject="Re: Role", text="Thank you.", sent_at=SATURDAY)
    assert verdict.kind == kind


@pytest.mark.parametrize(
    "text",
    [
        "I am out of the office until 3 December 2020.",
        "I am out of the office until 3 December 2031.",
        "I am out of the office until the 99th of Smarch.",
    ],
)
def test_days_that_cannot_be_meant_are_not_believed(text):
    verdict = judge(
        headers={"auto-submitted": "auto-replied"}, subject="", text=text, sent_at=SATURDAY
    )
    assert (verdict.kind, verdict.return_date) == ("out_of_office", None)
