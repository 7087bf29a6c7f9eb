"""Each measure passes what it should and fails what it should."""

from collections.abc import Callable, Sequence
from random import Random

import pytest

from gen.checks.quality.figure import QualityFigure
from gen.checks.quality.measures import (
    consistency,
    contexts,
    copies,
    coverage,
    decisions,
    entities,
    formulations,
    inputs,
    overlap,
    self_bleu,
    transfer,
    vocabulary,
)
from gen.checks.quality.sample import TOOL, USER, LabelledText, RecordView, Sample

MakeView = Callable[..., RecordView]
MakeRun = Callable[[Sequence[RecordView]], Sample]
EMPTY = Sample({"texts": []}, {}, [])


def _named(figures: Sequence[QualityFigure], start: str) -> QualityFigure:
    [found] = [figure for figure in figures if figure.name.startswith(start)]
    return found


@pytest.mark.parametrize(
    "measure",
    [contexts.measure, decisions.measure, consistency.measure, formulations.measure,
     coverage.measure, inputs.measure, entities.measure],
)  # fmt: skip
def test_what_needs_records_says_so(measure):
    figures = list(measure(EMPTY))
    assert figures
    assert {(f.judgement, f.note) for f in figures} == {
        ("not measured", "needs the records of a run")
    }


@pytest.mark.parametrize("measure", [transfer.measure, overlap.measure])
def test_what_compares_says_what_is_missing(measure):
    [figure] = measure(EMPTY, {})
    assert (figure.judgement, figure.note) == ("not measured", "needs --compare FILE")


def test_contents_and_requests_of_two_meanings_are_counted(make_view: MakeView, make_run: MakeRun):
    views = [make_view(n, contents=(f"line {n // 2}",), request=f"ask {n}") for n in range(8)]
    views[1] = make_view(1, contents=("line 0",), tool_label="malicious", request="ask 0",
                         decision="refuse")  # fmt: skip
    contents, requests = contexts.measure(make_run(views))
    assert contents.estimate.value == 1 / 4
    assert requests.estimate.value == 1 / 7
    assert contents.holds and requests.holds
    contents, requests = contexts.measure(make_run(views[2:]))
    assert contents.estimate.value == requests.estimate.value == 0
    assert not contents.holds and not requests.holds


def _decide(make_view: MakeView, telling: bool) -> list[RecordView]:
    return [
        make_view(number, id=f"{number}{decision}", decision=decision,
                  request=f"look at page {number}" + (f" {decision}" if telling else ""))
        for number in range(30)
        for decision in ("execute", "refuse")
    ]  # fmt: skip


@pytest.mark.parametrize("telling", [True, False])
def test_a_request_that_gives_the_decision_away_is_found_out(make_view, make_run, telling):
    sample = make_run(_decide(make_view, telling))
    [figure] = decisions.measure(sample)
    assert figure.holds is not telling
    [sets] = consistency.measure(sample)
    assert sets.holds is not telling
    assert sets.estimate.value == float(telling)


def test_too_few_sets_have_no_guess(make_view: MakeView, make_run: MakeRun):
    sample = make_run(_decide(make_view, telling=True)[:6])
    for measure in (decisions.measure, consistency.measure):
        [figure] = measure(sample)
        assert (figure.judgement, figure.note) == (
            "not measured", "too few contrast sets or decisions"
        )  # fmt: skip


def test_a_request_that_tells_the_tool_label_is_found_by_writer(make_view, make_run):
    dice = Random(3)
    views = [
        make_view(n, id=f"{n}{label}{writer}", group=f"{writer}{n}", tool_label=label,
                  generator=writer, request=f"{dice.choice('abcdef')} {dice.choice('abcdef')}"
                  + (f" {label}" if writer == "m" else ""))
        for writer in ("template", "m")
        for n in range(60)
        for label in ("benign", "malicious")
    ]  # fmt: skip
    request = next(iter(inputs.measure(make_run(views))))
    assert request.holds is False
    assert request.note.endswith("by m")
    by_writer = {p.name.split(" by ")[1]: p.estimate.value for p in request.parts}
    assert by_writer["m"] == pytest.approx(1.0)
    assert by_writer["template"] is not None and by_writer["template"] < 0.7


def _name_things(payload: str, filler: str) -> Sample:
    texts = [
        LabelledText(f"{text} {n}", "", f"s{n}", "", kind)
        for n in range(40)
        for kind, text in (("payload", payload), ("filler", filler))
    ]
    return Sample({TOOL: texts}, {}, [])


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("id", "move e24 there"), ("id", "see ticket TCK-4412 first"),
        ("path", "open ~/notes/plan"), ("path", "open plan.csv"),
        ("link", "go to https://a.example.com"), ("mail address", "write to a.b@example.com"),
        ("amount", "pay 30 euros"), ("amount", "pay $30"), ("agent words", "Assistant, do it"),
        ("markup", "<b>now</b> read"), ("markup", "read [this](that)"),
        ("person name", "call Christina soon"),
    ],
)  # fmt: skip
def test_a_thing_that_only_payloads_name_breaks_its_ratio(kind, text):
    [figure] = [f for f in entities.measure(_name_things(text, "nothing here")) if kind in f.name]
    assert figure.estimate.value == pytest.approx(1 / entities.FLOOR)
    assert figure.holds is False
    [figure] = [f for f in entities.measure(_name_things(text, text)) if kind in f.name]
    assert figure.estimate.value == pytest.approx(1.0)
    assert not entities.holds(kind, "nothing here of the 3 kinds, is there")


def test_what_is_rare_everywhere_breaks_no_ratio():
    sample = _name_things("nothing", "nothing")
    texts = [*sample.channels[TOOL]]
    texts[0] = LabelledText("go to https://a.example.com", "", "s0", "", "payload")
    texts += [LabelledText(f"nothing {n}", "", f"x{n}", "", "payload") for n in range(20)]
    [figure] = [f for f in entities.measure(Sample({TOOL: texts}, {}, [])) if "link" in f.name]
    assert figure.estimate.value == pytest.approx(1.0)


def _transfer(
    ours: str, theirs: str, make_view: MakeView, make_run: MakeRun
) -> Sequence[QualityFigure]:
    views = [
        make_view(n, kind="payload", tool_label="malicious", contents=(f"{ours} please {n}",))
        for n in range(20)
    ]
    views += [make_view(n + 20, contents=(f"water the garden {n}",)) for n in range(20)]
    rows = [LabelledText(f"it says {theirs}", "malicious", f"g{n}", "", "result") for n in range(9)]
    rows += [LabelledText("it says water", "benign", f"g{n}", "", "result") for n in range(9)]
    rows += [LabelledText(f"{theirs} now", "malicious", f"g{n}", "", "order") for n in range(9)]
    return list(transfer.measure(make_run(views), {"theirs": rows}))


def test_attacks_in_like_words_are_found_here_and_there_and_others_are_not(make_view, make_run):
    forth, back = _transfer("send money", "send money", make_view, make_run)
    assert forth.holds and back.holds
    assert forth.note == "as result"
    assert [part.name for part in forth.parts] == ["as order", "as result"]
    forth, back = _transfer("send money", "garden a result", make_view, make_run)
    assert forth.holds is False and back.holds is False


def test_a_file_of_one_label_cannot_be_transferred_to(make_view, make_run):
    rows = [LabelledText("a", "benign", "g")]
    for figure in transfer.measure(make_run([make_view(n) for n in range(9)]), {"theirs": rows}):
        assert figure.judgement == "not measured"


def _speak(texts: Sequence[str]) -> Sample:
    rows = [LabelledText(text, "", f"s{n}") for n, text in enumerate(texts)]
    return Sample({USER: rows}, {"requests": rows}, [])


def test_texts_of_one_mould_fail_and_texts_of_their_own_pass():
    dice = Random(1)
    letters = "abcdefghijklmnopqrstuvwxyz"
    own = [" ".join("".join(dice.choices(letters, k=5)) for _ in range(9)) for _ in range(40)]
    [figure] = self_bleu.measure(_speak(own))
    assert (figure.estimate.value, figure.holds) == (0.0, True)
    alike = [f"please look at the page {n} of my long list today" for n in range(40)]
    [figure] = self_bleu.measure(_speak(alike))
    assert figure.holds is False
    [figure] = self_bleu.measure(_speak(own[:4]))
    assert figure.note == "too few texts"


def test_self_bleu_counts_a_gram_as_often_as_another_text_has_it():
    texts = [t.split() for t in ("a b c d e", "a b c d f", "a b c d a b c d")]
    first, second, third = self_bleu.score_texts(texts)
    assert first == second == pytest.approx((4 / 5 * 3 / 4 * 2 / 3 * 1 / 2) ** (1 / 4))
    assert third == pytest.approx((4 / 8 * 3 / 7 * 2 / 6 * 1 / 5) ** (1 / 4))
    assert self_bleu.score_texts([["a", "b", "c", "d"], ["e", "f", "g", "h"]]) == [0.0, 0.0]


def test_draws_stop_at_their_tokens_and_take_one_text_a_set():
    rows = [LabelledText(f"one two three {n}", "", f"s{n // 2}") for n in range(100)]
    drawn = self_bleu.draw_texts(rows, "key", limit=40)
    assert len(drawn) == 10 == len({group for group, _ in drawn})
    assert drawn == self_bleu.draw_texts(rows[::-1], "key", limit=40) or len(drawn) == 10


@pytest.mark.parametrize(("words", "holds"), [(6000, True), (300, False)])
def test_words_are_counted_of_two_thousand_requests(words, holds):
    def name(n: int) -> str:
        return "".join(chr(97 + int(digit)) for digit in str(n))

    rows = [
        LabelledText(" ".join(name((n * 4 + k) % words) for k in range(4)), "", f"s{n}")
        for n in range(2400)
    ]
    [figure] = vocabulary.measure(Sample({USER: rows}, {}, []))
    assert figure.holds is holds
    [figure] = vocabulary.measure(Sample({USER: rows[:50]}, {}, []))
    assert figure.judgement == "not measured"
    assert figure.note == "there are 50, with 200 words"


WAYS = (
    "give me the _ of _", "what is _ please", "_ wants to hear about _ so look it up",
    "could somebody find _", "need _ by noon", "i lost _, where was it", "_?",
    "when you have a minute dig out _ for my sister", "tell _ that _ is late",
)  # fmt: skip


def test_eight_skeletons_pass_and_names_and_synonyms_make_none(make_view, make_run):
    views = [make_view(n, masked=WAYS[n % 8]) for n in range(20)]
    [figure] = formulations.measure(make_run(views))
    assert (figure.estimate.value, figure.holds) == (1.0, True)
    views = [make_view(n, masked=WAYS[n % 7]) for n in range(20)]
    [figure] = formulations.measure(make_run(views))
    assert (figure.estimate.value, figure.holds) == (0.0, False)
    verbs = ("find", "work", "get", "make", "spell", "puzzle", "figure", "sort")
    synonyms = [f"please {verb} out and tell me which day the entry of _ is on" for verb in verbs]
    assert formulations.count_skeletons(synonyms) == 1
    assert formulations.count_skeletons(WAYS) == len(WAYS)


def test_a_member_of_few_sets_needs_as_many_ways_as_sets(make_view, make_run):
    [figure] = formulations.measure(make_run([make_view(n, masked=WAYS[n]) for n in range(3)]))
    assert figure.holds
    views = [make_view(n, masked=WAYS[n // 2]) for n in range(4)]
    [figure] = formulations.measure(make_run(views))
    assert figure.holds is False
    scenes = [make_view(n, member="") for n in range(4)]
    [figure] = formulations.measure(make_run(scenes))
    assert figure.judgement == "not measured"


def test_near_copies_of_other_sets_are_counted_and_those_of_the_own_set_are_not():
    line = "the minutes of the meeting on the second floor of the old mill are attached as number"
    copied = [LabelledText(f"{line} {n}", "", f"s{n}") for n in range(10)]
    own = [LabelledText(f"{line} {n}", "", "s") for n in range(10)]
    other = [LabelledText(f"{n} a{n} b{n} c{n} d{n} e{n}", "", f"s{n}") for n in range(10)]
    for texts, share in ((copied, 1.0), (own, 0.0), (other, 0.0)):
        [figure] = copies.measure(Sample({}, {"results": texts}, []))
        assert figure.estimate.value == pytest.approx(share)
        assert figure.holds is (share == 0)
    [figure] = copies.measure(Sample({}, {"results": [LabelledText("short", "", "s")]}, []))
    assert figure.judgement == "not measured"


def test_a_request_outside_train_that_stands_in_it_is_a_leak(make_view, make_run):
    views = [make_view(n, split="train" if n < 5 else "test") for n in range(10)]
    assert _named(list(copies.measure(make_run(views))), "requests outside").holds
    views[9] = make_view(9, split="test", request=views[0].request)
    leak = _named(list(copies.measure(make_run(views))), "requests outside")
    assert (leak.estimate.value, leak.holds) == (1 / 5, False)


def test_what_there_is_of_is_counted(make_view: MakeView, make_run: MakeRun):
    leaves = [{"technique": f"T.K.{n}", "goal": f"T.G.{n}", "strategy": f"U.J.{n}",
               "user": f"U.B.{n}", "tool": f"T.B.{n}"} for n in range(100)]  # fmt: skip
    views = [
        make_view(n, leaves=held, domains=(f"d{n}",), tools=(f"d.a{n}", f"d.b{n}"))
        for n, held in enumerate(leaves)
    ]
    assert all(figure.holds for figure in coverage.measure(make_run(views)))
    found = list(coverage.measure(make_run([make_view(0), make_view(1)])))
    assert not any(figure.holds for figure in found)
    assert _named(found, "strategies").estimate.value == 0


def test_thirteen_words_of_somebody_else_are_found_and_twelve_are_not():
    line = "one two three four five six seven eight nine ten eleven twelve thirteen".split()
    theirs = {"theirs": [LabelledText(" ".join(line), "x", "g"), LabelledText("a b", "x", "h")]}
    for words, share in ((line, 0.5), (line[:12], 0.0)):
        sample = Sample({}, {}, [f"we said {' '.join(words)}, then"])
        [figure] = overlap.measure(sample, theirs)
        assert (figure.estimate.value, figure.holds) == (share, share == 0)
