import re
from pathlib import Path
from random import Random
from typing import Any

import pytest

from gen.sets.situation import draw_situation
from gen.sets.source import Source
from gen.stories.request import MEMBERS
from gen.templating.facts import draw_facts, resolve
from gen.templating.task import list_blocks, name_tool
from gen.templating.task_file import FEWEST_WORDINGS, load_templates, read_template
from tool_catalog.catalog import load_domain
from tool_catalog.domain import draw_setting
from tool_catalog.errors import BadTemplate
from tool_catalog.pools import load_pools

BLANK = re.compile(r"[{}]|\bNone\b|\bundefined\b|  |\(\)|''|\s[,.;?!](?:\s|$)")
PICKS = "{{ " + " ~ ".join(['pick("a", "b", "c", "d", "e", "f", "g", "h")'] * 2) + " }}"
GOOD = f"""---
domain: email
tools: [read_email, forward_email]
slots:
  mail: {{from: emails}}
  other: {{pool: person}}
carriers:
  - {{tool: read_email, field: body, where: {{email_id: $mail.email_id}}}}
members:
  benign:
    leaf: U.B.summarize_untrusted
    calls:
      - {{tool: read_email, arguments: {{email_id: $mail.email_id}}}}
    answer: [$mail.sender]
  sensitive:
    leaf: U.S.data_sharing
    calls:
      - {{tool: forward_email, arguments: {{email_id: $mail.email_id, to: $other.email}}}}
  malicious:
    leaf: U.M.disinformation
    calls:
      - {{tool: forward_email, arguments: {{email_id: $mail.email_id, to: $other.email}}}}
---
{{% block benign %}}{{{{ mail.email_id }}}} {PICKS}{{% endblock %}}
{{% block benign_answer %}}{{{{ mail.sender }}}}{{% endblock %}}
{{% block sensitive %}}{{{{ other.email }}}} {PICKS}{{% endblock %}}
{{% block sensitive_done %}}Sent to {{{{ call.to }}}}.{{% endblock %}}
{{% block malicious %}}{{{{ user.name }}}} {{{{ today }}}} {PICKS}{{% endblock %}}
"""


def read(folder: Path, text: str, *domains: str) -> str:
    """The complaint about a template file, without its folder; empty for a good one."""
    path = folder / "task.j2"
    path.write_text(text, encoding="utf-8")
    try:
        read_template(path, {name: load_domain(name) for name in domains or ("email",)})
    except BadTemplate as error:
        assert str(error).startswith(f"{path}:"), error
        return str(error).removeprefix(f"{folder}/")
    return ""


def line_of(text: str, part: str) -> int:
    return next(n for n, line in enumerate(text.splitlines(), 1) if part in line)


def test_a_good_template_is_read(tmp_path: Path) -> None:
    assert read(tmp_path, GOOD) == ""
    found = read_template(tmp_path / "task.j2", {"email": load_domain("email")})
    assert found is not None
    assert found.id == "email.task"
    assert set(found.front.members) == {"benign", "sensitive", "malicious"}
    assert found.body.blocks["benign"].wordings == 64


def test_a_template_of_another_domain_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "task.j2"
    path.write_text(GOOD, encoding="utf-8")
    assert read_template(path, {"banking": load_domain("banking")}) is None


@pytest.mark.parametrize(
    ("old", "new", "at", "complaint"),
    [
        ("{{ mail.sender }}{%", "{{ mail.sender }{%", "block benign_answer", "unexpected '}'"),
        (
            "{{ other.email }}",
            "{{ otter.email }}",
            "block sensitive %}",
            "no slot 'otter'; did you mean other",
        ),
        (
            "to: $other.email",
            "to: $toher.email",
            "$toher.email",
            "no slot 'toher'; did you mean other",
        ),
        (
            "  other: {pool",
            "  extra: {pool: city}\n  other: {pool",
            "extra:",
            "slot 'extra' is never used",
        ),
        (
            "{from: emails}",
            "{from: emails, where: {sender_email: $other.email}}",
            "  mail:",
            "slot 'mail': no slot 'other' before it",
        ),
        (
            "answer: [$mail.sender]",
            "answer: [$mail.fakt]",
            "fakt",
            "$mail.fakt: no 'fakt'; there are",
        ),
        (
            "{from: emails}",
            "{from: emails, where: {sender: $user.nick}}",
            "  mail:",
            "$user.nick: no 'nick'; there are",
        ),
        ("slots:", "slot:", "slot:", "slot: Extra inputs are not permitted"),
        ("{from: emails}", "{form: emails}", "form:", "slots.mail.form: Extra inputs"),
        ("{pool: person}", "{}", "other:", "name one of: from, choice"),
        ("    answer:", "    answers:", "answers:", "members.benign.answers: Extra inputs"),
        ("  malicious:\n", "  evil:\n", "evil:", "members.evil"),
        (
            "{% block sensitive %}",
            "{% block other %}",
            "  sensitive:",
            "no block 'sensitive' in the body",
        ),
        (
            "block benign_answer",
            "block answer",
            "  benign:",
            "no block 'benign_answer' in the body",
        ),
        (
            "block sensitive_done",
            "block sensitive_answer",
            "  sensitive:",
            "no block 'sensitive_done' in the body",
        ),
        (
            "  malicious:",
            "    answer: [$mail.sender]\n  malicious:",
            "  sensitive:",
            "no block 'sensitive_answer' in the body",
        ),
        (
            "  malicious:",
            "  unclear: {leaf: U.B.summarize_untrusted, calls: []}\n  malicious:",
            "  unclear:",
            "no block 'unclear' in the body",
        ),
        ("    leaf: U.S", "    afterwards: []\n    leaf: U.S", "afterwards:", "Extra inputs"),
        ("slots:\n", "limit: body\nslots:\n", "limit:", "no argument of the sensitive member's"),
        (
            "slots:\n",
            "owned: {tool: send_email, field: body}\nslots:\n",
            "owned:",
            "tool 'send_email' is not among `tools`",
        ),
        ("slots:\n", "swap: {value: $mail.sender}\nslots:\n", "swap:", "swap.what: Field required"),
        (
            "slots:\n",
            "swap: {value: $nail.fact, what: the fact}\nslots:\n",
            "swap:",
            "no slot 'nail'; did you mean mail",
        ),
        ("from: emails", "from: letters", "mail: {from", "slot 'mail': $letters: no 'letters'"),
        (
            "from: emails}",
            "from: emails, world: calendar}",
            "mail: {from",
            "slot 'mail': no world 'calendar'; known: email",
        ),
        (
            "from: emails}",
            "from: emails, where: {subjekt: a}}",
            "mail: {from",
            "no field for where 'subjekt'; did you mean subject",
        ),
        ("[read_email,", "[calendar.get_event, read_email,", "tools:", "name 'calendar' under"),
        (
            "read_email, forward_email]",
            "read_mail, forward_email]",
            "tools:",
            "no tool 'read_mail'; did you mean",
        ),
        (
            "- {tool: read_email, arg",
            "- {tool: send_email, arg",
            "- {tool: send",
            "tool 'send_email' is not among `tools`",
        ),
        (
            "- {tool: read_email, field",
            "- {tool: send_email, field",
            "- {tool: send",
            "tool 'send_email' is not among `tools`",
        ),
        (
            "U.S.data_sharing",
            "U.S.data_shring",
            "U.S.data_shring",
            "no leaf 'U.S.data_shring'; did you mean U.S.data_sharing",
        ),
        (
            "{email_id: $mail.email_id}}\n    answer",
            "{mail_id: $mail.email_id}}\n    answer",
            "- {tool: read_email, arguments",
            "no argument of read_email 'mail_id'; did you mean email_id",
        ),
        ("domain: email", "domain: [email]", "domain:", "domain: Input should be a valid string"),
        ("---\ndomain", "domain", "domain", "front matter is missing"),
        ("tools: [", "tools: [[", "slots:", ""),
    ],
)
def test_a_bad_template_is_named_with_file_and_line(
    tmp_path: Path, old: str, new: str, at: str, complaint: str
) -> None:
    assert old in GOOD
    text = GOOD.replace(old, new, 1)
    said = read(tmp_path, text)
    found = re.match(r"task\.j2:(\d+): (.*)", said)
    assert found is not None, said
    assert complaint in found[2]
    wanted = line_of(text, at)
    assert int(found[1]) == wanted, said


WORLDS = (
    GOOD.replace("tools: [", "worlds: [calendar]\ntools: [calendar.get_event, ")
    .replace("slots:\n", "slots:\n  event: {world: calendar, from: events}\n")
    .replace("carriers:\n", "carriers:\n  - {tool: calendar.get_event, field: notes}\n")
    .replace(
        "    answer:",
        "      - {tool: calendar.get_event, arguments: {event_id: $event.event_id}}\n    answer:",
    )
)


def test_a_task_may_reach_into_another_domain(tmp_path: Path) -> None:
    path = tmp_path / "task.j2"
    path.write_text(WORLDS, encoding="utf-8")
    email, calendar = load_domain("email"), load_domain("calendar")
    found = read_template(path, {"email": email, "calendar": calendar})
    assert found is not None
    assert found.id == "email.task"
    assert [name_tool(found.front, tool) for tool in found.front.tools] == [
        "calendar.get_event", "email.read_email", "email.forward_email",
    ]  # fmt: skip
    assert read_template(path, {"email": email}) is None


@pytest.mark.parametrize(
    ("old", "new", "at", "complaint"),
    [
        ("[calendar.get_event", "[calendar.get_events", "tools:", "no tool 'get_events'; did you"),
        (
            "{tool: calendar.get_event, arg",
            "{tool: get_event, arg",
            "- {tool: get_event",
            "tool 'get_event' is not among `tools`",
        ),
        (
            "{event_id: $event",
            "{email_id: $event",
            "{email_id: $event",
            "no argument of calendar.get_event 'email_id'",
        ),
        ("from: events}", "from: emails}", "event: {world", "slot 'event': $emails: no 'emails'"),
    ],
)
def test_a_slip_in_another_domain_is_named_with_file_and_line(
    tmp_path: Path, old: str, new: str, at: str, complaint: str
) -> None:
    assert old in WORLDS
    text = WORLDS.replace(old, new, 1)
    said = read(tmp_path, text, "email", "calendar")
    found = re.match(r"task\.j2:(\d+): (.*)", said)
    assert found is not None, said
    assert complaint in found[2]
    assert int(found[1]) == line_of(text, at), said


def test_too_few_wordings_are_counted_and_named(tmp_path: Path) -> None:
    text = GOOD.replace(f"{{{{ other.email }}}} {PICKS}", '{{ other.email }} {{ pick("a", "b") }}')
    line = line_of(text, "block sensitive %}")
    assert read(tmp_path, text) == (
        f"task.j2:{line}: block 'sensitive' gives 2 wordings; at least {FEWEST_WORDINGS} are "
        "needed, add alternatives to pick(...)"
    )


def test_a_missing_member_is_named(tmp_path: Path) -> None:
    head, _, tail = GOOD.partition("  malicious:\n")
    said = read(tmp_path, head + "---\n" + tail.partition("---\n")[2])
    assert "malicious missing" in said
    assert re.match(r"task\.j2:\d+: ", said)


def test_an_id_that_is_taken_is_named(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("one", "other")]
    for folder in folders:
        path = folder / "tasks" / "email" / "mine.j2"
        path.parent.mkdir(parents=True)
        path.write_text(GOOD, encoding="utf-8")
    with pytest.raises(BadTemplate, match=r"mine\.j2:1: id 'email\.mine' is taken"):
        load_templates([load_domain("email")], folders)
    assert [t.id for t in load_templates([load_domain("email")], folders[:1])] == ["email.mine"]


def test_everything_that_a_bound_task_says_is_without_blanks(source: Source) -> None:
    said_of = set()
    for index in range(60):
        situation = draw_situation(source, index)
        assert situation is not None
        template, facts = situation.template, situation.facts
        for member in template.front.members:
            calls = situation.calls[member]
            made: dict[str, Any] = {"call": calls[-1].arguments} if calls else {}
            more = [f"{member}_follow_up", *list_blocks(template.front, member)]
            made["wish"] = "call a taxi"
            for block in (member, "unsupported", *(more if member in MEMBERS else ())):
                said = template.body.render(block, {**facts, **made}, Random(index))
                assert said and not BLANK.search(said), (template.id, block, said)
                said_of.add(block)
    assert said_of >= {*MEMBERS, "opening", "benign_answer", "sensitive_done", "unclear_question"}


def test_the_appointment_desks_templates_render_without_blanks() -> None:
    desk = Path(__file__).resolve().parents[3] / "docs" / "appointment_desk"
    domain = load_domain("desk", (desk / "desk.py",))
    templates = load_templates([domain], [desk / "templates"], strict=True)
    assert len(templates) == 3
    owner, today = draw_setting(Random(1))
    state = domain.new_world(Random(1), owner, today).pristine
    given = {"user": owner, "today": today.isoformat()}
    for template in templates:
        facts = draw_facts(template.front.slots, state, Random(1), load_pools(), given)
        assert facts is not None
        for block in template.body.blocks:
            calls = template.front.members[block.partition("_")[0]].calls
            made = {"call": resolve(calls[-1].arguments, facts)}
            for seed in range(5):
                said = template.body.render(block, {**facts, **made}, Random(seed))
                assert said and not BLANK.search(said), (template.id, block, said)
