"""What makes a mail look like mass mail, said before it is sent. Advice only: nothing here blocks."""

import re
from dataclasses import dataclass

# People who hire read on a phone; above this a first mail is a document.
MAX_WORDS = 220
MAX_LINKS = 2
# Phrases that mass mail uses and applications do not need; a small list of our own.
_PUSHY = re.compile(
    r"\b(?:act now|100 ?%|guarantee[ds]?|risk[- ]free|no obligation|click here|limited time|urgent|once in a lifetime"
    r"|free money|winner|congratulations|cheap|best price|don't miss|exclusive offer)\b",
    re.IGNORECASE,
)
_LINK = re.compile(r"https?://|\bwww\.", re.IGNORECASE)


@dataclass(frozen=True)
class Advice:
    """One thing to mend, as a sentence."""

    kind: str
    sentence: str


def lint_mail(subject: str, body: str) -> list[Advice]:
    """Return what to mend in a mail's wording, the gravest first; an empty list is a plain, readable mail."""
    found = []
    letters = [character for character in subject if character.isalpha()]
    if len(letters) > 5 and all(character.isupper() for character in letters):
        found.append(Advice("capitals", "The subject is all capitals. Write it as a sentence."))
    if phrase := _PUSHY.search(f"{subject}\n{body}"):
        quote = phrase.group()
        found.append(Advice("pushy", f"“{quote}” reads like advertising. Say it plainly."))
    if f"{subject}{body}".count("!") > 1:
        found.append(Advice("marks", "More than one exclamation mark. One is plenty."))
    links = len(_LINK.findall(body))
    if links > MAX_LINKS:
        found.append(Advice("links", f"{links} links in one mail. Keep the one that matters."))
    words = len(body.split())
    if words > MAX_WORDS:
        found.append(
            Advice("length", f"{words} words. Mails under {MAX_WORDS} are read to the end.")
        )
    return found
