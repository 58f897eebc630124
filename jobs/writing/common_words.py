"""Everyday English words that claim nothing by themselves, from `common_words.txt`."""

from pathlib import Path


def _sections() -> dict[str, frozenset[str]]:
    sections: dict[str, set[str]] = {}
    name = ""
    for line in Path(__file__).with_suffix(".txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            name = line.strip("[]")
        elif not line.startswith("#"):
            sections.setdefault(name, set()).update(line.split())
    return {name: frozenset(words) for name, words in sections.items()}


_SECTIONS = _sections()

# May stand anywhere in a sentence without support in a fact.
COMMON_WORDS = _SECTIONS["common"]

# Open a sentence with a capital but name nobody.
STARTERS = _SECTIONS["starters"]
