"""Reading the file that travels with a mail, for the sender, which loads nothing that could make one."""

import hashlib

from django.core.files.storage import default_storage

from outreach.models.attachment import ATTACHMENT_BYTES_LIMIT


class AttachmentError(ValueError):
    """The approved file cannot be sent; the text is a sentence for the person."""


def read_file(path: str, sha256: str) -> bytes:
    """Return an attached file's bytes; raise AttachmentError unless they are those that were approved."""
    again = "Open the package, untick and tick “Attach the resume as PDF”, and approve it again."
    try:
        with default_storage.open(path, "rb") as stored:
            content: bytes = stored.read(ATTACHMENT_BYTES_LIMIT + 1)
    except FileNotFoundError as error:
        raise AttachmentError(
            f"The attached file is no longer in the file store, so the mail was not sent. {again}"
        ) from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise AttachmentError(
            f"The attached file is not the one that was approved, so the mail was not sent. {again}"
        )
    return content
