"""The two keys a local installation needs, made once and kept beside its data."""

import base64
import contextlib
import json
import os
import secrets
import tempfile
from pathlib import Path

from config.embedded.host import EmbeddedServerError

NAMES = ("SECRET_KEY", "FIELD_ENCRYPTION_KEY")


def load_or_make(path: Path) -> dict[str, str]:
    """Return SECRET_KEY and FIELD_ENCRYPTION_KEY (a Fernet key) from `path`, made on first use.

    The file is only its owner's (0600) and appears whole or not at all. A damaged file is refused
    rather than replaced: with a new key everything encrypted under the old one would be lost.
    """
    if not path.exists():
        _make(path)
    try:
        known = json.loads(path.read_text())
        keys = {name: str(known[name]) for name in NAMES}
    except (ValueError, KeyError, TypeError) as error:
        message = (
            f"{path} is damaged, and a new key could not read what is stored: restore the file from "
            "a copy, or remove it together with the database to start empty."
        )
        raise EmbeddedServerError(message) from error
    path.chmod(0o600)
    return keys


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    keys = {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "FIELD_ENCRYPTION_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    }
    handle, draft = tempfile.mkstemp(
        prefix=f".{path.name}-", dir=path.parent
    )  # made with mode 0600
    try:
        with os.fdopen(handle, "w") as file:
            json.dump(keys, file)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):  # another start was first: its keys count
            os.link(draft, path)
    finally:
        Path(draft).unlink()
