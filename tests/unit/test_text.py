"""Text from outside cannot forge a line, a link or a direction of writing."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rearm.report.text import ascii_subject, one_line, untrusted

# What common mail programs make a link of: a scheme, www, a host with a top-level domain, a mail address.
# Written apart from the code under test: letters of any script, and what browsers take for a dot.
LINK = re.compile(
    r"(?i)://|\bmailto:|\bwww[.]|[\w-][.\u3002\uff0e\uff61](?:xn--\w+|[^\W\d_]{2,24})(?![^\W_])"
)
# Pieces that attackers build from, so that generated text comes near what matters.
PIECES = [
    "http", "https", "HTTPS", "ftp", "mailto", "://", ":", "//", "/", ".", "..", "www.", "evil", "example",
    "com", "ru", "c0m", "co.uk", "xn--p1ai", "@", "192.168.0.1", "1", "_", "-", "a", "é", "рф",
    "。", "\u2024",
    "\n", "\r\n", "\r", "\t", "\v", "\f", "\x00", "\x1b[2J", "\x85", "\u2028", "\u2029", "\u202e", "\u202d",
    "\u2066", "\u2069", "\u200b", "\u200f", "\ufeff", "\u00ad", "\ud800", "\ue000", " ", "Actor: root", "😀",
]  # fmt: skip
hostile = st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=30).map("".join)


def links(body: str) -> list[str]:
    """Find what a mail program would make a link of in a message; the name of our own field is none."""
    return [line for line in body.split("\n") if LINK.search(line.replace("  filter rearm.response = ", ""))]


def visible_line(shown: str) -> bool:
    """Whether a text is one line in which every character shows and reads from left to right."""
    return len(shown.splitlines()) <= 1 and not any(
        unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") for character in shown
    )


@pytest.mark.parametrize(
    ("given_text", "shown"),
    [
        ("plain", "plain"),
        ("two\nlines", "two lines"),
        ("a\r\nb\rc\td\ve\ff", "a b c d e f"),
        ("a\x00b\x1b[31mc", "a b [31mc"),
        ("a\x85b\u2028c\u2029d", "a b c d"),
        ("\u202egnp.exe\u202c", "gnp.exe"),
        ("zero\u200bwidth\ufeff", "zero width"),
        ("  many   spaces  ", "many spaces"),
        ("lone\ud800surrogate", "lone surrogate"),
        (None, "None"),
        (7, "7"),
    ],
)
def test_control_characters_and_line_breaks_become_spaces(given_text: object, shown: str) -> None:
    assert one_line(given_text) == shown


@pytest.mark.parametrize("length", [255, 256, 257, 10_000])
def test_a_long_text_is_cut_with_a_mark(length: int) -> None:
    shown = one_line("x" * length)

    assert len(shown) == min(length, 256)
    assert shown.endswith("…") is (length > 256)


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example.com/login",
        "HTTP://EVIL.COM",
        "http://192.168.0.1/login",
        "_http://192.168.0.1/login",
        "1http://192.168.0.1/",
        "averyveryverylongscheme://host/path",
        "éhttp://localhost/",
        "see http:///evil",
        "evil.com",
        "www.evil.com",
        "www.1evil.com",
        "evil.co.uk/path?x=1",
        "evil.xn--p1ai",
        "é.com",
        "пример.рф",
        "evil。com",
        "evil-.com",
        "evil.com_x",
        "mailto:root@localhost",
        "MAILTO:a@b",
        "root@evil.com",
        "ftp://files",
        "aws-cli/2.0 (evil.com)",
        "evil\u200b.com",
        "javascript://x",
    ],
)
def test_no_mail_program_makes_a_link_of_it(link: str) -> None:
    assert LINK.search(link.replace("\u200b", ""))
    assert not LINK.search(untrusted(link))


@pytest.mark.parametrize(
    "harmless",
    [
        "aws-cli/2.31.0 ua/2.1 os/linux lang/python#3.13.7",
        "203.0.113.7",
        "2001:db8::7",
        "arn:aws:cloudtrail:us-east-1:123456789012:trail/management",
        "Boto3/1.34.0",
        "aws-cli/1.2.11 Python/2.7.4 Linux/2.6.18-164.el5",
        "a sentence. And another one",
    ],
)
def test_versions_addresses_and_arns_stay_as_they_are(harmless: str) -> None:
    assert untrusted(harmless) == harmless


@given(hostile)
def test_whatever_it_is_it_ends_as_one_visible_line_without_links(value: str) -> None:
    shown = untrusted(value)

    assert visible_line(shown)
    assert not LINK.search(shown)
    assert shown == shown.strip()
    shown.encode("utf-8")


@given(hostile, st.integers(min_value=1, max_value=300))
def test_one_line_keeps_its_limit(value: str, limit: int) -> None:
    shown = one_line(value, limit)

    assert visible_line(shown)
    assert len(shown) <= limit


@given(hostile | st.text(max_size=300))
def test_a_subject_is_what_sns_takes(value: str) -> None:
    """ASCII, one line, at most 100 characters, beginning with something visible."""
    subject = ascii_subject(value)

    assert subject.isascii()
    assert subject.isprintable()
    assert 1 <= len(subject) <= 100
    assert not subject[0].isspace()


@pytest.mark.parametrize(("value", "subject"), [("", "Rearm"), ("\n", "Rearm"), ("Prüfung", "Pru?fung")])
def test_a_subject_is_never_empty(value: str, subject: str) -> None:
    assert ascii_subject(value) == subject


def test_a_long_subject_is_cut_with_dots() -> None:
    assert ascii_subject("x" * 200) == "x" * 97 + "..."
