"""Text that may come from a stranger, made harmless to a terminal."""

import re

# C0 except for tab and line end, DEL, C1, and the characters that turn the direction of what is read.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def visible(text: str) -> str:
    """Return `text` with each control character written as its escape: shown and not obeyed."""
    return _CONTROL.sub(lambda found: ascii(found[0])[1:-1], text)
