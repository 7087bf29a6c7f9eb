"""How cases are put and what counts, in triact's form and in the published ones."""

import pytest

from train.agents.turn import Said, ToolCall
from train.benchmarks.bfcl.asking import Asking
from train.benchmarks.bfcl.cases import Category, load_cases
from train.benchmarks.bfcl.checking.error_types import ErrorType
from train.benchmarks.bfcl.jobs import make_bfcl
from train.benchmarks.bfcl.multi_turn.dialogue_forms import PublishedForm, TriactForm, WordedForm
from train.benchmarks.bfcl.outputs import CallForm
from train.benchmarks.bfcl.prompting.texts import read_texts
from train.benchmarks.bfcl.prompting.words import WordedAgent

IN_TEXT = "[kitchen.brew(leaf='oolong')]"
UNDERSCORES, DOTS = "kitchen_brew", "kitchen.brew"
RIGHT, NO_CALL, WRONG = None, ErrorType.UNDECODABLE, ErrorType.WRONG_NAME


@pytest.fixture
def texts(folder, put_sources):
    return read_texts(put_sources("bfcl", folder), digest=None)


@pytest.fixture
def case(folder):
    return load_cases(folder, Category.SIMPLE_PYTHON)[0]


def _call(name):
    return Said("", (ToolCall("a", name, {"leaf": "oolong"}),))


@pytest.mark.parametrize(
    ("published", "react", "said", "fault"),
    [
        pytest.param(False, False, _call(UNDERSCORES), RIGHT, id="ours-underscores"),
        pytest.param(False, False, _call(DOTS), RIGHT, id="ours-dots"),
        pytest.param(False, False, Said(IN_TEXT), RIGHT, id="ours-in-text"),
        pytest.param(True, False, _call(UNDERSCORES), RIGHT, id="tools-underscores"),
        pytest.param(True, False, _call(DOTS), WRONG, id="tools-dots"),
        pytest.param(True, False, Said(IN_TEXT), NO_CALL, id="tools-in-text"),
        pytest.param(True, True, Said(IN_TEXT), RIGHT, id="words-dots"),
        pytest.param(True, True, Said(IN_TEXT.replace(".", "_")), WRONG, id="words-underscores"),
        pytest.param(True, True, Said("", _call(DOTS).calls), ErrorType.SIMPLE_COUNT,
                     id="words-ignore-tool-calls"),
    ],
)  # fmt: skip
def test_what_counts_as_a_call(folder, texts, scripted, play, published, react, said, fault):
    benchmark = make_bfcl(
        folder, categories=[Category.SIMPLE_PYTHON], texts=texts if published else None, react=react
    )
    found = play(benchmark.jobs[0].play(scripted(said)))
    assert found.verdict["error_type"] == (None if fault is None else str(fault))
    assert found.measures["accuracy"] == float(fault is None)


@pytest.mark.parametrize(
    ("published", "needless"), [pytest.param(False, 1.0, id="ours"), pytest.param(True, 0.0)]
)
def test_a_call_in_text_is_needless_only_where_it_counts(
    folder, texts, scripted, play, published, needless
):
    benchmark = make_bfcl(
        folder, categories=[Category.IRRELEVANCE], texts=texts if published else None
    )
    found = play(benchmark.jobs[0].play(scripted(Said(IN_TEXT))))
    assert found.measures["needless_call"] == needless
    assert found.verdict["valid"] is published


def test_published_tools_have_the_published_hints(texts, case):
    talk = Asking(texts).open(case)
    [tool] = talk.tools
    assert tool["function"]["name"] == UNDERSCORES
    assert tool["function"]["description"] == "Brew tea. (Python)"
    assert tool["function"]["parameters"]["properties"]["heat"]["format"] == "float"
    assert talk.messages == [{"role": "user", "content": "Tea, please."}]


def test_in_words_the_system_prompt_has_the_functions_with_dots(texts, case):
    asking = Asking(texts, react=True)
    talk = asking.open(case)
    assert talk.tools == ()
    assert [m["role"] for m in talk.messages] == ["system", "user"]
    assert f'"name": "{DOTS}"' in talk.messages[0]["content"]
    said = Said(IN_TEXT, _call(DOTS).calls, thought="hm")
    assert asking.tell(said) == {
        "role": "assistant", "content": IN_TEXT, "reasoning_content": "hm",
    }  # fmt: skip


def test_each_way_has_its_form_of_dialogues(texts):
    assert isinstance(Asking(texts, react=True).dialogues, WordedForm)
    assert isinstance(Asking(texts).dialogues, PublishedForm)
    assert type(Asking(react=True).dialogues) is TriactForm
    assert [Asking(texts, react=r).calls for r in (False, True)] == [CallForm.TOOLS, CallForm.WORDS]


def test_a_published_run_says_so_and_samples_as_published(folder, texts):
    ours = make_bfcl(folder, categories=[Category.SIMPLE_PYTHON])
    found = make_bfcl(folder, categories=[Category.SIMPLE_PYTHON], texts=texts, react=True)
    assert (ours.settings["prompt"], found.settings["prompt"]) == ("triact", "published")
    assert found.sampling == {"temperature": 0.001, "max_tokens": None, "seed": None}
    assert (found.wording, ours.sampling, ours.wording) == (WordedAgent, {}, None)
    assert any(note.startswith("prompt: the published one") for note in found.notes)
    assert any(note.startswith("prompt: triact's own") for note in ours.notes)
