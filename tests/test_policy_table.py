"""docs/policy.md repeats the policy's figures, so it must repeat them rightly."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROW = re.compile(r"\| `([A-Z_]+)` \| `([^`]+)` \| ([^|]+) \| `([a-z_/]+\.py)` \|")


def rows():
    text = (ROOT / "docs" / "policy.md").read_text(encoding="utf-8")
    return [ROW.fullmatch(line) or line for line in text.splitlines() if line.startswith("| `")]


def constants(path):
    """Return each name that the module assigns at its top, with the source of its value."""
    found = {}
    for node in ast.parse((ROOT / path).read_text(encoding="utf-8")).body:
        if not isinstance(node, ast.Assign):
            continue
        (target,) = node.targets
        pairs = [(target, node.value)]
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            pairs = zip(target.elts, node.value.elts, strict=True)
        found |= {
            name.id: ast.unparse(value) for name, value in pairs if isinstance(name, ast.Name)
        }
    return found


def test_every_row_can_be_read():
    found = rows()
    assert [row for row in found if isinstance(row, str)] == []
    assert len(found) > 50
    names = [(row[4], row[1]) for row in found]
    assert len(set(names)) == len(names)


def test_the_table_says_what_the_code_says():
    wrong = {
        f"{row[4]} {row[1]}": (row[2], constants(row[4]).get(row[1]))
        for row in rows()
        if constants(row[4]).get(row[1]) != row[2]
    }
    assert wrong == {}
