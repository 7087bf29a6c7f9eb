"""Encoders of TAXONOMY axis X.E: how the words of an order can be written so that they hide.

Each is a pure function of the text and a random stream. `decode` takes back those that lose
nothing but case.
"""

import codecs
import json
import re
from base64 import b32decode, b32encode, b64decode, b64encode
from collections.abc import Callable, Mapping
from quopri import decodestring
from random import Random
from types import MappingProxyType
from urllib.parse import unquote

from gen.attacks.alphabets import (
    ATBASH,
    CELLS,
    GLYPHS_BACK,
    HOMOGLYPHS,
    LEET,
    LETTERS,
    MORSE,
    MORSE_BACK,
    RAISED,
    SPELLED,
    SPELLED_BACK,
    WIDE,
)

Encoder = Callable[[str, Random], str]
PLAIN = "X.E.plain"

_INVISIBLE = ("\u200b", "\u200c", "\u200d", "\u2060")
_TAG_BLOCK = 0xE0000
_VALUE = re.compile(r"@|://|[0-9]")
_WRAPPERS = (
    ("<!-- ", " -->"),
    ("<span hidden>", "</span>"),
    ('<div style="display:none">', "</div>"),
    ('<p data-note="', '"></p>'),
)
_MARKS = tuple(map(chr, range(0x0300, 0x0330)))
_CARRIER = "\u2713"
_SELECTORS, _MORE_SELECTORS = 0xFE00, 0xE0100
_BITS = ("\u2062", "\u2064")
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


def _decode_morse(text: str) -> str:
    return " ".join(
        "".join(MORSE_BACK[code] for code in word.split()) for word in text.split(" / ")
    )


def _encode_pig_latin(text: str, rng: Random) -> str:
    return re.sub(r"(?<![\w@.])[A-Za-z]+(?![\w@.])", lambda m: _turn_word(m[0]), text)


def _turn_word(word: str) -> str:
    start = re.match(r"[^aeiouAEIOU]*", word)
    cut = start.end() if start else 0
    return f"{word}way" if cut == 0 else f"{word[cut:]}{word[:cut]}ay"


def _encode_zero_width(text: str, rng: Random) -> str:
    return "".join(c + rng.choice(_INVISIBLE) if c.isalnum() else c for c in text)


def _decode_zero_width(text: str) -> str:
    return re.sub(f"[{''.join(_INVISIBLE)}]", "", text)


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
    head, tail = rng.choice(_WRAPPERS)
    return f"{head}{text}{tail}"


def _decode_markup(text: str) -> str:
    for head, tail in _WRAPPERS:
        if text.startswith(head) and text.endswith(tail):
            return text[len(head) : len(text) - len(tail)]
    return text


def _encode_tags(text: str, rng: Random) -> str:
    return "".join(chr(_TAG_BLOCK + ord(c)) for c in text if ord(c) < 0x80)


def _decode_tags(text: str) -> str:
    return "".join(chr(ord(c) - _TAG_BLOCK) for c in text)


def _encode_spacing(text: str, rng: Random) -> str:
    return _recode(text, "-".join)


def _decode_spacing(text: str) -> str:
    return _recode(text, lambda word: word[::2])


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
    return _CARRIER + "".join(
        chr(_SELECTORS + byte if byte < 16 else _MORE_SELECTORS + byte - 16)
        for byte in text.encode()
    )


def _decode_selectors(text: str) -> str:
    codes = (ord(c) for c in text[1:])
    return bytes(
        code - _SELECTORS if code < _MORE_SELECTORS else code - _MORE_SELECTORS + 16
        for code in codes
    ).decode()


def _encode_bits(text: str, rng: Random) -> str:
    return "".join(_BITS[int(bit)] for byte in text.encode() for bit in f"{byte:08b}")


def _decode_bits(text: str) -> str:
    bits = "".join(str(_BITS.index(c)) for c in text)
    return bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits), 8)).decode()


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
    """Wrong letters, each taken back by the sign after it."""
    return _recode(
        text, lambda word: "".join(f"{c}{rng.choice(LETTERS)}\b" if n % 3 == 1 else c
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


def _decode_segments(text: str) -> str:
    parts = [json.loads(found) for found in re.findall(r'= ("(?:[^"\\]|\\.)*")', text)]
    return " ".join(part for part in parts if part)


def _decode_octal(text: str) -> str:
    return bytes(int(group, 8) for group in text.split()).decode()


def _decode_json(text: str) -> str:
    return re.sub(r"\\u([0-9a-f]{4})", lambda m: chr(int(m[1], 16)), text)


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


_DECODERS: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {
        PLAIN: str,
        "X.E.base64": lambda text: b64decode(text).decode(),
        "X.E.base16_hex": lambda text: bytes.fromhex(text).decode(),
        "X.E.rot13_caesar": _shift,
        "X.E.atbash": _mirror,
        "X.E.reverse_flip": _reverse,
        "X.E.char_spacing": _decode_spacing,
        "X.E.url_encoding": unquote,
        "X.E.homoglyph": lambda text: text.translate(GLYPHS_BACK),
        "X.E.zero_width": _decode_zero_width,
        "X.E.morse": _decode_morse,
        "X.E.binary_octal": _decode_octal,
        "X.E.markup_hidden": _decode_markup,
        "X.E.json_escape": _decode_json,
        "X.E.camelcase": str.lower,
        "X.E.unicode_tags": _decode_tags,
        "X.E.base32": lambda text: b32decode(text).decode(),
        "X.E.quoted_printable_mime_uu": lambda text: decodestring(text.encode()).decode(),
        "X.E.nato": lambda text: " ".join(
            "".join(SPELLED_BACK[name] for name in word.split()) for word in text.split(", ")
        ),
        "X.E.variation_selectors": _decode_selectors,
        "X.E.deletion_chars": lambda text: re.sub(r".\x08", "", text),
        "X.E.template_segment": _decode_segments,
        "X.E.sneaky_bits": _decode_bits,
        "X.E.bidi": lambda text: text[1:-1][::-1],
        "X.E.ansi_escape": lambda text: text.removeprefix("\\x1b[8m").removesuffix("\\x1b[28m"),
    }
)
DECODABLE = frozenset(_DECODERS)


def decode(leaf: str, text: str) -> str:
    """Take an encoding back; case is lost in `morse`, `nato` and `camelcase`.

    Raises:
        KeyError: the encoding loses letters, so there is nothing to take back.
    """
    return _DECODERS[leaf](text)
