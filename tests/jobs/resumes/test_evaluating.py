"""The evaluation counts what is right and says what is wrong."""

from pathlib import Path

from jobs.resumes.evaluating import evaluate_resumes
from tests.jobs.resumes import files

SOURCE = """#text(size: 20pt)[Ann Lee]

#link("mailto:ann@lee.example.com")[ann\\@lee.example.com] #h(2cm) #link("tel:+12065432100")[(206) 543-2100] #h(2cm) #link("https://github.com/annlee")[annlee]

= Experience
Engineer, Acme Inc -- Seattle, WA #h(1fr) 2019 -- 2021

= Education
Rice University, BA in Economics #h(1fr) 2015 -- 2019
"""
TRUTH = """cv:
  name: Ann Lee
  email: ann@lee.example.com
  phone: tel:+1-206-543-2100
  social_networks:
    - network: GitHub
      username: annlee
  sections:
    experience:
      - company: Acme Inc
        position: Engineer
    education:
      - institution: Rice University
        degree: %s
"""


def folder_with(tmp_path: Path, degree: str) -> Path:
    pdf = files.typst_pdf(SOURCE, tmp_path)
    for stem in ("one", "two"):
        (tmp_path / f"{stem}.pdf").write_bytes(pdf)
        (tmp_path / f"{stem}.yaml").write_text(TRUTH % degree)
    (tmp_path / "no-truth.pdf").write_bytes(pdf)
    return tmp_path


def test_all_right(tmp_path: Path):
    result = evaluate_resumes(folder_with(tmp_path, "BA"))

    assert {
        key: result[key] for key in ("topic", "cases", "right", "wrong", "crashed", "failures")
    } == {
        "topic": "resumes",
        "cases": 13,
        "right": 13,
        "wrong": 0,
        "crashed": 0,
        "failures": [],
    }
    assert result["fields"]["identical across layouts"] == {"cases": 1, "right": 1}


def test_what_is_wrong_is_named(tmp_path: Path):
    result = evaluate_resumes(folder_with(tmp_path, "PhD"))

    assert (result["cases"], result["right"], result["wrong"]) == (13, 11, 2)
    assert result["failures"] == [
        "one.pdf: degree 'PhD Rice University' was not found",
        "two.pdf: degree 'PhD Rice University' was not found",
    ]


def test_an_unreadable_file_counts_as_crashed(tmp_path: Path):
    (tmp_path / "bad.pdf").write_bytes(b"%PDF-1.7 nothing")
    (tmp_path / "bad.yaml").write_text(TRUTH % "BA")
    result = evaluate_resumes(tmp_path)

    assert (result["cases"], result["right"], result["crashed"]) == (1, 0, 1)
    assert result["failures"][0].startswith("bad.pdf: ResumeUnreadableError")
