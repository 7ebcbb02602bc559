"""Names made comparable: one function for the column and for what is searched."""

import unicodedata

# NFKD alone leaves these letters as they are.
_PLAIN = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"})


def norm(text: str) -> str:
    """`text` without case, accents and double spaces: "Łukasz  Wiśniewski" becomes "lukasz wisniewski"."""
    folded = unicodedata.normalize("NFKD", text).casefold()
    plain = "".join(c for c in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(c)).translate(_PLAIN)
    return " ".join(plain.split())
