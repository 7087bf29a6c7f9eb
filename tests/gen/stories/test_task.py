"""What is wrong with a task on stories is said with file and line when it is read."""

import pytest

from tool_catalog.errors import BadTemplate


def test_a_task_names_its_tools_in_full(write_task):
    task = write_task()
    assert task.id == "email.answer_roofer"
    assert task.acts == ("email.send_email",)
    assert "email.search_emails" in task.tools
    assert task.name_list("emails") == "email.emails"
    assert task.name_list("calendar.events") == "calendar.events"


def test_a_task_without_a_thing_is_none_of_these(write_task):
    assert write_task(("thing: emails\n", "")) is None


def test_a_task_of_worlds_that_are_not_there_is_left_out(write_task):
    assert write_task(("domain: email\n", "domain: email\nworlds: [calendar]\n")) is None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        pytest.param("thing: emails", "thing: letters", "no list of email 'letters'", id="thing"),
        pytest.param("acts: [send_email]", "acts: [delete_emails]", "not among `tools`", id="act"),
        pytest.param("send_email, create_draft]", "send_email, create_letter]", "no tool", id="tool"),
        pytest.param("$thing.email_id}}", "$mail.email_id}}", "no value 'mail'", id="reads"),
        pytest.param("send_email, create_draft]", "send_email, calendar.get_event]",
                     "name 'calendar' under `worlds`", id="world"),
        pytest.param("{tool: read_email, field", "{tool: list_attachments, field", "not among `tools`",
                     id="carrier"),
        pytest.param("field: body", "field: owner", "no field in `third_party` of read_email 'owner'",
                     id="carrier-field"),
        pytest.param("leaf: T.C.email", "leaf: T.C.letter", "no leaf 'T.C.letter'", id="carrier-leaf"),
        pytest.param("{{ why }}", "{{ reason }}", "no word for a request 'reason'", id="word"),
        pytest.param("and {{ deed }}.", "and be quick.", "speak of {{ ask }}", id="deed"),
        pytest.param("  - \"Eight to go: {{ deed }} once you know {{ ask }}.\"\n", "", "at least 8", id="few"),
        pytest.param("Eight to go: {{ deed }} once you know {{ ask }}.", "Two, {{ ask }} and {{ deed }}!",
                     "the same skeleton as number 2", id="twins"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line(write_task, old: str, new: str, said: str):
    with pytest.raises(BadTemplate, match=r"answer_roofer\.j2:\d+: ") as raised:
        write_task((old, new))
    assert said in str(raised.value)
