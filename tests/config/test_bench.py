"""Every benchmark runs on a handful of rows and ends with the line that others read."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

ROOT = Path(__file__).resolve().parents[2]
PEERS = {
    "pages": {"vs_offset", "vs_offset_deep", "vs_icontains"},
    "send": {"vs_naive", "vs_naive_running", "vs_naive_cpu", "vs_naive_100ms"},
    "enroll": {
        "vs_row_by_row",
        "linearity",
        "follow_ups_vs_row_by_row",
        "follow_ups_linearity",
    },
    "match": {"vs_keywords"},
    "ops": {
        "vs_stock",
        "vs_stock_deep",
        "vs_stock_filter",
        "vs_stock_search",
        "vs_limit_slowest",
        "vs_limit_typical",
    },
}
# Measured where they are installed.
MORE_PEERS = {
    "send": {
        "vs_post_office",
        "vs_post_office_running",
        "vs_post_office_cpu",
        "vs_post_office_100ms",
        "share_of_smtp_source",
        "running_share_of_smtp_source",
    }
}


def bench(name, **given):
    answer = subprocess.run(
        [sys.executable, "-m", f"bench.{name}"],
        cwd=ROOT,
        env={**os.environ, "BENCH_SCALE": "tiny", **given},
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr[-2000:]
    return list(map(json.loads, answer.stdout.splitlines()))


def check_lines(name, lines):
    *systems, last = lines

    assert len(systems) >= 2
    assert all(line["system"] for line in systems)
    assert set(last) == {"bench", "ratios"}
    assert last["bench"] == name
    assert PEERS[name] <= set(last["ratios"]) <= PEERS[name] | MORE_PEERS.get(name, set())
    assert all(value > 0 for value in last["ratios"].values())


@pytest.mark.parametrize("name", ["pages", "send", "ops"])
def test_a_benchmark_prints_its_systems_and_ends_with_the_ratios(name, transactional_db):
    """On this test's database, which is there already; benchmarks by themselves start their own."""
    used = connection.settings_dict
    url = f"postgresql://{used['USER']}@/{used['NAME']}?host={used['HOST']}"
    check_lines(name, bench(name, DATABASE_URL=url, BENCH_HAS_SERVERS="1"))


def test_a_benchmark_needs_no_servers_but_its_own():
    nowhere = "postgresql://nobody@127.0.0.1:1/nothing"
    check_lines("match", bench("match", DATABASE_URL=nowhere, REDIS_URL="redis://127.0.0.1:1/0"))
