"""The evaluation command: one JSON line a topic, a sentence when there is nothing to measure."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests.jobs.sources.board_rows import lever_answer, lever_row


def run(*arguments) -> list[dict]:
    out = StringIO()
    call_command("evaluate", *arguments, stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


@pytest.fixture
def samples(tmp_path):
    boards = tmp_path / "ats_boards"
    boards.mkdir()
    (boards / "lever.json").write_bytes(lever_answer(lever_row()))
    truth = {"file": "lever.json", "index": 0, "ats": "lever", "external_id": lever_row()["id"]}
    rows = [
        truth | {"title": "Harbour Pilot", "team": "Pilots"},
        truth | {"title": "Another Title"},
        truth | {"file": "missing.json"},
    ]
    (boards / "truth.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (tmp_path / "resumes").mkdir()
    return tmp_path


def test_prints_one_line_for_each_default_topic(samples):
    resumes, boards = run("--samples", str(samples))

    assert list(resumes)[:5] == ["topic", "cases", "right", "wrong", "crashed"]
    assert (resumes["topic"], resumes["cases"]) == ("resumes", 0)
    assert boards["topic"] == "ats_boards"
    assert (boards["cases"], boards["right"], boards["wrong"], boards["crashed"]) == (3, 1, 1, 1)
    assert boards["details"][0]["fields"] == {
        "title": {"expected": "Another Title", "imported": "Harbour Pilot"}
    }


def test_measures_one_topic_alone(samples):
    skills = samples / "skills"
    skills.mkdir()
    row = {"text": "You know Python.", "knowledge": ["Python"]}
    (skills / "sentences.jsonl").write_text(json.dumps(row))

    (result,) = run("--samples", str(samples), "--topic", "skills")

    assert (result["topic"], result["cases"], result["right"], result["wrong"]) == (
        "skills",
        1,
        1,
        0,
    )


def test_reads_a_real_pdf(samples):
    typst = pytest.importorskip("typst")
    folder = samples / "resumes"
    source = folder / "nora.typ"
    source.write_text(
        "= Nora Lind\nnora.lind\\@roleferry.example\n\n== Experience\n\n*Engineer*, Fjord Works\n\n"
        "January 2020 – Present\n- Built a harbour.\n"
    )
    (folder / "nora.pdf").write_bytes(typst.compile(str(source)))
    (folder / "nora.yaml").write_text(
        "cv:\n  name: Nora Lind\n  email: nora.lind@roleferry.example\n"
    )

    (result,) = run("--samples", str(samples), "--topic", "resumes")

    assert (result["cases"], result["right"], result["crashed"]) == (2, 2, 0)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Say where the samples are"),
        (["--samples", "/nowhere/at/all"], "There is no folder /nowhere/at/all/resumes"),
        (["--samples", "/tmp", "--topic", "weather"], "There is no topic named 'weather'"),
    ],
)
def test_says_what_is_missing(arguments, sentence):
    with pytest.raises(CommandError, match=sentence):
        run(*arguments)


def test_a_missing_folder_is_named_before_anything_is_measured(samples, capsys):
    (samples / "ats_boards" / "truth.jsonl").unlink()
    (samples / "ats_boards" / "lever.json").unlink()
    (samples / "ats_boards").rmdir()

    with pytest.raises(CommandError, match="ats_boards"):
        call_command("evaluate", "--samples", str(samples))

    assert capsys.readouterr().out == ""
