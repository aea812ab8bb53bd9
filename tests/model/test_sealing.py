"""Sealed answers: for one reader, about one thing."""

import base64

import pytest

from yunzu.errors import UsageError, YunzuError
from yunzu.model.sealing import Reader, check_public, seal


def test_only_the_reader_opens_it_and_only_about_that() -> None:
    reader, other = Reader(), Reader()
    sealed = seal("口令 secret".encode(), reader.public, "job 1")
    assert b"secret" not in base64.b64decode(sealed)
    assert reader.open(sealed, "job 1").decode() == "口令 secret"
    for who, what, about in (
        (other, sealed, "job 1"),
        (reader, sealed, "job 2"),
        (reader, sealed[:-8] + "AAAAAAA=", "job 1"),
        (reader, "no base64", "job 1"),
        (reader, "", "job 1"),
    ):
        with pytest.raises(YunzuError, match="is not for this reader"):
            who.open(what, about)


def test_the_same_text_is_never_sealed_alike() -> None:
    reader = Reader()
    assert seal(b"x", reader.public, "a") != seal(b"x", reader.public, "a")


@pytest.mark.parametrize("public", ["", "AAAA", "?" * 44, base64.b64encode(b"x" * 33).decode()])
def test_what_is_no_key_is_refused(public: str) -> None:
    check_public(Reader().public)
    with pytest.raises(UsageError):
        check_public(public)
