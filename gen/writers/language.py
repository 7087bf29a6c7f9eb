"""Languages that texts are worded in, and whether a text is in one of them."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

LANGUAGES: Mapping[str, tuple[str, str]] = {
    "en": ("English", "en"),
    "de": ("German", "major_eu"),
    "es": ("Spanish", "major_eu"),
    "fr": ("French", "major_eu"),
    "it": ("Italian", "major_eu"),
    "pt": ("Portuguese", "major_eu"),
    "zh": ("Chinese", "zh"),
    "ja": ("Japanese", "ja_ko"),
    "ko": ("Korean", "ja_ko"),
    "ar": ("Arabic", "ar_he_fa"),
    "hi": ("Hindi", "hi_bn"),
    "vi": ("Vietnamese", "vi_th_id_tl"),
}
"""By code: the name that a model is told, and the X.L leaf."""
_FEW_LETTERS = 35
"""A detector cannot tell shorter texts: a name or a menu is in any language."""
_FEW_WITHOUT_SPACES = 6
_SCRIPTS = {
    "zh": "\u4e00-\u9fff", "ja": "\u3040-\u30ff\u4e00-\u9fff", "ko": "\uac00-\ud7af",
    "ar": "\u0600-\u06ff", "hi": "\u0900-\u097f",
}  # fmt: skip
"""Letters without which no text, however short, is in these languages."""
_LEAST = 0.2
"""Of the detector's confidence; it is near 1 or near 0 for texts of more than a sentence."""


def is_language(text: str, language: str) -> bool:
    """Whether a text can be of a language; one too short to tell can be of any.

    Args:
        text: without the values that are alike in every language.
        language: a code of `LANGUAGES`.
    """
    if language in _SCRIPTS and not re.search(f"[{_SCRIPTS[language]}]", text):
        return False
    letters = "".join(re.findall(r"[^\W\d_]+", text))
    few = _FEW_LETTERS if letters.isascii() else _FEW_WITHOUT_SPACES
    if len(letters) < few:
        return True
    shares: dict[str, float] = dict(_load_detector().rank(text))
    return shares[language] >= _LEAST


@cache
def _load_detector() -> Any:
    """py3langid's, for our languages; it takes most of a second to read."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    detector = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    detector.set_languages(sorted(LANGUAGES))
    return detector
