"""Read an uploaded resume file into plain text, trusting neither its name nor its content."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from jobs.resumes.limits import (
    MAX_CHARACTERS,
    MAX_FILE_BYTES,
    READ_MEGABYTES,
    READ_SECONDS,
    ResumeUnreadableError,
)
from jobs.resumes.normalising import clean_characters, tidy_lines
from jobs.resumes.pdf import read_pdf
from jobs.resumes.word import read_word

PDF_HEADER_WITHIN = (
    1024  # readers accept junk before %PDF- (ISO 32000 annex of Adobe's implementation notes)
)
MAX_CONTROL_SHARE = 0.01  # text has line ends and tabs; binary data has many more controls
KILL_GRACE_SECONDS = 2  # wall clock beyond the processor time, for starting Python
PROJECT_ROOT = Path(__file__).resolve().parents[2]

_OTHER_TYPES: tuple[tuple[bytes, str, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "a PNG picture", "Paste the text or upload a PDF or DOCX file."),
    (b"\xff\xd8\xff", "a JPEG picture", "Paste the text or upload a PDF or DOCX file."),
    (b"GIF8", "a GIF picture", "Paste the text or upload a PDF or DOCX file."),
    (b"RIFF", "a picture or sound file", "Paste the text or upload a PDF or DOCX file."),
    (b"II*\x00", "a TIFF picture", "Paste the text or upload a PDF or DOCX file."),
    (b"MM\x00*", "a TIFF picture", "Paste the text or upload a PDF or DOCX file."),
    (b"{\\rtf", "an RTF document", "Save it as DOCX or PDF and upload that."),
    (b"\x7fELF", "a program", "Upload your resume as PDF, DOCX or TXT."),
    (b"MZ", "a program", "Upload your resume as PDF, DOCX or TXT."),
    (b"%!PS", "a PostScript file", "Save it as PDF and upload that."),
    (b"\x1f\x8b", "a compressed archive", "Unpack it and upload the resume itself."),
    (b"7z\xbc\xaf", "a compressed archive", "Unpack it and upload the resume itself."),
    (b"Rar!", "a compressed archive", "Unpack it and upload the resume itself."),
)
_OLE_HEADER = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Word stores a password-protected DOCX inside an OLE file with this stream (MS-OFFCRYPTO 2.3).
_OLE_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


@dataclass(frozen=True, slots=True)
class ResumeLink:
    """A link of the file: its address and the words that carry it."""

    url: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class ReadResume:
    """What a resume file holds: `text` in reading order, `kind` "pdf", "docx" or "txt", links and warnings.

    `pages` is 0 where the kind has no pages (DOCX and TXT are laid out only by their reader).
    """

    text: str
    pages: int
    kind: str
    links: tuple[ResumeLink, ...] = ()
    warnings: tuple[str, ...] = ()


def read_resume(data: bytes, filename: str) -> ReadResume:
    """Return the text and links of a PDF, DOCX or TXT resume; the kind is told by content, not by name.

    Raises ResumeUnreadableError with one sentence for the person. Reading hostile files can take long or
    much memory: outside of tests use `read_in_subprocess`.
    """
    if len(data) > MAX_FILE_BYTES:
        size = len(data) / 1024 / 1024
        raise ResumeUnreadableError(
            "too_large",
            f"This file is {size:.1f} MB and the limit is {MAX_FILE_BYTES // 1024 // 1024} MB. "
            "Remove pictures from it, or paste the text.",
        )
    if not data.strip(b"\x00\t\r\n\x0c "):
        raise ResumeUnreadableError("empty")
    kind = sniff_kind(data)
    pages = 0
    links: list[tuple[str, str]] = []
    if kind == "pdf":
        text, pages, links = read_pdf(data)
    elif kind == "docx":
        text, links = read_word(data)
    else:
        text = read_plain_text(data)
    text = tidy_lines(clean_characters(text))
    if not any(character.isalpha() for character in text):
        raise ResumeUnreadableError("empty")
    warnings = _name_warnings(filename, kind)
    return ReadResume(text, pages, kind, tuple(ResumeLink(*link) for link in links), warnings)


def sniff_kind(data: bytes) -> str:
    """Return "pdf", "docx" or "txt" by content; raise ResumeUnreadableError (wrong_type, encrypted) otherwise."""
    if b"%PDF-" in data[:PDF_HEADER_WITHIN]:
        return "pdf"
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "docx"
    if data.startswith(_OLE_HEADER):
        if _OLE_ENCRYPTED in data:
            raise ResumeUnreadableError("encrypted")
        raise _wrong_type(
            "an old Word or Office file (before 2007)", "Save it as DOCX or PDF and upload that."
        )
    for magic, name, advice in _OTHER_TYPES:
        if data.startswith(magic):
            raise _wrong_type(name, advice)
    return "txt"


def _wrong_type(name: str, advice: str) -> ResumeUnreadableError:
    return ResumeUnreadableError(
        "wrong_type", f"This is {name}, not a PDF, DOCX or TXT file. {advice}"
    )


def read_plain_text(data: bytes) -> str:
    """Return the text of a TXT file in UTF-8, UTF-16 or, failing those, Windows-1252."""
    text = _decode(data)
    controls = sum(
        1 for character in text if ord(character) < 32 and character not in "\t\n\r\f\v\x1b"
    )
    if controls > MAX_CONTROL_SHARE * len(text):
        raise ResumeUnreadableError("wrong_type")
    if text.lstrip()[:200].lower().startswith(("<!doctype html", "<html", "<?xml")):
        raise _wrong_type(
            "a web page or XML file", "Print it to PDF and upload that, or paste the text."
        )
    if len(text) > MAX_CHARACTERS:
        raise ResumeUnreadableError(
            "too_large",
            f"This file holds {len(text):,} characters and the limit is {MAX_CHARACTERS:,}. "
            "Upload only the resume itself.",
        )
    return text


def _decode(data: bytes) -> str:
    for mark, encoding in (
        (b"\xef\xbb\xbf", "utf-8-sig"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    even, odd = data[0:2000:2].count(0), data[1:2000:2].count(0)
    if max(even, odd) > 0.3 * len(data[:2000]) / 2:
        return data.decode("utf-16-be" if even > odd else "utf-16-le", errors="replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _name_warnings(filename: str, kind: str) -> tuple[str, ...]:
    suffix = Path(filename.replace("\\", "/")).suffix.lower().lstrip(".")
    if suffix in {"pdf", "docx"} and suffix != kind:
        return (
            f"The name ends in .{suffix}, but the file is {kind.upper()}; it was read as {kind.upper()}.",
        )
    return ()


def read_in_subprocess(
    data: bytes, filename: str, seconds: int = READ_SECONDS, megabytes: int = READ_MEGABYTES
) -> ReadResume:
    """Read a resume in a process of its own with limits on time and memory; same result as `read_resume`.

    The process gets no secrets: an empty environment but for the path. Raises ResumeUnreadableError, with
    too_slow when the time is up, bomb when the memory is, broken when the reader was brought down.
    """
    if len(data) > MAX_FILE_BYTES:
        return read_resume(data, filename)  # refuses without reading
    command = [
        sys.executable,
        "-m",
        "jobs.resumes.reader_process",
        str(seconds),
        str(megabytes),
        filename[-200:].replace("\x00", ""),
    ]
    environment = {"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        finished = subprocess.run(  # noqa: S603
            command,
            input=data,
            capture_output=True,
            timeout=seconds + KILL_GRACE_SECONDS,
            cwd=PROJECT_ROOT,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ResumeUnreadableError("too_slow") from error
    return _answer_of(finished)


def _answer_of(finished: "subprocess.CompletedProcess[bytes]") -> ReadResume:
    if finished.returncode in {-signal.SIGXCPU, -signal.SIGKILL}:
        raise ResumeUnreadableError("too_slow")
    if finished.returncode != 0:
        raise ResumeUnreadableError("bomb" if b"MemoryError" in finished.stderr else "broken")
    answer = json.loads(finished.stdout)
    if "code" in answer:
        raise ResumeUnreadableError(answer["code"], answer["sentence"])
    return from_json(answer)


def to_json(resume: ReadResume) -> dict[str, object]:
    """Return the resume as plain lists, numbers and strings for JSON."""
    return asdict(resume)


def from_json(values: dict[str, object]) -> ReadResume:
    """Return the ReadResume that `to_json` turned into plain values."""
    links = values.get("links")
    warnings = values.get("warnings")
    return ReadResume(
        text=str(values["text"]),
        pages=int(str(values["pages"])),
        kind=str(values["kind"]),
        links=tuple(ResumeLink(**link) for link in links) if isinstance(links, list) else (),
        warnings=tuple(map(str, warnings)) if isinstance(warnings, list) else (),
    )
