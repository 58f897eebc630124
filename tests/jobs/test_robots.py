"""robots.txt as RFC 9309 reads it."""

from __future__ import annotations

import time

import pytest

from jobs.robots import ALLOW_ALL, parse_robots


def allows(text: str, path: str) -> bool:
    return parse_robots(text.encode(), robot="RoleFerry").allows(path)


@pytest.mark.parametrize(
    ("rules", "path", "allowed"),
    [
        ("", "/x", True),
        ("User-agent: *\nDisallow:", "/x", True),
        ("User-agent: *\nDisallow: /", "/x", False),
        ("User-agent: *\nDisallow: /a", "/abc", False),
        ("User-agent: *\nDisallow: /a", "/b", True),
        ("USER-AGENT : *\n disallow : /a # why", "/a", False),
        ("User-agent: *\nAllow: /\nDisallow: /private", "/private/x", False),
        ("User-agent: *\nDisallow: /v0\nAllow: /v0/postings", "/v0/postings/acme", True),
        ("User-agent: *\nDisallow: /p\nAllow: /p", "/p", True),
        ("User-agent: *\nDisallow: /*.json$", "/a/b.json", False),
        ("User-agent: *\nDisallow: /*.json$", "/a/b.json?x=1", True),
        ("User-agent: *\nDisallow: /*?mode=", "/v0/acme?mode=json", False),
        ("User-agent: *\nDisallow: /a*b*c", "/a1b2c3", False),
        ("User-agent: *\nDisallow: /a*b*c", "/a1c2b3", True),
        ("User-agent: *\nDisallow: /x$", "/x", False),
        ("User-agent: *\nDisallow: /x$", "/xy", True),
        ("User-agent: *\nDisallow: /%7Ejoe", "/~joe", False),
        ("User-agent: *\nDisallow: /k%C3%B6ln", "/köln", False),
        ("User-agent: other\nDisallow: /", "/x", True),
        ("User-agent: roleferry\nDisallow: /x\n\nUser-agent: *\nDisallow: /", "/y", True),
        ("User-agent: *\nDisallow: /\n\nUser-agent: RoleFerry/1.0\nAllow: /", "/y", True),
        ("User-agent: a\nUser-agent: RoleFerry\nDisallow: /x", "/x", False),
        ("User-agent: RoleFerry\nDisallow: /x\nUser-agent: RoleFerry\nDisallow: /y", "/y", False),
        ("Disallow: /", "/x", True),
        ("Sitemap: https://x.example/s.xml\nnonsense\n:::", "/x", True),
        ("\ufeffUser-agent: *\r\nDisallow: /x\r\n", "/x", False),
    ],
)
def test_longest_match_decides(rules, path, allowed):
    assert allows(rules, path) is allowed


def test_without_rules_everything_is_allowed():
    assert ALLOW_ALL.allows("/")


def test_hostile_file_is_read_quickly():
    started = time.process_time()
    rules = parse_robots(b"User-agent: *\nDisallow: /" + b"*a" * 200_000, robot="RoleFerry")
    assert rules.allows("/" + "b" * 2000)
    many = parse_robots(b"User-agent: *\n" + b"Disallow: /*a*b*c\n" * 50_000, robot="RoleFerry")
    assert many.allows("/" + "x" * 2000)
    assert time.process_time() - started < 3
