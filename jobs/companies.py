"""Telling employers apart: one company, however its name is written, and never two as one."""

import re
import unicodedata
from collections.abc import Iterable

from accounts.models import Workspace
from jobs.models import Company

# Legal forms say nothing about who it is. Whole words at the end only: "Meta" never eats into "Metaverse".
_LEGAL = (
    r"inc|incorporated|llc|ltd|limited|gmbh|mbh|ag|se|kg|ug|sa|sas|sarl|srl|spa|bv|nv|ab|as|oy|oyj|plc|corp|corporation|co|company|"
    r"pty|pte|kk|sl|gmbh & co kg"
)
_LEGAL_END = re.compile(rf"(?:[\s,]+(?:{_LEGAL})\.?)+$")
_NOT_WORD = re.compile(r"[^\w&+ ]+")


def normalize_company(name: str) -> str:
    """Return the form of a company's name by which two spellings count as the same employer."""
    plain = unicodedata.normalize("NFKC", name).casefold().replace(".", "")
    plain = _NOT_WORD.sub(" ", plain)
    plain = " ".join(plain.split())
    return _LEGAL_END.sub("", plain) or plain


def companies_by_name(workspace: Workspace, names: Iterable[str]) -> dict[str, Company]:
    """Return the workspace's company for each name as written, creating the missing ones (two queries)."""
    wanted = {normalize_company(name): name for name in reversed(list(names)) if name}
    Company.objects.bulk_create(
        [
            Company(workspace=workspace, name=name[:200], normalized_name=key[:200])
            for key, name in wanted.items()
        ],
        ignore_conflicts=True,
    )
    found = {
        company.normalized_name: company
        for company in Company.objects.for_workspace(workspace).filter(
            normalized_name__in=[key[:200] for key in wanted]
        )
    }
    return {name: found[normalize_company(name)[:200]] for name in names if name}
