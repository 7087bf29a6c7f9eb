import copy
from typing import Any

import numpy
import pytest
import torch
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from tool_catalog.errors import ContextFull
from train.models.decoding import cached
from train.models.decoding.cached import CachedDecoder, fits
from train.models.decoding.decoder import SlowDecoder
from train.scratch.tiny import build_tokenizer

PROMPTS = [[5, 6, 7, 8, 9, 10], [5, 6, 7, 8, 9, 10], [40, 41], [90, 91, 92, 93]]
PREFIX = [7 + n * n % 150 for n in range(80)]
SHAPE = {
    "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 3, "num_attention_heads": 4,
    "max_position_embeddings": 256, "bos_token_id": None,
}  # fmt: skip
SCALED = {
    "rope_type": "llama3", "rope_theta": 1e4, "factor": 4.0, "low_freq_factor": 1.0,
    "high_freq_factor": 4.0, "original_max_position_embeddings": 64,
}  # fmt: skip
MODELS = {
    "llama": lambda **kw: LlamaForCausalLM(
        LlamaConfig(num_key_value_heads=2, tie_word_embeddings=True, **kw)
    ),
    "llama-scaled": lambda **kw: LlamaForCausalLM(
        LlamaConfig(
            num_key_value_heads=4, tie_word_embeddings=False, attention_bias=True, mlp_bias=True,
            rope_parameters=SCALED, **kw,
        )
    ),
    "qwen2": lambda **kw: Qwen2ForCausalLM(
        Qwen2Config(num_key_value_heads=1, tie_word_embeddings=False, **kw)
    ),
    "qwen3": lambda **kw: Qwen3ForCausalLM(
        Qwen3Config(num_key_value_heads=2, head_dim=16, tie_word_embeddings=True, **kw)
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return build_tokenizer(["one two three"] * 4, 300)


@pytest.fixture(scope="module", params=MODELS)
def model(request: Any, tokenizer: Any) -> Any:
    return _make_model(request.param, tokenizer)


@pytest.fixture(scope="module")
def llama(tokenizer: Any) -> Any:
    return _make_model("llama", tokenizer)


def _make_model(name: str, tokenizer: Any) -> Any:
    ids = {"eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id}
    with torch.random.fork_rng():
        torch.manual_seed(3)
        model = MODELS[name](vocab_size=len(tokenizer), **ids, **SHAPE)
        for kind, parameter in model.named_parameters():
            # Unlike fresh weights, these prefer some tokens clearly.
            parameter.data.mul_(4 if parameter.ndim > 1 else 1)
            if "bias" in kind or "norm" in kind:
                parameter.data.add_(torch.randn_like(parameter), alpha=0.3)
    return model.eval()


def _both(model: Any, tokenizer: Any, limit: int) -> tuple[CachedDecoder, SlowDecoder]:
    settings = {"max_new_tokens": limit, "temperature": 0.0, "seed": 0}
    return CachedDecoder(model, tokenizer, **settings), SlowDecoder(model, tokenizer, **settings)


def _count_read(decoder: CachedDecoder, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many tokens are read from now on, call by call; tokens that were said are not counted."""
    counts: list[int] = []
    real = decoder._net.read

    def read(rows: Any, tokens: Any) -> Any:
        counts.append(sum(map(len, tokens)))
        return real(rows, tokens)

    monkeypatch.setattr(decoder._net, "read", read)
    return counts


def test_it_says_what_generate_says(model: Any, tokenizer: Any) -> None:
    fast, slow = _both(model, tokenizer, 24)
    prompts = [*PROMPTS, PREFIX]
    said = fast.complete(prompts)
    assert said == slow.complete(prompts)
    assert len({token for ids in said for token in ids}) > 4  # there is something to get wrong


class Growing:
    """A guide that lets only tokens follow that are greater than the last, or the end."""

    def __init__(self, width: int, end: int) -> None:
        self._end, self._numbers, self._last = end, numpy.arange(width), 100

    def show(self) -> Any:
        return (self._numbers > self._last) | (self._numbers == self._end)

    def take(self, token: int) -> None:
        self._last = token


def test_guided_rows_say_what_generate_says_by_the_same_guides(llama: Any, tokenizer: Any) -> None:
    fast, slow = _both(llama, tokenizer, 12)

    def guide() -> list[Any]:
        grown = [Growing(len(tokenizer), tokenizer.eos_token_id) for _ in PROMPTS]
        return [None, *grown[1:]]  # one is free

    said = fast.complete(PROMPTS, guide())
    assert said == slow.complete(PROMPTS, guide())
    assert said[0] == fast.complete(PROMPTS[:1])[0] != said[1]
    for ids in said[1:]:
        own = [100, *(token for token in ids if token != tokenizer.eos_token_id)]
        assert own == sorted(set(own))


def test_a_continued_conversation_is_as_if_read_anew(model: Any, tokenizer: Any) -> None:
    fast, slow = _both(model, tokenizer, 12)
    first = fast.complete(PROMPTS)
    longer = [
        p + s + [60, 61, 62][: i + 1] for i, (p, s) in enumerate(zip(PROMPTS, first, strict=True))
    ]
    some = [longer[3], longer[0], [77, 78, 79]]
    second = fast.complete(some)
    assert second == slow.complete(some)
    third = [some[2] + second[2] + [9], some[0] + second[0] + PREFIX]
    assert fast.complete(third) == slow.complete(third)


def test_of_a_continued_conversation_only_what_is_new_is_read(
    llama: Any, tokenizer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    fast, slow = _both(llama, tokenizer, 12)
    [said] = fast.complete([PREFIX])
    counts = _count_read(fast, monkeypatch)
    longer = [PREFIX + said + [60]]
    assert fast.complete(longer) == slow.complete(longer)
    assert counts == [2]  # the last token said is never read before it is needed


def test_a_prompt_may_end_with_what_was_said(llama: Any, tokenizer: Any) -> None:
    fast, slow = _both(llama, tokenizer, 6)
    prompts = [p + s for p, s in zip(PROMPTS, fast.complete(PROMPTS), strict=True)]
    assert fast.complete(prompts) == slow.complete(prompts)


def test_a_conversation_told_anew_in_other_words_is_read_from_there_on(
    model: Any, tokenizer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    fast, slow = _both(model, tokenizer, 12)
    fast.complete([[*PREFIX, 20, 21, 22, 23], [40, 41]])
    counts = _count_read(fast, monkeypatch)
    anew = [[40, 41, 42], [*PREFIX, 99], [*PREFIX, 20, 88, 89]]
    assert fast.complete(anew) == slow.complete(anew)
    assert counts == [1 + 1 + 2]


def test_a_shared_beginning_is_read_once(
    model: Any, tokenizer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    fast, slow = _both(model, tokenizer, 16)
    counts = _count_read(fast, monkeypatch)
    prompts = [
        [*PREFIX, 30, 31], [*PREFIX, 60], [40, 41, 42], [*PREFIX, 30, 31], [*PREFIX, 30, 44],
        PREFIX, PREFIX[:70],
    ]  # fmt: skip
    assert fast.complete(prompts) == slow.complete(prompts)
    assert sum(counts) < 110  # apart they have more than 400


def test_a_short_beginning_is_read_again(
    llama: Any, tokenizer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    fast, slow = _both(llama, tokenizer, 4)
    counts = _count_read(fast, monkeypatch)
    prompts = [[*PREFIX[:60], 30, 31], [*PREFIX[:60], 60]]
    assert fast.complete(prompts) == slow.complete(prompts)
    assert counts == [62 + 61]


def test_long_prompts_are_read_in_pieces(
    llama: Any, tokenizer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    fast, slow = _both(llama, tokenizer, 8)
    monkeypatch.setattr("train.models.decoding.network._PACK", 33)
    prompts = [PREFIX, [9, *PREFIX[:33]], [40, 41], [8, *PREFIX]]
    assert fast.complete(prompts) == slow.complete(prompts)


def test_prompts_beyond_the_memory_wait_for_others(
    llama: Any, tokenizer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"max_new_tokens": 8, "temperature": 0.0, "seed": 0}
    net = CachedDecoder(llama, tokenizer, **settings)._net
    memory = net.count_bytes() + 200 * net.cache.token_bytes
    fast = CachedDecoder(llama, tokenizer, memory=memory, **settings)
    slow = SlowDecoder(llama, tokenizer, **settings)
    sizes: list[int] = []
    real = fast._net.step
    monkeypatch.setattr(fast._net, "step", lambda said: sizes.append(len(said)) or real(said))
    prompts = [[3 + n, *PREFIX[: 70 + n]] for n in range(5)]
    said = fast.complete(prompts)
    assert said == slow.complete(prompts)
    assert max(sizes) == 2
    assert fast._net.cache.rows == 2
    longer = [p + s + [60] for p, s in zip(prompts, said, strict=True)]
    counts = _count_read(fast, monkeypatch)
    assert fast.complete(longer) == slow.complete(longer)
    assert counts[0] < 10  # what is still known comes first


def test_prompts_come_in_while_others_are_continued(model: Any, tokenizer: Any) -> None:
    fast, slow = _both(model, tokenizer, 10)
    prompts = [*PROMPTS, PREFIX, [*PREFIX, 4], [*PREFIX[:75], 4]]
    tickets: list[int] = []
    found: dict[int, list[int]] = {}
    for number, prompt in enumerate(prompts):
        tickets += fast.admit([prompt])
        for _ in range(number % 3 + 1):
            found |= fast.advance()
    again = []
    while len(found) < len(prompts) + len(again):
        ended = fast.advance()
        found |= ended
        for ticket in ended:  # one that has ended comes again, longer, as conversations do
            if ticket in tickets and len(again) < 3:
                again.append(prompts[tickets.index(ticket)] + ended[ticket] + [61, 62])
                fast.admit([again[-1]])
    wanted = slow.complete(prompts) + slow.complete(again)
    assert [found[ticket] for ticket in sorted(found)] == wanted


def test_an_end_token_may_come_first(llama: Any, tokenizer: Any) -> None:
    first = [ids[0] for ids in _both(llama, tokenizer, 1)[0].complete(PROMPTS)]
    assert len(set(first)) > 1  # or all would end
    ending = copy.deepcopy(tokenizer)
    ending.eos_token = tokenizer.convert_ids_to_tokens(first[2])
    fast, slow = _both(llama, ending, 10)
    said = fast.complete(PROMPTS)
    assert said == slow.complete(PROMPTS)
    assert said[2] == [first[2]]
    assert len(said[0]) > 1


def test_a_context_can_be_filled_while_another_conversation_goes_on(
    model: Any, tokenizer: Any
) -> None:
    fast, slow = _both(model, tokenizer, 24)
    short = [5 + n % 90 for n in range(150)]
    goes_on = short + fast.complete([short])[0] + [60]
    full = [6 + n % 80 for n in range(256 - 24)]
    assert fast.complete([goes_on, full]) == slow.complete([goes_on, full])
    assert fast.complete([full, [*goes_on, 61]]) == slow.complete([full, [*goes_on, 61]])


def test_a_full_context_ends_a_completion_and_refuses_a_longer_prompt(
    llama: Any, tokenizer: Any
) -> None:
    fast, slow = _both(llama, tokenizer, 12)
    full = [5 + n % 90 for n in range(256)]
    assert fast.complete([full[:250], full]) == [
        ids[: 257 - length] for ids, length in zip(
            slow.complete([full[:250], full]), (250, 256), strict=True
        )
    ]  # fmt: skip
    with pytest.raises(ContextFull, match="257 tokens; the model takes 256"):
        fast.complete([[5], [*full, 5]])


def test_a_completion_ends_with_the_end_token_or_at_the_limit(llama: Any, tokenizer: Any) -> None:
    for ids in _both(llama, tokenizer, 9)[0].complete(PROMPTS):
        assert ids[-1] == tokenizer.eos_token_id or len(ids) == 9
        assert tokenizer.eos_token_id not in ids[:-1]


def test_equal_seeds_draw_equal_completions(llama: Any, tokenizer: Any) -> None:
    def draw(seed: int) -> list[list[int]]:
        settings = {"max_new_tokens": 16, "temperature": 1.0, "seed": seed}
        return CachedDecoder(llama, tokenizer, **settings).complete([*PROMPTS, PREFIX, PREFIX])

    assert draw(1) == draw(1)
    assert draw(1) != draw(2)
    assert draw(1)[0] != draw(1)[1]  # equal prompts are drawn apart
    assert draw(1)[4] != draw(1)[5]


def test_refresh_reads_changed_weights(model: Any, tokenizer: Any) -> None:
    fast, slow = _both(model, tokenizer, 12)
    before = fast.complete(PROMPTS)
    kept = model.model.layers[0].mlp.up_proj.weight.data.clone()
    model.model.layers[0].mlp.up_proj.weight.data.mul_(-3)
    fast.refresh(0)
    after, slowly = fast.complete(PROMPTS), slow.complete(PROMPTS)
    model.model.layers[0].mlp.up_proj.weight.data.copy_(kept)
    assert after == slowly
    assert after != before


def test_a_large_model_has_linear_layers_of_the_faster_type(
    llama: Any, tokenizer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cached, "choose_linear_dtype", lambda: torch.bfloat16)
    small = _both(llama, tokenizer, 12)[0]
    monkeypatch.setattr(cached, "_SMALL", 0)
    large = _both(llama, tokenizer, 12)[0]
    with torch.inference_mode():
        for decoder in (small, large):
            decoder.admit([PREFIX])
            decoder.advance()
        exact, rounded = small._logits, large._logits
    torch.testing.assert_close(exact, rounded, rtol=0.1, atol=0.1 * float(exact.abs().max()))
    assert not torch.equal(exact, rounded)
    assert large._net.cache.keys[0].dtype == torch.float32


def test_no_prompts_no_completions(llama: Any, tokenizer: Any) -> None:
    for decoder in _both(llama, tokenizer, 4):
        assert decoder.complete([]) == []


def test_plain_llamas_and_qwens_on_the_cpu_fit(model: Any) -> None:
    assert fits(model)


@pytest.mark.parametrize(
    "change",
    [
        {"model_type": "gpt2"},
        {"hidden_act": "gelu"},
        {"layer_types": ["full_attention", "sliding_attention", "full_attention"]},
        {"rope_parameters": {"rope_type": "longrope"}},
        {"rope_parameters": {"rope_type": "default", "partial_rotary_factor": 0.5}},
    ],
    ids=["kind", "activation", "window", "long", "partly-turned"],
)
def test_other_models_do_not_fit(llama: Any, change: dict[str, Any], tokenizer: Any) -> None:
    other = copy.copy(llama)
    other.config = copy.deepcopy(llama.config)
    vars(other.config).update(change)
    assert not fits(other)
    assert fits(llama)
