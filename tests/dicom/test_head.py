"""Texts of headers in any character set that a file may name."""

import pytest

from lungseg.dicom.head import text_of


@pytest.mark.parametrize(
    ("value", "charset", "text"),
    [
        (b"Me\xefer ", b"ISO_IR 100", "Meïer"),
        ("Müller".encode(), b"ISO_IR 192", "Müller"),
        # PS3.5 H.3.2, example 1: Yamada, in kanji of JIS X 0208.
        (b"\x1b$B;3ED\x1b(B", b"\\ISO 2022 IR 87", "山田"),
        (b"QZX\xfc", b"QZX", "QZXü"),
    ],
)
def test_character_sets(value, charset, text):
    assert text_of(value, charset) == text


@pytest.mark.parametrize("charset", [b"hex", b"idna", b"undefined", b"a\0b", b"\\zlib"])
@pytest.mark.parametrize("value", [b"M\xfcller", b"\x1b$B;3ED\x1b(B", b"\xff"])
def test_an_unknown_character_set_is_not_an_error(value, charset):
    """Python knows codecs by some of these; they decode no text, and refuse to."""
    assert text_of(value, charset)
