"""Alphabets and signs that stand in for letters: codes, looks, places, what nobody sees."""

LETTERS = "abcdefghijklmnopqrstuvwxyz"
ATBASH = str.maketrans(LETTERS + LETTERS.upper(), LETTERS[::-1] + LETTERS[::-1].upper())
LEET = str.maketrans("aeiostAEIOST", "431057431057")
_LOOKALIKES = "\u0430\u0441\u0435\u043e\u0440\u0445\u0443"  # Cyrillic a, c, e, o, p, x, y
HOMOGLYPHS = str.maketrans("aceopxy", _LOOKALIKES)
MORSE = dict(
    zip(
        LETTERS + "0123456789.,?/-@:=+_'()\";!&$",
        (
            ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- "
            "...- .-- -..- -.-- --.. ----- .---- ..--- ...-- ....- ..... -.... --... ---.. ----. "
            ".-.-.- --..-- ..--.. -..-. -....- .--.-. ---... -...- .-.-. ..--.- .----. -.--. "
            "-.--.- .-..-. -.-.-. -.-.-- .-... ...-..-"
        ).split(),
        strict=True,
    )
)
SPELLED = dict(
    zip(
        LETTERS + "0123456789@.-_/:",
        (
            "Alfa Bravo Charlie Delta Echo Foxtrot Golf Hotel India Juliett Kilo Lima Mike "
            "November Oscar Papa Quebec Romeo Sierra Tango Uniform Victor Whiskey Xray Yankee Zulu "
            "Zero One Two Three Four Five Six Seven Eight Nine At Stop Dash Underscore Slash Colon"
        ).split(),
        strict=True,
    )
)
_DOTS = (
    "1 12 14 145 15 124 1245 125 24 245 13 123 134 1345 135 1234 12345 1235 234 2345 136 1236 2456 "
    "1346 13456 1356"
)
CELLS = {
    letter: chr(0x2800 + sum(1 << int(dot) - 1 for dot in dots))
    for letter, dots in zip(LETTERS, _DOTS.split(), strict=True)
}
WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
RAISED = str.maketrans(
    "abcdefghijklmnoprstuvwxyz",
    "\u1d43\u1d47\u1d9c\u1d48\u1d49\u1da0\u1d4d\u02b0\u2071\u02b2\u1d4f\u02e1\u1d50\u207f\u1d52"
    "\u1d56\u02b3\u02e2\u1d57\u1d58\u1d5b\u02b7\u02e3\u02b8\u1dbb",
)
INVISIBLE = ("\u200b", "\u200c", "\u200d", "\u2060")
TAG_BLOCK = 0xE0000
WRAPPERS = (
    ("<!-- ", " -->"),
    ("<span hidden>", "</span>"),
    ('<div style="display:none">', "</div>"),
    ('<p data-note="', '"></p>'),
)
CARRIER = "\u2713"
SELECTORS, MORE_SELECTORS = 0xFE00, 0xE0100
BITS = ("\u2062", "\u2064")
