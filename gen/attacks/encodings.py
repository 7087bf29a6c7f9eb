"""Encoders of TAXONOMY axis X.E: how the words of an order can be written so that they hide.

Each is a pure function of the text and a random stream. `decode` takes back those that lose
nothing but case.
"""

import codecs
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from random import Random
from types import MappingProxyType
from urllib.parse import unquote

Encoder = Callable[[str, Random], str]
PLAIN = "X.E.plain"

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_ATBASH = str.maketrans(_LETTERS + _LETTERS.upper(), _LETTERS[::-1] + _LETTERS[::-1].upper())
_LEET = str.maketrans("aeiostAEIOST", "431057431057")
_LOOKALIKES = "\u0430\u0441\u0435\u043e\u0440\u0445\u0443"  # Cyrillic a, c, e, o, p, x, y
_HOMOGLYPHS = str.maketrans("aceopxy", _LOOKALIKES)
_GLYPHS_BACK = str.maketrans(_LOOKALIKES, "aceopxy")
_INVISIBLE = ("\u200b", "\u200c", "\u200d", "\u2060")
_TAG_BLOCK = 0xE0000
_VALUE = re.compile(r"@|://|[0-9]")
_WRAPPERS = (
    ("<!-- ", " -->"),
    ("<span hidden>", "</span>"),
    ('<div style="display:none">', "</div>"),
    ('<p data-note="', '"></p>'),
)
_MORSE = dict(
    zip(
        _LETTERS + "0123456789.,?/-@:=+_'()\";!&$",
        (
            ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- "
            "...- .-- -..- -.-- --.. ----- .---- ..--- ...-- ....- ..... -.... --... ---.. ----. "
            ".-.-.- --..-- ..--.. -..-. -....- .--.-. ---... -...- .-.-. ..--.- .----. -.--. "
            "-.--.- .-..-. -.-.-. -.-.-- .-... ...-..-"
        ).split(),
        strict=True,
    )
)
_MORSE_BACK = {code: sign for sign, code in _MORSE.items()}


def _recode(text: str, change: Callable[[str], str]) -> str:
    """Change every word but addresses and numbers, which would turn into those of others."""
    return " ".join(w if _VALUE.search(w) else change(w) for w in text.split(" "))


def _shift(text: str) -> str:
    return _recode(text, lambda word: codecs.encode(word, "rot13"))


def _mirror(text: str) -> str:
    return _recode(text, lambda word: word.translate(_ATBASH))


def _reverse(text: str) -> str:
    return _recode(" ".join(text.split(" ")[::-1]), lambda word: word[::-1])


def _encode_morse(text: str, rng: Random) -> str:
    """Words are parted by a slash; signs without a code are left out."""
    words = (" ".join(_MORSE[c] for c in word if c in _MORSE) for word in text.lower().split())
    return " / ".join(words)


def _decode_morse(text: str) -> str:
    return " ".join(
        "".join(_MORSE_BACK[code] for code in word.split()) for word in text.split(" / ")
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
        "X.E.leetspeak": lambda text, rng: _recode(text, lambda word: word.translate(_LEET)),
        "X.E.reverse_flip": lambda text, rng: _reverse(text),
        "X.E.char_spacing": _encode_spacing,
        "X.E.url_encoding": lambda text, rng: "".join(f"%{b:02X}" for b in text.encode()),
        "X.E.pig_latin": _encode_pig_latin,
        "X.E.homoglyph": lambda text, rng: _recode(text, lambda w: w.translate(_HOMOGLYPHS)),
        "X.E.zero_width": _encode_zero_width,
        "X.E.morse": _encode_morse,
        "X.E.binary_octal": lambda text, rng: " ".join(f"{b:03o}" for b in text.encode()),
        "X.E.markup_hidden": _encode_markup,
        "X.E.json_escape": lambda text, rng: "".join(f"\\u{ord(c):04x}" for c in text),
        "X.E.misspelling": _encode_misspelling,
        "X.E.camelcase": _encode_camelcase,
        "X.E.unicode_tags": _encode_tags,
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
        "X.E.homoglyph": lambda text: text.translate(_GLYPHS_BACK),
        "X.E.zero_width": _decode_zero_width,
        "X.E.morse": _decode_morse,
        "X.E.binary_octal": _decode_octal,
        "X.E.markup_hidden": _decode_markup,
        "X.E.json_escape": _decode_json,
        "X.E.camelcase": str.lower,
        "X.E.unicode_tags": _decode_tags,
    }
)
DECODABLE = frozenset(_DECODERS)


def decode(leaf: str, text: str) -> str:
    """Take an encoding back; case is lost in `morse` and `camelcase`.

    Raises:
        KeyError: the encoding loses letters, so there is nothing to take back.
    """
    return _DECODERS[leaf](text)
