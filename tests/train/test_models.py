from tool_catalog.pools import list_names
from train.models import make_model
from train.presets import load_preset


def test_every_name_of_the_pools_is_one_token_whatever_the_texts() -> None:
    shape = load_preset("tiny").shape
    assert shape is not None
    _, tokenizer = make_model(shape, ["Pay the bill that came by post."], seed=0)
    for name in list_names()[::25]:
        assert len(tokenizer.encode(name)) == len(tokenizer.encode(name.lower())) == 1
