from tool_catalog.pools import list_names
from train.presets import load_preset
from train.scratch.start import make_model


def test_names_of_the_pools_are_one_token_each_where_the_vocabulary_has_room() -> None:
    shape = load_preset("tiny").shape
    assert shape is not None
    roomy = shape.model_copy(update={"vocab_size": 6000})
    _, tokenizer = make_model(roomy, ["Pay the bill that came by post."], seed=0)
    for name in list_names()[::25]:
        assert len(tokenizer.encode(name)) == len(tokenizer.encode(name.lower())) == 1
