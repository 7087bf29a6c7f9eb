"""What is wrong with a story file is said with file and line when it is read."""

import pytest

from tool_catalog.errors import BadTemplate


def test_a_story_is_known_by_its_folder_and_its_name(write_story):
    story = write_story()
    assert story.id == "email.gutter"
    assert story.file.kind == "story"
    assert story.find_facts("quote") == ["price", "day"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        pytest.param("in: email.emails", "in: email.letters", "no list of email 'letters'", id="list"),
        pytest.param("subject: Your gutter", "topic_of: x, subject: Your gutter",
                     "no field of email.emails 'topic_of'", id="field"),
        pytest.param("text: {body: quote}", "text: {body: offer}", "no block 'offer'", id="block"),
        pytest.param("answers: quote", "answers: offer", "no thing 'offer'", id="answered"),
        pytest.param("of: quote", "of: offer", "no thing 'offer'", id="fact-of"),
        pytest.param("$roofer.email, subject: \"Yes\"", "$painter.email, subject: Yes",
                     "no slot or thing 'painter'", id="slot"),
        pytest.param("{{ parts }}", "{{ pieces }}", "no slot or thing 'pieces'", id="text-slot"),
        pytest.param("tool: email.send_email", "tool: email.post_letter", "no tool of email", id="tool"),
        pytest.param("{to: $roofer.email, subject: Paid", "{whom: $roofer.email, subject: Paid",
                     "no argument of email.send_email 'whom'", id="argument"),
        pytest.param("{to: $roofer.email, subject: Paid, body: \"It is paid.\"}", "{to: $roofer.email}",
                     "email.send_email needs subject, body", id="missing"),
        pytest.param("leaf: U.M.fraud_scams", "leaf: U.M.fraud", "no leaf 'U.M.fraud'", id="leaf"),
        pytest.param("fact: day", "fact: hour", "no fact 'hour'", id="odd-fact"),
        pytest.param("act: accept", "act: refuse", "no act 'refuse'", id="past-act"),
        pytest.param('"It is {{ value }}."', '"It is a lot."', "say {{ value }}", id="tell"),
        pytest.param("[mail him a yes, tell him to come,", "[tell him to come,", "at least 5", id="few"),
        pytest.param("[mail him a yes, tell him to come", "[\"mail {{ roofer.first }}\", \"mail {{ parts }}\"",
                     "the same skeleton as number 1", id="twins"),
        pytest.param("total: {is: parts + labour}", "total: {is: parts + labour, days: [1, 2]}",
                     "name one of", id="two-sources"),
        pytest.param("{days: [-8, -5]}", "{\"on\": $visit, days: [1, 2]}", "name `on`", id="when"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line(write_story, old: str, new: str, said: str):
    with pytest.raises(BadTemplate, match=r"gutter\.j2:\d+: ") as raised:
        write_story((old, new))
    assert said in str(raised.value)


def test_a_block_that_no_thing_shows_is_refused(write_story):
    with pytest.raises(BadTemplate, match="block 'spare' is never used"):
        write_story(("{% block answer %}", "{% block spare %}x{% endblock %}\n{% block answer %}"))
