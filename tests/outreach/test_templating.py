import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.default_sequences import JOB_SEEKER_DEFAULT
from outreach.templating import (
    MAX_TEMPLATE_CHARACTERS,
    VARIABLES,
    Rendered,
    TemplateTooLongError,
    lint,
    render,
    variables_in,
)

VALUES = dict.fromkeys(VARIABLES, "") | {
    "first_name": "Ada",
    "company": "Harbor Pay",
    "role": "Engineer",
    "my_name": "Sam Cole",
}

# Everything known to reach further than a name in some template language.
ESCAPES = [
    "{{first_name.__class__}}",
    "{{first_name.__class__.__mro__[1].__subclasses__()}}",
    "{{''.__class__}}",
    "{{config}}",
    "{{self}}",
    "{{request.user.password}}",
    "{{7*7}}",
    "{{[].append(1)}}",
    "{% for x in y %}{% endfor %}",
    "{% load static %}{% include '/etc/passwd' %}",
    "{# comment #}",
    "${7*7}",
    "#{7*7}",
    "<%= 7*7 %>",
    "{first_name}",
    "{0.__class__}",
    "%(first_name)s",
    "$first_name",
    "{{first_name!r}}",
    "{{first_name:>1000000000}}",
    "{{{{first_name}}}}",
    "{{First_Name}}",
    "{{first name}}",
    "{{first_name\n}}",
    "{{}}",
    "{{|}}",
    "{{|fallback}}",
    "{{__class__}}",
    "{{first_name[0]}}",
    "{{first_name()}}",
    "{{lipsum.__globals__['os'].popen('id').read()}}",
    "{{cycler.__init__.__globals__}}",
    "{{'a'*1000000000}}",
    "{{ range(100000000) }}",
    "{{constructor.constructor('alert(1)')()}}",
    "{{#with x}}{{/with}}",
    "{{{first_name}}}",
    "{{>partial}}",
]


def test_values_fallbacks_and_unresolved():
    result = render("Hi {{first_name|there}}, {{my_phone|no phone}}, {{my_link}}", VALUES)
    assert result == Rendered(
        "Hi Ada, no phone, {{my_link}}", unresolved=("my_link",), used=("first_name",)
    )


def test_a_fallback_does_not_hide_an_unknown_variable():
    assert render("Hi {{frist_name|there}}", VALUES).unresolved == ("frist_name",)


def test_a_known_variable_may_be_missing_from_the_values():
    assert render("Hi {{first_name|there}}", {}) == Rendered("Hi there", (), ())
    assert render("Hi {{first_name}}", {}).unresolved == ("first_name",)


def test_blank_values_count_as_empty():
    assert render("{{first_name|there}}", {"first_name": "  \n "}).text == "there"
    assert render("{{first_name| }}", {"first_name": ""}).unresolved == ("first_name",)


def test_values_are_never_read_as_templates():
    hostile = {"first_name": "{{company}}", "company": "{{first_name|x}}"}
    result = render("{{first_name}} at {{company}}", hostile)
    assert result.text == "{{company}} at {{first_name|x}}"
    assert result.unresolved == ()


def test_a_value_stays_on_one_line():
    result = render("Subject {{first_name}}", {"first_name": "Ada\r\nBcc: all@x.example"})
    assert result.text == "Subject Ada Bcc: all@x.example"


@pytest.mark.parametrize("escape", ESCAPES)
def test_escapes_stay_inert_text(escape):
    started = time.perf_counter()
    result = render(escape, VALUES)
    assert time.perf_counter() - started < 0.05
    assert result.text == escape
    if "{{" in escape:
        assert result.unresolved


def test_what_looks_like_a_filter_is_a_fallback_text():
    template = "{{first_name|upper}} {{my_phone|attr('__class__')}} {{ my_link | default:role }}"
    assert render(template, VALUES).text == "Ada attr('__class__') default:role"


@pytest.mark.parametrize(
    "bomb", ["{{" * 10_000, "{{a|" * 5_000, "{{" + " " * 19_998, "}}" * 10_000]
)
def test_bombs_are_read_in_linear_time(bomb):
    started = time.perf_counter()
    result = render(bomb, VALUES)
    assert time.perf_counter() - started < 0.05
    assert result.text == bomb
    assert result.unresolved


def test_long_templates_and_long_results_are_refused():
    with pytest.raises(TemplateTooLongError, match="This template is longer than 20,000"):
        render("x" * (MAX_TEMPLATE_CHARACTERS + 1), VALUES)
    with pytest.raises(TemplateTooLongError, match="The finished text is longer than 40,000"):
        render("{{first_name}}" * 100, {"first_name": "A" * 1_000})


def test_variables_are_named_once_in_order():
    assert variables_in("{{role}} {{company|x}} {{role}}") == ("role", "company")


def test_lint_names_unknown_variables_and_stray_braces():
    problems = lint("Hi {{name}} {{First}} and {{role}}")
    assert [(problem.kind, problem.start, problem.end) for problem in problems] == [
        ("unknown_variable", 3, 11),
        ("stray_braces", 12, 14),
        ("stray_braces", 19, 21),
    ]
    assert problems[0].sentence.startswith("“name” is not a variable we know. Use one of: company,")
    assert lint("Hi {{role}}") == []
    assert lint("Hi {{role}}", allowed=["company"])[0].kind == "unknown_variable"
    assert lint("x" * (MAX_TEMPLATE_CHARACTERS + 1))[0].kind == "too_long"


@given(st.text(max_size=400), st.dictionaries(st.sampled_from(VARIABLES), st.text(max_size=40)))
def test_any_template_renders_and_literal_text_survives(template, values):
    result = render(template, values)
    if "{{" not in template and "}}" not in template:
        assert result.text == template
        assert result.unresolved == ()
    if not lint(template) and all(
        " ".join(values.get(v, "").split()) for v in variables_in(template)
    ):
        assert result.unresolved == ()


@given(st.text(max_size=60))
def test_any_value_goes_in_as_it_is(value):
    result = render("<{{first_name}}>", {"first_name": value})
    plain = " ".join(value.split())
    assert result.text == (f"<{plain}>" if plain else "<{{first_name}}>")


def test_the_default_sequence_is_on_days_0_3_and_5():
    steps = JOB_SEEKER_DEFAULT.steps
    assert [step.working_day for step in steps] == [0, 3, 5]
    assert [step.delay_working_days for step in steps] == [0, 3, 2]


@pytest.mark.parametrize("step", JOB_SEEKER_DEFAULT.steps, ids=lambda step: str(step.position))
def test_default_steps_are_clean_short_and_complete_with_the_least_we_know(step):
    assert lint(step.subject) == []
    assert lint(step.body) == []
    least = dict.fromkeys(("company", "role", "my_name", "my_email"), "X")
    for text in (step.subject, step.body):
        result = render(text, least)
        assert result.unresolved == ()
        assert "{{" not in result.text
    assert len(step.body.split()) <= 130
    assert len(step.subject) <= 60
    words = f"{step.subject} {step.body}".lower()
    for spam in ("free", "guarantee", "urgent", "act now", "click", "!!", "$", "opportunity of"):
        assert spam not in words
    assert "<img" not in words
