"""Text from outside made safe to show: it cannot forge a line, a link or a direction of writing."""

from __future__ import annotations

import re
import unicodedata

LIMIT = 256

# What mail programs make a link of, in any script: a dot before what may be a top-level domain (and what
# browsers take for a dot), or behind www. There are more such domains every year; so the shape decides.
_DOT = re.compile(
    r"(?<=[\w-])[.\u3002\uff0e\uff61](?=(?:xn--\w+|[^\W\d_]{2,24})(?![^\W_]))|(?i:(?<=\bwww)[.])"
)
_MAIL = re.compile(r"(?i)\bmailto:")


def one_line(value: object, limit: int = LIMIT) -> str:
    """Return text from an event as one line of visible characters, at most `limit` long.

    Line breaks, control characters, and characters that hide or turn the text around become spaces.
    """
    shown = "".join(" " if _unsafe(character) else character for character in str(value))
    shown = " ".join(shown.split())
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def untrusted(value: object, limit: int = LIMIT) -> str:
    """Return text from an event so that no mail program makes a link of it.

    ``https://example.com`` becomes ``https[:]//example[.]com``; version numbers and IP addresses stay.
    """
    shown = _MAIL.sub("mailto[:]", one_line(value, limit))
    return _DOT.sub("[.]", shown.replace("://", "[:]//"))


def ascii_subject(value: str, limit: int = 100) -> str:
    """Return an SNS subject: printable ASCII, one line, at most `limit` characters, never empty.

    Source: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
    """
    plain = unicodedata.normalize("NFKD", one_line(value, 1000)).encode("ascii", "replace").decode("ascii")
    plain = "".join(character for character in plain if character.isprintable()).strip()
    return (plain if len(plain) <= limit else plain[: limit - 3] + "...") or "Rearm"


def _unsafe(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
