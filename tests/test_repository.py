"""What the other tools cannot see: foreign-key direction, file length, pinned packages, names that must not appear."""

import re
import subprocess
from pathlib import Path

from django.apps import apps
from django.urls import get_resolver

ROOT = Path(__file__).resolve().parent.parent
FLOORS = {"accounts": 0, "llm": 1, "jobs": 2, "mailboxes": 2, "outreach": 3, "analytics": 4}
LONGEST_FILE = 400
# Their pages have addresses of their own making.
PACKAGES_WITH_PAGES = ("allauth.", "django.contrib.")
FORBIDDEN_PACKAGES = (
    "undetected",
    "selenium-stealth",
    "playwright-stealth",
    "fake-useragent",
    "pymupdf",
    "django-axes",
    "tailwind",
)


def tracked(*endings):
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [
        ROOT / name
        for name in listed.stdout.splitlines()
        if name.endswith(endings) and (ROOT / name).is_file()
    ]


def test_foreign_keys_point_down_or_sideways_never_up():
    upward = [
        f"{model._meta.label}.{field.name} -> {field.related_model._meta.label}"
        for model in apps.get_models()
        if model._meta.app_label in FLOORS
        for field in model._meta.get_fields()
        if field.is_relation and field.concrete and field.related_model._meta.app_label in FLOORS
        if FLOORS[field.related_model._meta.app_label] > FLOORS[model._meta.app_label]
        or (
            FLOORS[field.related_model._meta.app_label] == FLOORS[model._meta.app_label]
            and field.related_model._meta.app_label != model._meta.app_label
        )
    ]
    assert upward == []


def test_files_stay_short_enough_to_read():
    long = {
        str(path.relative_to(ROOT)): lines
        for path in tracked(".py", ".css", ".js")
        if "migrations" not in path.parts
        and (lines := path.read_text(encoding="utf-8").count("\n")) > LONGEST_FILE
    }
    assert long == {}


def test_every_package_is_pinned():
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    assert all(
        re.fullmatch(r"[a-z0-9._\[\],-]+==[^ ]+( ;.*)?", line)
        for line in lines
        if line and not line.startswith("#")
    )
    assert len(lines) > 50


def test_nothing_that_hides_who_we_are_is_installed():
    names = (ROOT / "requirements.txt").read_text().lower()
    assert [name for name in FORBIDDEN_PACKAGES if name in names] == []


def test_no_code_sets_another_user_agent_or_a_proxy():
    found = [
        str(path.relative_to(ROOT))
        for path in tracked(".py")
        if "tests" not in path.parts
        and re.search(
            r"Mozilla/|ProxyHandler|proxies\s*=|random\.choice\(.*agent",
            path.read_text(encoding="utf-8"),
            re.IGNORECASE,
        )
    ]
    assert found == []


def test_pages_load_nothing_from_elsewhere_and_run_nothing_inline():
    bad = []
    for path in tracked(".html"):
        text = path.read_text(encoding="utf-8")
        if re.search(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=[\"']?(?:https?:)?//", text):
            bad.append(f"{path.name} loads from another host")
        if re.search(
            r"\son[a-z]+=[\"']|\sstyle=[\"']|<style|javascript:|hx-on|\|safe\b|autoescape off", text
        ):
            bad.append(f"{path.name} has inline code, style or unescaped output")
    assert bad == []


def own_addresses(patterns, space=""):
    """Yield the name and the route of every named address whose view is ours, not a package's."""
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from own_addresses(pattern.url_patterns, inner)
        elif pattern.name and not pattern.callback.__module__.startswith(PACKAGES_WITH_PAGES):
            yield f"{space}{pattern.name}", str(pattern.pattern)


def test_every_named_address_is_unique_and_ends_with_a_slash_or_a_file_name():
    addresses = list(own_addresses(get_resolver().url_patterns))
    assert [
        route
        for _, route in addresses
        if route and not re.search(r"(/|\.[a-z]{2,4})$", route) and not route.startswith("health")
    ] == []
    names = [name for name, _ in addresses]
    assert sorted(names) == sorted(set(names))
    assert len([name for name in names if name.split(":")[0] in FLOORS]) > 20
