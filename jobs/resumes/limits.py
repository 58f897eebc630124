"""What a resume file may cost to read, and the one exception that says why a file was refused."""

MAX_FILE_BYTES = 5 * 1024 * 1024  # a 10-page resume with a photo is under 2 MB
MAX_PAGES = 30  # academic CVs reach 20 to 25 pages; a book is not a resume
MAX_CHARACTERS = 200_000  # 30 dense pages hold about 150,000
MAX_UNPACKED_BYTES = 50 * 1024 * 1024  # ten times the largest upload: photos hardly compress
MAX_UNPACK_RATIO = 200  # real XML parts reach about 30:1, bombs 1000:1
RATIO_APPLIES_FROM_BYTES = 1024 * 1024  # small parts may compress well and do no harm
MAX_ARCHIVE_MEMBERS = 1_000  # a Word file with many pictures has about 200
MAX_TABLE_DEPTH = 8  # layout tables are nested twice or three times at most
MAX_LINKS = 200  # more is a link farm; the profile shows a handful
MAX_IMAGE_SEARCH_DEPTH = 3  # scanners put the page image at depth 1 or 2

READ_SECONDS = 20  # a person waits; real resumes need under a second
READ_MEGABYTES = 512  # reading a 5 MB PDF stays under 150 MB


class ResumeUnreadableError(Exception):
    """A resume file cannot be read; `sentence` tells the person what happened and what to do.

    `code` is one of `SENTENCES`; programs decide by the code, people read the sentence.
    """

    def __init__(self, code: str, sentence: str = "") -> None:
        self.code = code
        self.sentence = sentence or SENTENCES[code]
        super().__init__(self.sentence)


SENTENCES = {
    "scan_without_text": ("This PDF is a scan without text. Paste the text or upload a DOCX file."),
    "encrypted": (
        "This file is protected by a password, so we cannot open it. "
        "Save a copy without the password and upload that."
    ),
    "broken": (
        "This file is damaged or incomplete, so it cannot be opened. "
        "Export it again from the program that made it, or paste the text."
    ),
    "wrong_type": (
        "This is not a PDF, DOCX or TXT file, so we cannot read it. "
        "Export your resume as PDF or paste the text."
    ),
    "too_large": (
        "This file is larger than the limit of 5 MB. Remove pictures from it, or paste the text."
    ),
    "too_many_pages": (
        f"This PDF has more than {MAX_PAGES} pages, which is longer than a resume. "
        "Upload only the pages of the resume."
    ),
    "bomb": (
        "This file unpacks to far more data than a resume holds, so we stopped reading it. "
        "Save it again as PDF, or paste the text."
    ),
    "empty": "This file contains no text. Choose another file or paste the text.",
    "too_slow": (
        "Reading this file took too long, so we stopped. "
        "Save it again as a simple PDF, or paste the text."
    ),
}
