from tool_catalog.pools import load_pools
from train.presets import load_preset
from train.scratch.start import make_model


def test_names_of_people_are_one_token_each_in_both_forms() -> None:
    shape = load_preset("tiny").shape
    assert shape is not None
    texts = [f"Pay bill {n} of quarter {n % 4} that came by post." for n in range(2000)]
    _, tokenizer = make_model(shape, texts, seed=0)
    for person in load_pools().people:
        for name in (person.first, person.last):
            assert len(tokenizer.encode(name)) == len(tokenizer.encode(name.lower())) == 1
