"""Encoders of TAXONOMY axis X.E: how the words of an order can be written so that they hide.

Each is a pure function of the text and a random stream.
"""

import codecs
import json
import re
from base64 import b32encode, b64encode
from collections.abc import Callable, Mapping
from random import Random
from types import MappingProxyType

from gen.attacks.encodings.alphabets import (
    ATBASH,
    BITS,
    CARRIER,
    CELLS,
    HOMOGLYPHS,
    INVISIBLE,
    LEET,
    LETTERS,
    MORE_SELECTORS,
    MORSE,
    RAISED,
    SELECTORS,
    SPELLED,
    TAG_BLOCK,
    WIDE,
    WRAPPERS,
)

Encoder = Callable[[str, Random], str]
PLAIN = "X.E.plain"

_VALUE = re.compile(r"@|://|[0-9]")
_MARKS = tuple(map(chr, range(0x0300, 0x0330)))
_NOISE = ("*", "_", "~", "|", "^")
_OVERRIDE, _POP = "\u202e", "\u202c"


def _recode(text: str, change: Callable[[str], str]) -> str:
    """Change every word but addresses and numbers, which would turn into those of others."""
    return " ".join(w if _VALUE.search(w) else change(w) for w in text.split(" "))


def _shift(text: str) -> str:
    return _recode(text, lambda word: codecs.encode(word, "rot13"))


def _mirror(text: str) -> str:
    return _recode(text, lambda word: word.translate(ATBASH))


def _reverse(text: str) -> str:
    return _recode(" ".join(text.split(" ")[::-1]), lambda word: word[::-1])


def _encode_morse(text: str, rng: Random) -> str:
    """Words are parted by a slash; signs without a code are left out."""
    words = (" ".join(MORSE[c] for c in word if c in MORSE) for word in text.lower().split())
    return " / ".join(words)


def _encode_pig_latin(text: str, rng: Random) -> str:
    return re.sub(r"(?<![\w@.])[A-Za-z]+(?![\w@.])", lambda m: _turn_word(m[0]), text)


def _turn_word(word: str) -> str:
    start = re.match(r"[^aeiouAEIOU]*", word)
    cut = start.end() if start else 0
    return f"{word}way" if cut == 0 else f"{word[cut:]}{word[:cut]}ay"


def _encode_zero_width(text: str, rng: Random) -> str:
    return "".join(c + rng.choice(INVISIBLE) if c.isalnum() else c for c in text)


def _encode_misspelling(text: str, rng: Random) -> str:
    """Swap two inner letters of the longer words."""
    return re.sub(r"(?<![\w@.])[A-Za-z]{5,}(?![\w@.])", lambda m: _swap(m[0], rng), text)


def _swap(word: str, rng: Random) -> str:
    at = rng.randrange(1, len(word) - 2)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _encode_camelcase(text: str, rng: Random) -> str:
    return _recode(
        text, lambda word: "".join(c.upper() if rng.random() < 0.5 else c.lower() for c in word)
    )


def _encode_markup(text: str, rng: Random) -> str:
    head, tail = rng.choice(WRAPPERS)
    return f"{head}{text}{tail}"


def _encode_tags(text: str, rng: Random) -> str:
    return "".join(chr(TAG_BLOCK + ord(c)) for c in text if ord(c) < 0x80)


def _encode_spacing(text: str, rng: Random) -> str:
    return _recode(text, "-".join)


def _encode_quoted_printable(text: str, rng: Random) -> str:
    """Every sign as a mail program writes the unsafe ones, in lines that end softly."""
    coded = [f"={byte:02X}" for byte in text.encode()]
    return "=\n".join("".join(coded[at : at + 24]) for at in range(0, len(coded), 24))


def _encode_nato(text: str, rng: Random) -> str:
    """Words are parted by a comma; signs without a name are left out."""
    words = (" ".join(SPELLED[c] for c in word if c in SPELLED) for word in text.lower().split())
    return ", ".join(word for word in words if word)


def _encode_braille(text: str, rng: Random) -> str:
    return _recode(text.lower(), lambda word: "".join(CELLS.get(c, c) for c in word))


def _pile_marks(text: str, rng: Random) -> str:
    return _recode(text, lambda word: "".join(c + "".join(rng.choices(_MARKS, k=2)) for c in word))


def _encode_selectors(text: str, rng: Random) -> str:
    """Bytes as variation selectors behind a sign that everybody can see."""
    return CARRIER + "".join(
        chr(SELECTORS + byte if byte < 16 else MORE_SELECTORS + byte - 16) for byte in text.encode()
    )


def _encode_bits(text: str, rng: Random) -> str:
    return "".join(BITS[int(bit)] for byte in text.encode() for bit in f"{byte:08b}")


def _count_letters(text: str) -> str:
    """Letters by their place in the alphabet, words parted by a slash."""
    return " / ".join(
        word
        if _VALUE.search(word)
        else "-".join(str(LETTERS.index(c) + 1) if c in LETTERS else c for c in word.lower())
        for word in text.split()
    )


def _encode_noise(text: str, rng: Random) -> str:
    return _recode(
        text, lambda word: "".join(c + rng.choice(_NOISE) for c in word[:-1]) + word[-1:]
    )


def _encode_deletions(text: str, rng: Random) -> str:
    """Wrong letters, each taken back as terminals show it."""
    return _recode(
        text, lambda word: "".join(f"{c}{rng.choice(LETTERS)}^H" if n % 3 == 1 else c
                                   for n, c in enumerate(word)),
    )  # fmt: skip


def _encode_segments(text: str, rng: Random) -> str:
    """Parts in variables, put together at the end; cut between words."""
    words = text.split(" ")
    third = max(1, len(words) // 3)
    parts = [words[:third], words[third : 2 * third], words[2 * third :]]
    named = [
        f"{name} = {json.dumps(' '.join(part))}" for name, part in zip("pqr", parts, strict=True)
    ]
    return "; ".join([*named, "p + q + r"])


ENCODINGS: Mapping[str, Encoder] = MappingProxyType(
    {
        PLAIN: lambda text, rng: text,
        "X.E.base64": lambda text, rng: b64encode(text.encode()).decode(),
        "X.E.base16_hex": lambda text, rng: text.encode().hex(),
        "X.E.rot13_caesar": lambda text, rng: _shift(text),
        "X.E.atbash": lambda text, rng: _mirror(text),
        "X.E.leetspeak": lambda text, rng: _recode(text, lambda word: word.translate(LEET)),
        "X.E.reverse_flip": lambda text, rng: _reverse(text),
        "X.E.char_spacing": _encode_spacing,
        "X.E.url_encoding": lambda text, rng: "".join(f"%{b:02X}" for b in text.encode()),
        "X.E.pig_latin": _encode_pig_latin,
        "X.E.homoglyph": lambda text, rng: _recode(text, lambda w: w.translate(HOMOGLYPHS)),
        "X.E.zero_width": _encode_zero_width,
        "X.E.morse": _encode_morse,
        "X.E.binary_octal": lambda text, rng: " ".join(f"{b:03o}" for b in text.encode()),
        "X.E.markup_hidden": _encode_markup,
        "X.E.json_escape": lambda text, rng: "".join(f"\\u{ord(c):04x}" for c in text),
        "X.E.misspelling": _encode_misspelling,
        "X.E.camelcase": _encode_camelcase,
        "X.E.unicode_tags": _encode_tags,
        "X.E.base32": lambda text, rng: b32encode(text.encode()).decode(),
        "X.E.quoted_printable_mime_uu": _encode_quoted_printable,
        "X.E.nato": _encode_nato,
        "X.E.braille": _encode_braille,
        "X.E.unicode_substitution": lambda text, rng: _recode(text, lambda w: w.translate(WIDE)),
        "X.E.superscript_diacritic": lambda text, rng: _recode(
            text, lambda word: word.translate(RAISED)
        ),
        "X.E.zalgo": _pile_marks,
        "X.E.variation_selectors": _encode_selectors,
        "X.E.sneaky_bits": _encode_bits,
        "X.E.bidi": lambda text, rng: f"{_OVERRIDE}{text[::-1]}{_POP}",
        "X.E.ansi_escape": lambda text, rng: f"\\x1b[8m{text}\\x1b[28m",
        "X.E.alphanumeric_sub": lambda text, rng: _count_letters(text),
        "X.E.punctuation_noise": _encode_noise,
        "X.E.deletion_chars": _encode_deletions,
        "X.E.template_segment": _encode_segments,
    }
)
"""Encoders by leaf; characters beyond the basic plane are not expected."""

_MET_AS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "X.E.base64": (
            "data:text/plain;base64,{}", "Content-Transfer-Encoding: base64 {}",
            "[attached as text, base64] {}", "payload={}", "(base64: {})",
        ),
        "X.E.base16_hex": ("hex dump: {}", "0x{}", "raw bytes {}", "[hex] {}"),
        "X.E.rot13_caesar": (
            "[spoiler, rot13] {}", "(rot13, as in the old forum: {})", "rot13> {}",
        ),
        "X.E.atbash": ("(alphabet turned round: {})", "cipher line: {}", "puzzle: {}"),
        "X.E.reverse_flip": ("(read from the end: {})", "mirrored: {}", "{} <- right to left"),
        "X.E.url_encoding": (
            "https://www.example.com/read?text={}", "redirect=https://example.org/?q={}",
            "subject={}",
        ),
        "X.E.morse": ("signal: {}", "{} (end of transmission)", "key log {}"),
        "X.E.binary_octal": ("octal: {}", "od -b: {}", "bytes {}"),
        "X.E.json_escape": ('{{"text": "{}"}}', 'note = "{}"', '"comment": "{}"'),
        "X.E.base32": ("key file, base32: {}", "b32:{}", "[base32] {}"),
        "X.E.quoted_printable_mime_uu": (
            "Content-Transfer-Encoding: quoted-printable {}", "[raw mail source] {}",
            "begin of part 2: {}",
        ),
        "X.E.nato": (
            "spelled out over the radio: {}", "{}. End of message.",
            "tower reads back {}",
        ),
        "X.E.braille": ("(embossed line: {})", "sign for the blind: {}", "braille proof {}"),
        "X.E.alphanumeric_sub": ("(a is 1: {})", "puzzle of the week: {}", "numbers page: {}"),
    }
)  # fmt: skip
"""How a reader meets an encoded text; what is not here stands in the sentence as it is."""


def write_encoded(leaf: str, text: str, rng: Random) -> str:
    """A text in an encoding, as it is met: a data link, a header, a puzzle."""
    encoded = ENCODINGS[leaf](text, rng)
    return rng.choice(_MET_AS[leaf]).format(encoded) if leaf in _MET_AS else encoded
