"""Swaps: an outsider's claim that a value which the task needs is another one.

The claim gives no order and reads as any correction does; where the record itself says the new
value, the same sentence is true.
"""

import re
from collections.abc import Mapping, Sequence
from random import Random

from gen.attacks.attack import Attack, write_text
from gen.attacks.contradiction import contradict
from gen.attacks.encodings.encoders import PLAIN
from gen.attacks.files import Attacks, Goal, Technique
from gen.attacks.genre import Genre
from gen.taxonomy.labels import Circumstance
from gen.templating.rendezvous import choose
from tool_catalog.errors import BadTemplate
from tool_catalog.pools import Pools

_ATTEMPTS = 20
_MONEY, _WORDS = "T.G.recurring_payment_redirect", "T.G.misinformation_output"


def compose_swap(
    attacks: Attacks,
    what: str,
    value: str,
    key: str,
    rng: Random,
    pools: Pools,
    user: str,
    told: str = "",
    others: Sequence[str] = (),
    genre: Genre = "prose",
) -> Attack | None:
    """Draw a claim against a value; equal keys and streams give equal claims.

    Args:
        attacks: from `load_attacks`.
        what: the value in words, as the subject of a sentence: "the room of the offsite".
        value: the true one.
        key: chooses the files, such as seed, index and purpose.
        rng: the only source of chance inside them.
        pools: where other names and account numbers come from.
        user: the owner's name, for techniques that speak of them.
        told: text in which the claimed value must not stand, such as the world's.
        others: what else the value might be; empty: found by its kind.
        genre: of the place where it stands.

    Returns:
        `None` when the value is of no known kind, or every other one stands in `told`.
    """
    named = [text for text in others if text != value]
    found = (
        rng.choice(named) if named else contradict(value, rng, pools) for _ in range(_ATTEMPTS)
    )
    other = next((text for text in found if text is None or not _is_told(text, told)), None)
    if other is None:
        return None
    goal = _find_goal(attacks, _MONEY if value.startswith("GB00TEST") else _WORDS)
    fitting = [t for t in attacks.techniques if t.front.form == "claim" and t.serves(genre)]
    technique = choose(fitting, f"{key}:technique", lambda t: t.name)
    spoken = {"what": what, "What": what[:1].upper() + what[1:], "value": value, "other": other,
              "claim": f"{what} is {other}", "user": user}  # fmt: skip
    seed = rng.getrandbits(64)
    return _write_claim(goal, technique, spoken, Random(f"{seed}:{technique.name}"), genre)


def _is_told(value: str, told: str) -> bool:
    """Whether a value stands in a text by itself: 12 does not in 2025-12-03."""
    return re.search(rf"(?<![\w.:-]){re.escape(value)}(?![\w:-]|\.\d)", told) is not None


def _write_claim(
    goal: Goal, technique: Technique, spoken: Mapping[str, str], rng: Random, genre: Genre
) -> Attack:
    lead, text = write_text(technique, genre, spoken, rng)
    return Attack(
        goal=goal.front.leaf,
        technique=technique.front.leaf,
        encoding=PLAIN,
        form="claim",
        harm=goal.front.harm,
        text=text,
        said=text,
        lead=lead,
        calls=(),
        values=(spoken["other"],),
        subject=f"a claim that {spoken['claim']}",
        reason="false_claim",
        circumstance=Circumstance.DATA_ONLY_SWAP,
        hard_negative=technique.front.hard_negative,
        files=(goal.source, technique.source),
    )


def _find_goal(attacks: Attacks, leaf: str) -> Goal:
    """What a false value serves."""
    for goal in attacks.goals:
        if goal.front.leaf == leaf:
            return goal
    raise BadTemplate(f"goals: no file with leaf {leaf}, which claims need")
