from typing import Any

import pytest

from train.models.cached_decoding import CachedDecoder, fits
from train.models.decoding import SlowDecoder
from train.scratch.tiny import build_model, build_tokenizer

PROMPTS = [[5, 6, 7, 8, 9, 10], [5, 6, 7, 8, 9, 10], [40, 41], [90, 91, 92, 93]]


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return build_tokenizer(["one two three"] * 4, 300)


@pytest.fixture(scope="module", params=[(4, 4), (4, 2)], ids=["plain", "grouped"])
def model(request: Any, tokenizer: Any) -> Any:
    heads, kv_heads = request.param
    model = build_model(
        tokenizer, layers=2, hidden=32, heads=heads, kv_heads=kv_heads, head_dim=8,
        intermediate=48, positions=256, rope_theta=1e4, seed=3,
    )  # fmt: skip
    for parameter in model.parameters():  # unlike fresh weights, these prefer some tokens clearly
        parameter.data.mul_(4)
    return model.eval()


def _both(model: Any, tokenizer: Any, limit: int) -> tuple[CachedDecoder, SlowDecoder]:
    settings = {"max_new_tokens": limit, "temperature": 0.0, "seed": 0}
    return CachedDecoder(model, tokenizer, **settings), SlowDecoder(model, tokenizer, **settings)


def test_the_fast_decoder_says_what_generate_says(model: Any, tokenizer: Any) -> None:
    fast, slow = _both(model, tokenizer, 24)
    assert fast.complete(PROMPTS) == slow.complete(PROMPTS)


def test_a_continued_conversation_is_as_if_read_anew(model: Any, tokenizer: Any) -> None:
    fast, slow = _both(model, tokenizer, 12)
    first = fast.complete(PROMPTS)
    longer = [
        p + s + [60, 61, 62][: i + 1] for i, (p, s) in enumerate(zip(PROMPTS, first, strict=True))
    ]
    some = [longer[3], longer[0], [77, 78, 79]]
    assert fast.complete(some) == slow.complete(some)


def test_a_context_can_be_filled_while_another_conversation_goes_on(
    model: Any, tokenizer: Any
) -> None:
    fast, slow = _both(model, tokenizer, 24)
    short = [5 + n % 90 for n in range(150)]
    goes_on = short + fast.complete([short])[0] + [60]
    full = [6 + n % 80 for n in range(256 - 24)]
    assert fast.complete([goes_on, full]) == slow.complete([goes_on, full])
    assert fast.complete([full, [*goes_on, 61]]) == slow.complete([full, [*goes_on, 61]])


def test_a_completion_ends_with_the_end_token_or_at_the_limit(model: Any, tokenizer: Any) -> None:
    for ids in _both(model, tokenizer, 9)[0].complete(PROMPTS):
        assert ids[-1] == tokenizer.eos_token_id or len(ids) == 9
        assert tokenizer.eos_token_id not in ids[:-1]


def test_equal_seeds_draw_equal_completions(model: Any, tokenizer: Any) -> None:
    def draw(seed: int) -> list[list[int]]:
        settings = {"max_new_tokens": 16, "temperature": 1.0, "seed": seed}
        return CachedDecoder(model, tokenizer, **settings).complete(PROMPTS)

    assert draw(1) == draw(1)
    assert draw(1) != draw(2)
    assert draw(1)[0] != draw(1)[1]  # equal prompts are drawn apart


def test_refresh_reads_changed_weights(model: Any, tokenizer: Any) -> None:
    fast, slow = _both(model, tokenizer, 12)
    before = fast.complete(PROMPTS)
    kept = model.model.layers[0].mlp.up_proj.weight.data.clone()
    model.model.layers[0].mlp.up_proj.weight.data.mul_(-3)
    fast.refresh()
    after, slowly = fast.complete(PROMPTS), slow.complete(PROMPTS)
    model.model.layers[0].mlp.up_proj.weight.data.copy_(kept)
    assert after == slowly
    assert after != before


def test_no_prompts_no_completions(model: Any, tokenizer: Any) -> None:
    for decoder in _both(model, tokenizer, 4):
        assert decoder.complete([]) == []


def test_a_small_qwen3_on_the_cpu_is_decoded_fast(model: Any) -> None:
    assert fits(model)
