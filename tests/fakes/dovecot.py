"""Debian's Dovecot 2.3 in a folder of its own, on loopback ports, under the user who runs the tests' data.

with Dovecot(folder) as server: server.port; server.deliver("ada@example.org", "Sent", raw)
"""

import grp
import imaplib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

PASSWORD = "imap-secret-5"
CONFIG = """
base_dir = {folder}/base
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = {ssl}
{certificate}
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2
default_internal_user = {user}
default_login_user = {user}
default_internal_group = {group}
first_valid_uid = 0
last_valid_uid = 0
mail_location = maildir:{folder}/mail/%u
mail_uid = {user}
mail_gid = {group}
auth_failure_delay = 0
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/mail/%u
}}
namespace inbox {{
  inbox = yes
  mailbox {sent} {{
    auto = subscribe
    {special}
  }}
  mailbox Trash {{
    auto = create
    special_use = \\Trash
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
  }}
}}
service anvil {{
  chroot =
  # Without it, wrong passwords of one test would slow down the log-ins of all others from this address.
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
"""


def find_dovecot() -> str | None:
    """Return the path of the server, or None where it is not installed."""
    return shutil.which("dovecot") or shutil.which("/usr/sbin/dovecot")


needs_dovecot = pytest.mark.skipif(
    find_dovecot() is None, reason="Debian's dovecot-imapd is not installed"
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Dovecot:
    """One server. `certificate`: a PEM file with key, for STARTTLS and the port `tls_port`; `sent`: its sent folder."""

    def __init__(self, *, certificate: Path | None = None, sent: str = "Sent", special=True):
        # Unix sockets have short names only, so not below pytest's own folder.
        self.folder = Path(tempfile.mkdtemp(prefix="rf-dovecot-"))
        self.port, self.tls_port = free_port(), free_port() if certificate else 0
        self.sent = sent
        user = "nobody" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
        self.user = pwd.getpwnam(user)
        quoted = f'"{sent}"'
        self.config = CONFIG.format(
            folder=self.folder,
            user=user,
            group=grp.getgrgid(self.user.pw_gid).gr_name,
            password=PASSWORD,
            port=self.port,
            tls_port=self.tls_port,
            ssl="yes" if certificate else "no",
            certificate=f"ssl_cert = <{certificate}\nssl_key = <{certificate}"
            if certificate
            else "",
            sent=quoted,
            special="special_use = \\Sent" if special else "",
        )

    def __enter__(self) -> "Dovecot":
        mail = self.folder / "mail"
        mail.mkdir()
        self.folder.chmod(0o755)
        if os.getuid() == 0:
            os.chown(mail, self.user.pw_uid, self.user.pw_gid)
        (self.folder / "dovecot.conf").write_text(self.config)
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        self._process = subprocess.Popen(
            [find_dovecot(), "-F", "-c", str(self.folder / "dovecot.conf")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            try:
                with imaplib.IMAP4("127.0.0.1", self.port, timeout=5):
                    return
            except (OSError, imaplib.IMAP4.error):
                if self._process.poll() is not None:
                    break
                time.sleep(0.05)
        self._process.kill()
        raise RuntimeError(f"Dovecot did not start: {self._process.communicate()[1]!r}")

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
        self._process.communicate(timeout=15)

    def client(self, user: str) -> imaplib.IMAP4:
        """Return a logged-in client, to be used as a context manager."""
        client = imaplib.IMAP4("127.0.0.1", self.port, timeout=10)
        client.login(user, PASSWORD)
        return client

    def deliver(self, user: str, folder: str, raw: bytes) -> None:
        """Put a mail into a folder, unread."""
        with self.client(user) as client:
            status, answer = client.append(f'"{folder}"', None, None, raw)
            assert status == "OK", answer

    def unread(self, user: str, folder: str) -> int:
        """How many mails of a folder are not marked as read."""
        with self.client(user) as client:
            client.select(f'"{folder}"', readonly=True)
            return len(client.search(None, "UNSEEN")[1][0].split())
