"""The command that runs the sandbox: where it listens, and the sentence when it cannot."""

import socket

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from config.management.commands.sandbox_mail import sandbox_options


def test_options_come_from_settings_and_environment(settings, monkeypatch):
    settings.SANDBOX_SMTP_HOST, settings.SANDBOX_SMTP_PORT = "127.0.0.1", 2526
    monkeypatch.setenv("PORT", "8123")
    monkeypatch.setenv("SANDBOX_DELAY", "0.5")
    monkeypatch.delenv("SANDBOX_BASE_URL", raising=False)
    options = sandbox_options()
    assert (options.host, options.port, options.delay_seconds) == ("127.0.0.1", 2526, 0.5)
    assert options.base_url == "http://127.0.0.1:8123"
    assert options.mail_folder == settings.BASE_DIR / "var" / "sandbox" / "mail"


def test_defaults(monkeypatch):
    for name in ("PORT", "SANDBOX_DELAY", "SANDBOX_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    options = sandbox_options()
    assert (options.base_url, options.delay_seconds) == ("http://127.0.0.1:8000", 3.0)


def test_it_refuses_to_run_where_it_is_switched_off(settings):
    settings.SANDBOX_ENABLED = False
    with pytest.raises(CommandError, match="SANDBOX_ENABLED=1"):
        call_command("sandbox_mail")


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "mail.acme.test", ""])
def test_it_listens_on_this_machine_only(settings, host):
    settings.SANDBOX_ENABLED, settings.SANDBOX_SMTP_HOST = True, host
    with pytest.raises(CommandError, match="loopback"):
        call_command("sandbox_mail")


@pytest.mark.parametrize("delay", ["soon", "-1", "nan", "inf"])
def test_a_delay_is_a_number_of_seconds(settings, monkeypatch, delay):
    settings.SANDBOX_ENABLED = True
    monkeypatch.setenv("SANDBOX_DELAY", delay)
    with pytest.raises(CommandError, match="SANDBOX_DELAY"):
        call_command("sandbox_mail")


@pytest.mark.django_db
def test_a_taken_port_is_named(settings):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings.SANDBOX_ENABLED, settings.SANDBOX_SMTP_PORT = True, taken.getsockname()[1]
        with pytest.raises(
            CommandError, match=f"cannot listen on 127.0.0.1:{settings.SANDBOX_SMTP_PORT}"
        ):
            call_command("sandbox_mail")
