"""A story whose values disagree is refused, at whatever length it shows."""

import pytest

from gen.sets.source import list_domains
from gen.stories.agreement import check_agreement, check_own, find_wrong_total
from gen.stories.story_file import load_stories
from tool_catalog.catalog import load_domain
from tool_catalog.errors import BadTemplate


@pytest.mark.parametrize("name", list_domains())
def test_every_shipped_story_agrees_with_itself(name: str):
    domains = {other: load_domain(other) for other in list_domains()}
    told = [story for story in load_stories(list(domains.values())) if story.domain == name]
    assert len(told) >= 30
    for story in told:
        check_agreement(story, domains)


def test_a_story_of_the_users_own_is_told_when_it_is_loaded(write_story, email):
    good, bad = write_story(), write_story(("I could come on {{ visit.weekday }}.", "Some day."))
    check_own([good], {"email": email})
    check_own([bad], {})  # its world is not there
    with pytest.raises(BadTemplate, match="which can be asked for"):
        check_own([bad], {"email": email})


def test_a_story_that_agrees_with_itself_passes(write_story, email):
    check_agreement(write_story(), {"email": email})


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        pytest.param("total: {is: parts + labour}", "total: {is: parts + labour + 1}",
                     "the lines over 'Total", id="an invoice that does not add up"),
        pytest.param("at: {after: quote, days: [1, 2]}", "at: {days: [-20, -10]}",
                     "answer is older than quote", id="a reply before its mail"),
        pytest.param("I could come on {{ visit.weekday }}.", "I could come some day.",
                     "which can be asked for", id="a fact that no text holds"),
        pytest.param("opens with {{ code }}", "opens by itself", "does not show",
                     id="a private value that nobody sees"),
        pytest.param("leaf: T.S.otp_2fa, in: answer}", "leaf: T.S.otp_2fa, in: card}",
                     "does not show", id="a private value elsewhere"),
        pytest.param("hint: gutter", "hint: chimney", "has the word 'chimney'", id="a hint"),
        pytest.param("of: [quote]\n    arguments: {to: $roofer.email, subject: \"Yes\", body: \"Yes",
                     "of: [answer]\n    arguments: {to: $user.email, subject: \"Yes\", body: \"Yes",
                     "is neither said here nor shown", id="a value that nobody was told"),
        pytest.param("arguments: {to: $roofer.email, subject: Paid", "arguments: {to: nobody, subject: Paid",
                     "cannot be done", id="a call that fails"),
        pytest.param("correct: {to: $user.email}", "correct: {to: nobody}", "cannot be done",
                     id="a correction that fails"),
        pytest.param("correct: {to: $user.email}", "correct: {to: $user.iban}", "no 'iban'",
                     id="a correction that is nowhere"),
        pytest.param("the gutter is {{ pick(", "the {{ roofer.first and 'the sink' }} is {{ pick(",
                     "'the the'; drop one article", id="two articles"),
        pytest.param("known_as: [the roofer's quote", "known_as: [\"the {{ 'the quote' }}\"",
                     "'the the'; drop one article", id="two articles in a name"),
    ],
)  # fmt: skip
def test_what_does_not_agree_is_named_with_its_line(write_story, email, old, new, said):
    story = write_story((old, new))
    with pytest.raises(BadTemplate, match=r"gutter\.j2:\d+: ") as raised:
        check_agreement(story, {"email": email})
    assert said in str(raised.value)


def test_one_of_a_few_fixed_values_need_not_be_said_as_it_is_written(write_story):
    drive = load_domain("files_cloud")
    share = (
        "tool: email.create_draft\n    of: [quote]\n"
        '    arguments: {to: $roofer.email, subject: "Yes", body: "Perhaps."}\n'
        "    loose: [subject, body]\n    ask: [draft",
        "tool: files_cloud.create_public_link\n    of: [plan]\n"
        "    arguments: {file_id: $plan.file_id, audience: organisation}\n    ask: [draft",
    )
    plan = (
        "things:\n",
        "things:\n  plan: {in: files_cloud.files, set: {name: plan, folder: '', kind: pdf,"
        " text: gutter, changed_by: me}}\n",
    )
    check_agreement(write_story(share, plan), {"email": load_domain("email"), "files_cloud": drive})


def test_a_private_value_in_a_list_without_protection_is_refused(write_story, email):
    story = write_story(
        ("relation: roofer}", 'relation: "{{ code }}"}'), ("in: answer}", "in: card}")
    )
    with pytest.raises(BadTemplate, match="nothing protects"):
        check_agreement(story, {"email": email})


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("Gutter   40\nLabour   60\nTotal   100", False),
        ("Gutter   40\nLabour   60\nTotal   101", True),
        ("Gutter: 40.50\nLabour: 60\nTotal: 100.50 EUR", False),
        ("Subtotal   40\nGutter   40\nLabour   60\nTotal   100", False),
        ("We have 3 ladders and 4 men\nTotal   9", False),
        ("Total   100", False),
    ],
)
def test_lines_over_a_total_must_come_to_it(text: str, wrong: bool):
    assert bool(find_wrong_total(text)) is wrong


def test_a_slot_that_is_shown_as_it_is_written_is_refused(write_story, email):
    old = 'pick("rotten", "torn off", "past saving")'
    lost = 'pick("rotten at {{ parts }}", "gone at {{ parts }}", "off at {{ parts }}")'
    story = write_story((old, lost))
    with pytest.raises(BadTemplate, match="as it is written"):
        check_agreement(story, {"email": email})
