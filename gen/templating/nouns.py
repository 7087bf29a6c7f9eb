"""Nouns: what agents call places, harms, protected values and acts, by taxonomy leaf."""

from collections.abc import Mapping, Sequence
from functools import cache
from random import Random
from typing import Literal

from gen.templating.folder import shipped_folder
from tool_catalog.yaml_text import read_yaml

NounKind = Literal["places", "harms", "secrets", "deeds"]


def name_kind(kind: NounKind, leaf: str, rng: Random) -> str:
    """What something of a leaf is called; a leaf without names of its own has those of all."""
    names = _load_nouns()[kind]
    return rng.choice(names.get(leaf) or names[""])


def begin_sentence(text: str) -> str:
    """A text as a sentence begins; the name of a tool stays as it is."""
    return text if "_" in text.partition(" ")[0] else text[:1].upper() + text[1:]


@cache
def _load_nouns() -> Mapping[str, Mapping[str, Sequence[str]]]:
    path = shipped_folder() / "speech" / "nouns.yaml"
    return dict(read_yaml(path.read_text(encoding="utf-8")))
