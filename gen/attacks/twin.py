"""Twins: harmless texts in the manner of an attack.

A twin is written by a technique's own lines for harmless matters, in the genre of the place, and of
a few that are drawn the one is taken that looks most like the attack of its set.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from random import Random
from typing import Any, Literal

from gen.attacks.attack import Attack, list_excerpts
from gen.attacks.chores import Chores, name_spoken
from gen.attacks.content import Content, compose_content
from gen.attacks.encodings.encoders import PLAIN, write_encoded
from gen.attacks.errand import Errand
from gen.attacks.files import Attacks, Technique
from gen.attacks.genre import Genre
from gen.attacks.look import find_nearest
from gen.attacks.manner import write_line
from gen.stories.slot import Casting
from gen.templating.rendezvous import rank
from tool_catalog.errors import BadTemplate
from tool_catalog.pools import Person, load_pools

TwinKind = Literal["chore", "note"]
_TRIED = 20
_LEAVES = {"chore": "T.N.imperative_recipe_form", "note": "T.B.free_text_document"}
_ENCODED = "T.N.benign_encoding"


_TWINS: Mapping[str, TwinKind] = {"filler": "note", "benign_imperative": "chore"}
_QUOTED_OR_PRIVATE: tuple[Literal["quoted", "sensitive"], ...] = ("quoted", "sensitive")


def compose_contents(
    attacks: Attacks,
    facts: Mapping[str, Any],
    attack: Attack,
    others: tuple[Attack | None, Errand | None],
    key: str,
    genre: Genre,
) -> dict[str, Content]:
    """Twins, the attack quoted, and something private; each looks like something that is none."""
    found: dict[str, Content] = {}
    today, rng = date.fromisoformat(str(facts["today"])[:10]), Random(f"{key}:like")
    models: list[Attack | Errand] = [attack, attack, *(m for m in others if m is not None)]
    for role, kind in _TWINS.items():
        found[role] = compose_twin(
            attacks, kind, genre, rng.choice(models), facts["user"], today,
            f"{key}:{role}", Random(f"{key}:twin:{role}"),
        )  # fmt: skip
    for name in _QUOTED_OR_PRIVATE:
        found[name] = compose_content(
            attacks=attacks, role=name, facts=facts, key=f"{key}:{name}",
            rng=Random(f"{key}:content:{name}"), pools=load_pools(),
            excerpts=list_excerpts(attack) if name == "quoted" else ("",),
            genre=genre, like=rng.choice(models).text,
        )  # fmt: skip
    return found


def compose_twin(
    attacks: Attacks, kind: TwinKind, genre: Genre, like: Attack | Errand, owner: Person,
    today: date, key: str, rng: Random,
) -> Content:  # fmt: skip
    """Draw a harmless text; equal keys and streams give equal texts.

    Args:
        attacks: from `load_attacks`.
        kind: what people are asked, or told.
        genre: of the place.
        like: what of the set it should look like; encoded when that is.
        owner: whose world it is.
        today: on which day.
        key: chooses the files, such as seed, index and purpose.
        rng: the only source of chance inside them.

    Raises:
        BadTemplate: no technique has twins in this genre, or there are no chores.
    """
    split = isinstance(like, Attack) and bool(like.lead)
    known = [t for t in attacks.techniques if t.has_twins(genre, kind)]
    fitting = [t for t in known if t.front.split == split] or known
    if not fitting or not attacks.chores:
        raise BadTemplate(f"techniques: no file has a {kind} in genre {genre!r}")
    technique, encoding = "", PLAIN
    if isinstance(like, Attack):
        technique, encoding = like.technique, like.encoding
    own = [t for t in fitting if t.front.leaf == technique]
    others = rank(fitting, f"{key}:technique", lambda technique: technique.name)[:_TRIED]
    files = rank(list(attacks.chores), f"{key}:chores", lambda chores: chores.name)
    casting = Casting(rng, load_pools(), owner)
    drawn = list(_draw(kind, genre, [*own, *others], files, encoding, casting, owner, today, rng))
    return drawn[find_nearest((content.text for content in drawn), like.text)]


def _draw(
    kind: TwinKind, genre: Genre, techniques: list[Technique], files: list[Chores], encoding: str,
    casting: Casting, owner: Person, today: date, rng: Random,
) -> Iterator[Content]:  # fmt: skip
    for number in range(_TRIED):
        technique, chores = techniques[number % len(techniques)], files[number % len(files)]
        matter = chores.draw(kind, rng, casting, today)
        spoken = {"user": owner.name, **name_spoken(kind, matter)}
        if encoding != PLAIN:
            spoken |= name_spoken(kind, write_encoded(encoding, matter, rng))
        manner = technique.front.texts[genre]
        leaf = technique.front.twin_leaf or _LEAVES[kind]
        lead, text = technique.cut(
            write_line(manner.chore if kind == "chore" else manner.note, spoken, rng)
        )
        yield Content(
            text, _ENCODED if encoding != PLAIN else leaf, (),
            (technique.source, chores.source), lead,
        )  # fmt: skip
