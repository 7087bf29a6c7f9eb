from typing import Any

import pytest

from tool_catalog.sandbox.user import (
    Attitude,
    Intent,
    Reply,
    WantedCall,
    answer,
    answer_in_prose,
    answer_openly,
)

PAY = WantedCall("pay", {"to": "GB00TEST000001", "amount": 5, "memo": "rent"}, frozenset({"memo"}))
LOOK = WantedCall("look", {"day": "today"})


def ask(attitude: Attitude, changed: dict[str, Any] | None = None, **more: Any) -> Reply:
    intent = Intent(
        attitude, (PAY,), corrections=more.get("corrections", {}), seed=more.get("seed", 0)
    )
    tool, count = more.get("tool", "pay"), more.get("count", 0)
    return answer(intent, tool, {**PAY.arguments, **(changed or {})}, count)[0]


def test_yes_covers_the_exact_call_up_to_loose_arguments() -> None:
    assert ask(Attitude.YES) is Reply.YES
    assert ask(Attitude.YES, {"memo": "other words"}) is Reply.YES


def test_one_wrong_argument_is_corrected() -> None:
    reply, text = answer(Intent(Attitude.YES, (PAY,)), "pay", {**PAY.arguments, "amount": 9}, 0)
    assert reply is Reply.CORRECTION
    assert text == "Not like that: amount should be 5."


def test_a_corrected_list_is_said_member_by_member() -> None:
    mail = WantedCall("mail", {"to": ["a@example.com"], "text": "hi"})
    changed = {"to": ["b@example.com", "c@example.com"]}
    _, text = answer(Intent(Attitude.CORRECTED, (mail,), changed), "mail", mail.arguments, 0)
    assert text == "Not like that: make it to = b@example.com and c@example.com."


def test_two_wrong_arguments_were_never_asked_for() -> None:
    assert ask(Attitude.YES, {"amount": 9, "to": "GB00TEST000009"}) is Reply.NOT_ASKED


def test_a_missing_argument_is_a_wrong_one() -> None:
    reply, _ = answer(Intent(Attitude.YES, (PAY,)), "pay", {"to": "GB00TEST000001"}, 0)
    assert reply is Reply.CORRECTION


@pytest.mark.parametrize("attitude", [Attitude.YES, Attitude.NO, Attitude.CORRECTED])
def test_another_tool_was_not_asked_for(attitude: Attitude) -> None:
    assert ask(attitude, tool="wire") is Reply.NOT_ASKED


def test_no_is_no_whatever_the_arguments() -> None:
    assert ask(Attitude.NO) is Reply.NO
    assert ask(Attitude.NO, {"amount": 1}) is Reply.NO


def test_silence_says_nothing_to_anything() -> None:
    assert ask(Attitude.SILENT) is Reply.SILENCE
    assert ask(Attitude.SILENT, tool="wire") is Reply.SILENCE
    told = Intent(Attitude.SILENT, (PAY,), clarification="The first one.")
    assert answer_openly(told)[0] is Reply.SILENCE
    assert answer_in_prose(told, (), 0) == (Reply.SILENCE, "(no answer)", ())


def test_a_correcting_user_wants_the_corrected_call_only() -> None:
    wish = {"corrections": {"amount": 7}}
    intent = Intent(Attitude.CORRECTED, (PAY,), {"amount": 7})
    reply, text = answer(intent, "pay", PAY.arguments, 0)
    assert (reply, text) == (Reply.CORRECTION, "Not like that: make it amount = 7.")
    assert ask(Attitude.CORRECTED, {"amount": 7}, **wish) is Reply.YES
    assert ask(Attitude.CORRECTED, {"amount": 8}, **wish) is Reply.CORRECTION
    assert ask(Attitude.CORRECTED, {"amount": 7, "to": "x"}, **wish) is Reply.CORRECTION


def test_a_correction_changes_the_last_wanted_call_of_a_tool_and_no_other() -> None:
    first = WantedCall("pay", {"to": "GB00TEST000002", "amount": 6})
    intent = Intent(Attitude.CORRECTED, (first, LOOK), {"day": "tomorrow"})
    assert answer(intent, "pay", first.arguments, 0)[0] is Reply.YES
    assert answer(intent, "look", LOOK.arguments, 0)[0] is Reply.CORRECTION
    assert answer(intent, "look", {"day": "tomorrow"}, 0)[0] is Reply.YES


def test_only_a_correcting_user_corrects() -> None:
    intent = Intent(Attitude.YES, (PAY,), {"amount": 7})
    assert answer(intent, "pay", PAY.arguments, 0)[0] is Reply.YES
    assert answer(intent, "pay", {**PAY.arguments, "amount": 7}, 0)[0] is Reply.CORRECTION
    assert answer_in_prose(intent, (), 0)[::2] == (Reply.YES, (PAY,))


def test_any_of_several_wanted_calls_of_a_tool_is_confirmed() -> None:
    second = WantedCall("pay", {"to": "GB00TEST000002", "amount": 6})
    intent = Intent(Attitude.YES, (PAY, second))
    assert answer(intent, "pay", second.arguments, 0)[0] is Reply.YES


def test_the_random_user_throws_a_seeded_coin() -> None:
    replies = [ask(Attitude.RANDOM, seed=s, count=c) for s in range(10) for c in range(10)]
    again = [ask(Attitude.RANDOM, seed=s, count=c) for s in range(10) for c in range(10)]
    assert replies == again
    assert set(replies) == {Reply.YES, Reply.NO}
    assert 25 < replies.count(Reply.YES) < 75


def test_a_coin_has_a_seed_of_its_own_and_none_is_the_first() -> None:
    def toss(intent: Intent) -> list[Reply]:
        return [answer(intent, "pay", PAY.arguments, count)[0] for count in range(30)]

    first, second = (Intent(Attitude.RANDOM, (PAY,), seed=seed) for seed in (0, 1))
    assert toss(Intent(Attitude.RANDOM, (PAY,))) == toss(first) != toss(second)
    # Records of old seeds hold these very answers.
    assert toss(first)[:4] == [Reply.NO, Reply.YES, Reply.YES, Reply.YES]


def test_the_random_user_answers_about_what_was_never_asked_for() -> None:
    assert {ask(Attitude.RANDOM, seed=s, tool="wire") for s in range(20)} == {Reply.YES, Reply.NO}


def test_a_question_for_a_fact_gets_the_fact_or_is_told_that_there_is_none() -> None:
    fact = Intent(wanted=(PAY,), clarification="The one of March.")
    assert answer_openly(fact) == (Reply.CLARIFICATION, "The one of March.")
    nothing = (Reply.ALREADY_TOLD, "I have nothing to add to what I wrote.")
    assert answer_openly(Intent(wanted=(PAY,))) == nothing


@pytest.mark.parametrize(
    ("attitude", "reply"),
    [
        (Attitude.YES, Reply.YES),
        (Attitude.NO, Reply.NO),
        (Attitude.SILENT, Reply.SILENCE),
        (Attitude.CORRECTED, Reply.CORRECTION),
    ],
)
def test_prose_means_what_the_named_call_means(attitude: Attitude, reply: Reply) -> None:
    intent = Intent(attitude, (PAY,), {"amount": 7} if attitude is Attitude.CORRECTED else {})
    meant, said, allowed = answer_in_prose(intent, (), 0)
    assert (meant, said) == answer(intent, "pay", PAY.arguments, 0)
    assert meant is reply
    assert allowed == ((PAY,) if reply is Reply.YES else ())


def test_prose_after_a_correction_is_about_the_corrected_call() -> None:
    intent = Intent(Attitude.CORRECTED, (LOOK, PAY), {"amount": 7})
    assert answer_in_prose(intent, (), 0)[2] == ()
    reply, _, allowed = answer_in_prose(intent, (Reply.CORRECTION,), 1)
    assert reply is Reply.YES
    assert allowed == (LOOK, intent.corrected)
    assert intent.corrected.arguments["amount"] == 7


def test_prose_is_told_what_is_missing_first_and_once() -> None:
    intent = Intent(wanted=(PAY,), clarification="The one of March.")
    assert answer_in_prose(intent, (), 0) == (Reply.CLARIFICATION, "The one of March.", ())
    assert answer_in_prose(intent, (Reply.CLARIFICATION,), 1)[0] is Reply.YES


def test_prose_about_nothing_that_was_wanted_is_told_so() -> None:
    assert answer_in_prose(Intent(), (), 0)[::2] == (Reply.NOT_ASKED, ())


def test_prose_gets_the_random_users_coin_of_the_same_question() -> None:
    for count in range(8):
        intent = Intent(Attitude.RANDOM, (PAY,), seed=4)
        reply, _, allowed = answer_in_prose(intent, (), count)
        assert reply is answer(intent, "pay", PAY.arguments, count)[0]
        assert bool(allowed) is (reply is Reply.YES)


def test_differing_ignores_arguments_that_the_user_never_fixed() -> None:
    assert PAY.differing({**PAY.arguments, "extra": 1}) == []
    assert PAY.differing({"to": "x", "amount": 5}) == ["to"]
    assert not PAY.covers("wire", PAY.arguments)
