"""A sender stays small: what it never uses, it never loads."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import json, sys
import django
django.setup()
import outreach.management.commands.dispatch
print(json.dumps(sorted(sys.modules)))
"""
# Pages, the console, resumes, matching, web interfaces of mail services, reading of answers.
UNUSED = {
    "boto3",
    "config.urls",
    "dateparser",
    "docx",
    "jobs.matching",
    "jobs.rendering",
    "jobs.resumes",
    "mailboxes.admin",
    "mailboxes.inbound",
    "numpy",
    "outreach.admin",
    "outreach.tasks",
    "outreach.views",
    "phonenumbers",
    "typst",
}


def test_the_sender_loads_no_page_and_no_reader_of_mail_or_resumes():
    answer = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(json.loads(answer.stdout))

    assert "outreach.carrying" in loaded
    assert UNUSED & loaded == set()
