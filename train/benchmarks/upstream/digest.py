"""Content known by its digest, whatever its layout."""

import json
from hashlib import sha256
from typing import Any


def compute_digest(content: Any) -> str:
    """SHA-256 of JSON content, whatever its layout."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()
