"""Resumes and letters as PDF: real text in reading order, tagged (PDF/UA-1), one embedded typeface.

The page is a fixed template; everything a person or a posting wrote reaches it as data, so no text can become
a command of the typesetter.
"""

import json
import re
from datetime import datetime
from functools import cache
from importlib.resources import files
from threading import Lock
from typing import Final

import font_source_sans_pro
import typst

from jobs.rendering.sheets import RenderingError, Sheet

# The accessibility profile: tagged text, a title, a language, and no character without a glyph.
STANDARD: Final = "ua-1"
# Longest text we set; the most talkative resume in our samples has a tenth of it.
CHARACTER_LIMIT = 60_000
# A compiler is not made for two threads at a time.
_ONE_AT_A_TIME = Lock()
# How the typesetter names a character that it cannot print.
_ESCAPED = re.compile(r"\\u\{([0-9a-f]+)\}")
_MISSING_GLYPH = re.compile(r"the text `\"(.+?)\"` could not be displayed")


def render_pdf(sheet: Sheet, *, made_at: datetime) -> bytes:
    """Return the sheet as a PDF file (A4); raise RenderingError with a sentence when that cannot be done.

    The same sheet and moment give the same bytes. Fonts of the machine help out where ours has no letters for a script.
    """
    data = json.dumps(sheet.as_json())
    if len(data) > CHARACTER_LIMIT:
        raise RenderingError("The document is too long for a PDF. Shorten it and try again.")
    try:
        return _compile(data, made_at, use_system_fonts=False)
    except typst.TypstError as error:
        if not _MISSING_GLYPH.search(str(error)):
            raise RenderingError("The PDF could not be set. Send the text without it.") from error
    try:
        return _compile(data, made_at, use_system_fonts=True)
    except typst.TypstError as error:
        found = _MISSING_GLYPH.search(str(error))
        shown = f"“{found.group(1)}”" if found else "one of its characters"
        shown = _ESCAPED.sub(r"U+\1", shown)
        raise RenderingError(
            f"The PDF cannot show {shown}, because no font here has it. Write it another way, or send the text without a PDF."
        ) from error


def _compile(data: str, made_at: datetime, *, use_system_fonts: bool) -> bytes:
    with _ONE_AT_A_TIME:
        made = _compiler(use_system_fonts).compile(
            _template(),
            format="pdf",
            sys_inputs={"sheet": data},
            pdf_standards=STANDARD,
            timestamp=int(made_at.timestamp()),
        )
    if not isinstance(made, bytes):
        raise RenderingError("The PDF could not be set. Send the text without it.")
    return made


@cache
def _compiler(use_system_fonts: bool) -> typst.Compiler:
    """Return a compiler with its fonts loaded, which takes some 50 ms."""
    fonts = typst.Fonts(
        include_system_fonts=use_system_fonts,
        include_embedded_fonts=True,
        font_paths=[font_source_sans_pro.font_directory],
    )
    return typst.Compiler(font_paths=fonts, ignore_system_fonts=not use_system_fonts)


@cache
def _template() -> bytes:
    return files("jobs.rendering").joinpath("sheet.typ").read_bytes()
