import pytest
from pydantic import ValidationError

from gen.taxonomy import axes, find_leaf, load_leaves
from tool_catalog.errors import UnknownName

SIZES = {
    "U.B": 18,
    "U.M": 25,
    "U.S": 29,
    "U.J": 31,
    "U.N": 27,
    "T.B": 12,
    "T.G": 34,
    "T.K": 49,
    "T.C": 24,
    "T.P": 28,
    "T.S": 23,
    "T.N": 30,
    "X.E": 51,
    "X.L": 12,
    "H": 11,
    "F": 20,
}


def test_axes_have_the_sizes_that_the_taxonomy_states():
    assert {axis.id: len(axis.leaves) for axis in axes().values()} == SIZES
    assert len(load_leaves()) == 424 == sum(SIZES.values())


def test_axes_and_leaves_name_each_other():
    named = [leaf for axis in axes().values() for leaf in axis.leaves]
    assert named == list(load_leaves())
    for leaf in load_leaves().values():
        assert leaf.id == f"{leaf.axis}.{leaf.name}"
        assert leaf.id in axes()[leaf.axis].leaves


def test_every_leaf_says_what_it_is_and_where_it_comes_from():
    for leaf in load_leaves().values():
        assert leaf.term.strip() and leaf.definition.strip(), leaf.id
        assert leaf.sources and all(s.strip() for s in leaf.sources), leaf.id


def test_cells_are_whole_and_unescaped():
    leaf = find_leaf("U.S.outbound_message")
    assert leaf.term == "Representational communication to a third party"
    assert leaf.definition == "Send mail/SMS/DM/letter as the user"
    assert leaf.sources == (
        "OpenAI CU [9]",
        'Google CU "Sending Communications"',
        "Operator 4.3",
    )
    assert find_leaf("U.N.under_threshold").definition == "Policy says <= N is free"
    assert not [leaf.id for leaf in load_leaves().values() if "&lt;" in leaf.model_dump_json()]


def test_channel_follows_from_the_axis():
    channels = {axis.id: axis.channel for axis in axes().values()}
    assert channels["U.J"] == "user"
    assert channels["T.P"] == "tool"
    assert channels["X.E"] == channels["H"] == "shared"
    assert channels["F"] == "agent"


def test_render_ceiling_belongs_to_harm_categories_only():
    ceilings = {leaf.id: leaf.render_ceiling for leaf in load_leaves().values()}
    assert [i for i, c in ceilings.items() if c == 0] == [
        "U.M.child_safety",
        "U.M.weapons_cbrn",
    ]
    assert {i.removeprefix("U.M.") for i, c in ceilings.items() if c == 1} == {
        "self_harm",
        "violence_terror",
        "drugs_controlled",
        "sexual_content",
        "malicious_code",
        "physical_sabotage",
        "hate_discrimination",
    }
    assert {i for i, c in ceilings.items() if c is not None} == set(axes()["U.M"].leaves)


def test_unknown_leaf_names_near_misses():
    with pytest.raises(UnknownName, match=r"U\.S\.outbound_message"):
        find_leaf("U.S.outbound_mesage")


def test_leaves_cannot_be_changed():
    with pytest.raises(ValidationError):
        find_leaf("H.privacy").term = "other"
    with pytest.raises(TypeError):
        load_leaves()["H.privacy"] = find_leaf("H.financial")
