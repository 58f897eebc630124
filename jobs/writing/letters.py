"""A cover letter by rule: what the posting asks, in its words, beside what the candidate has done."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from jobs.writing.evidence import Sentence
from jobs.writing.letter_draft import Draft, LetterSentence
from jobs.writing.phrasing import count_words
from jobs.writing.relevance import JobForWriting, as_of
from jobs.writing.tailoring import Candidate
from jobs.writing.tones import TONES

# A page that is read in a minute and a half (acceptance COV-5).
MIN_WORDS, MAX_WORDS = 300, 400


@dataclass(frozen=True)
class Letter:
    """A finished letter. `note` tells the user why it is shorter than usual, or is empty."""

    tone: str
    greeting: str
    paragraphs: tuple[tuple[LetterSentence, ...], ...]
    farewell: str
    signature: str
    note: str

    @property
    def text(self) -> str:
        """Return the letter as plain text, paragraphs parted by empty lines."""
        body = [" ".join(sentence.text for sentence in group) for group in self.paragraphs]
        return "\n\n".join([self.greeting, *body, f"{self.farewell}\n{self.signature}"])

    @property
    def word_count(self) -> int:
        """Return the number of words of the whole text."""
        return count_words(self.text)

    def sentences(self) -> list[Sentence]:
        """Return every sentence for the checker."""
        return [
            Sentence(sentence.text, sentence.fact_ids, sentence.about)
            for group in self.paragraphs
            for sentence in group
        ]

    def as_json(self) -> dict[str, Any]:
        """Return the letter as content to store: each sentence with its facts and its posting line."""
        return {
            "tone": self.tone,
            "greeting": self.greeting,
            "paragraphs": [[_json(sentence) for sentence in group] for group in self.paragraphs],
            "farewell": self.farewell,
            "signature": self.signature,
            "note": self.note,
            "word_count": self.word_count,
        }


def write_letter(
    candidate: Candidate,
    job: JobForWriting,
    *,
    tone: str = "professional",
    person: str = "",
    today: date,
) -> Letter:
    """Write a letter of 300 to 400 words from the facts, or a shorter one that says what is missing.

    `tone` is professional, enthusiastic, formal or casual; `person` the reader's name, if known.
    Each sentence about the candidate carries its fact ids, each quotation its place in the posting;
    sentences the checker would refuse are left out. The same input gives the same letter. Raises
    KeyError for an unknown tone.
    """
    phrases = TONES[tone]
    facts = as_of(candidate.facts, today=today)
    letter = Letter(tone, "", (), phrases.farewell, candidate.name, "")
    # Facts that do not speak to the posting are told only where the letter would be thin without.
    for is_strict in (True, False):
        draft = Draft(candidate, job, phrases, facts, today=today, is_strict=is_strict)
        letter = _assembled(draft, tone, person)
        if letter.word_count >= MIN_WORDS:
            return letter
    note = (
        f"This letter has {letter.word_count} words, because your profile holds no more facts that fit. "
        "Add accomplishments to your roles and write it again for a fuller one."
    )
    return replace(letter, note=note)


def _assembled(draft: Draft, tone: str, person: str) -> Letter:
    phrases = draft.phrases
    greeting = phrases.greeting if person else phrases.greeting_unknown
    greeting = greeting.format(person=person, company=draft.job.company)
    frame = Letter(
        tone, greeting, draft.fixed_paragraphs(), phrases.farewell, draft.candidate.name, ""
    )
    return replace(frame, paragraphs=draft.paragraphs(room=MAX_WORDS - frame.word_count))


def _json(sentence: LetterSentence) -> dict[str, Any]:
    line = sentence.requirement
    return {
        "text": sentence.text,
        "about": sentence.about,
        "fact_ids": list(sentence.fact_ids),
        "requirement": {"text": line.text, "start": line.start, "end": line.end} if line else None,
    }
