"""Settings that cannot work are refused with one sentence; settings of production are strict (CFG, quality S17)."""

import os
import re
import subprocess
import sys

import pytest
from cryptography.fernet import Fernet
from django.conf import settings

GOOD = {
    "SECRET_KEY": "k7" * 30 + "-Zq!",
    "FIELD_ENCRYPTION_KEY": Fernet.generate_key().decode(),
    "ADDRESS_HASH_KEY": "h" * 32,
    "DATABASE_URL": "postgresql://ferry:secret-word@db.internal:5432/ferry",
    "REDIS_URL": "rediss://:secret-word@cache.internal:6380/0",
    "ALLOWED_HOSTS": "ferry.example",
    "SITE_URL": "https://ferry.example",
}
BAD = {
    "DATABASE_URL": (
        "mysql://ferry@db.internal/ferry",
        "DATABASE_URL must start with postgresql://, because RoleFerry needs PostgreSQL 15 or newer.",
    ),
    "REDIS_URL": (
        "http://cache.internal",
        "REDIS_URL must start with redis://, rediss:// or unix://.",
    ),
    "DNS_RESOLVERS": (
        "9.9.9.9,dns.quad9.net:53",
        "DNS_RESOLVERS holds 'dns.quad9.net:53'; write IP addresses with or without a port, like 9.9.9.9,127.0.0.1:5353,[::1]:53.",
    ),
    "PORT": ("abc", "PORT is 'abc'; it must be a whole number from 1 to 65535."),
    "SECRET_KEY": (
        "short",
        "SECRET_KEY is missing or shorter than 32 characters, so sessions could be forged.",
    ),
    "FIELD_ENCRYPTION_KEY": (
        "not-a-key",
        "FIELD_ENCRYPTION_KEY is missing or malformed, so mailbox passwords could not be stored safely.",
    ),
    "ADDRESS_HASH_KEY": (
        "short",
        "ADDRESS_HASH_KEY is missing or shorter than 16 characters, so suppressed addresses could be guessed.",
    ),
}


def check(environment, *arguments):
    """Run `manage.py check` under production settings with exactly this environment."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, "manage.py", "check", *arguments],
        cwd=settings.BASE_DIR,
        env={**kept, **environment, "DJANGO_SETTINGS_MODULE": "config.settings.production"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_production_passes_the_deployment_checks_with_no_warning():
    run = check(GOOD, "--deploy", "--fail-level", "WARNING")
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout == "System check identified no issues (0 silenced).\n"


@pytest.mark.parametrize("name", [*BAD, "all at once"])
def test_a_bad_setting_is_refused_with_one_sentence(name):
    chosen = BAD if name == "all at once" else {name: BAD[name]}
    run = check({**GOOD, **{key: value for key, (value, _) in chosen.items()}})
    told = re.findall(r"^\?: \(roleferry\.E\d+\) (.+)$", run.stderr, re.MULTILINE)
    assert run.returncode == 1
    assert sorted(told) == sorted(sentence for _, sentence in chosen.values())
    assert "Traceback" not in run.stderr
    assert "secret-word" not in run.stdout + run.stderr


@pytest.mark.parametrize("name", ["SECRET_KEY", "FIELD_ENCRYPTION_KEY", "ADDRESS_HASH_KEY"])
def test_a_missing_key_is_refused(name):
    run = check({key: value for key, value in GOOD.items() if key != name})
    assert run.returncode == 1
    assert BAD[name][1] in run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize("entry", ["config.asgi", "config.wsgi"])
def test_a_web_process_with_bad_settings_does_not_start(entry):
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings.production",
        "SECRET_KEY": "short",
        "DATABASE_URL": "mysql://x",
    }
    finished = subprocess.run(
        [sys.executable, "-c", f"import {entry}"],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode != 0
    assert "DATABASE_URL must start with postgresql://" in finished.stderr
    assert "SECRET_KEY is missing or shorter" in finished.stderr
