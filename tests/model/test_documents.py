"""YAML is read strictly: what surprises, repeats or explodes is a fault, never a traceback."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from yunzu.model.documents import MAX_DEPTH, dotted, parse
from yunzu.model.files import MANIFEST_BYTES, UnreadableError, read_plain

BOMB = "a: &a [x, x]\n" + "".join(
    f"{b}: &{b} [{', '.join(['*' + a] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


@contextmanager
def as_nobody() -> Iterator[None]:
    """Root may read everything, so it steps down for a moment; anybody else stays who they are."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (BOMB, "anchor"),
        ("a: &x 1", "anchor"),
        ("a: *x", "anchor"),
        ("a: !!python/object/apply:os.system [id]", "tag"),
        ("a: !!binary aGk=", "tag"),
        ("a: ! x", "tag"),
        ("a: " + "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "too-deep"),
        ("a: " + "[" * 500_000, "too-deep"),
        ("a: [" + "1," * 30_000 + "]", "too-many-nodes"),
        ("a: 1\n---\nb: 2\n", "documents"),
        ("", "empty"),
        ("# only a comment\n", "empty"),
        ("- a\n- b\n", "not-a-mapping"),
        ("just text", "not-a-mapping"),
        ("~", "not-a-mapping"),
        ("a: 'x", "yaml"),
        ("a: b: c", "yaml"),
        ("a:\tb\n\tc", "yaml"),
        ("a: \x1b[2J", "yaml"),
        ("a: \x00", "yaml"),
    ],
)
def test_a_hostile_document_is_refused_whole(text: str, code: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        parse(text)
    assert caught.value.code == code
    assert "\x1b" not in caught.value.message


@pytest.mark.parametrize(
    ("text", "path", "code"),
    [
        ("a: 1\na: 2", "", "duplicate-key"),
        ("a: {b: {c: 1, c: 1}}", "a.b", "duplicate-key"),
        ("a:\n  - {b: 1, b: 2}", "a[0]", "duplicate-key"),
        ("yes: 1", "", "key"),
        ("1: 1", "", "key"),
        ("<<: {a: 1}", "", "key"),
        ("? [a]\n: b", "", "key"),
        ("a: 2027-02-30", "a", "value"),
        ("a: " + "9" * 5000, "a", "value"),
        ("a: 0x_", "a", "value"),
        ("a: =", "a", "value"),
        ("a: 2001-01-01T99:00:00Z", "a", "value"),
    ],
)
def test_a_single_fault_leaves_the_rest_usable(text: str, path: str, code: str) -> None:
    document = parse(text + "\nkind: X")
    assert [(fault.path, fault.code) for fault in document.faults] == [(path, code)]
    assert all(len(fault.message) < 200 for fault in document.faults)
    assert document.value["kind"] == "X"


def test_all_faults_of_a_document_are_found_at_once() -> None:
    document = parse("a: 1\na: 2\nb: {c: 1, c: 2}\nd: 2027-02-30\n")
    assert [fault.path for fault in document.faults] == ["", "b", "d"]


def test_the_way_a_scalar_was_written_is_kept() -> None:
    assert parse("a: [yes, 0x10, 1e3]").written == {("a", 0): "yes", ("a", 1): "0x10", ("a", 2): "1e3"}


def test_a_bomb_is_refused_before_it_is_built() -> None:
    begin = time.process_time()
    with pytest.raises(UnreadableError):
        parse(BOMB)
    assert time.process_time() - begin < 5  # it would fill the memory: 9^8 values


def test_dotted_paths() -> None:
    assert dotted(("databases", 0, "size")) == "databases[0].size"
    assert dotted(()) == ""


class TestFiles:
    def test_a_large_file_is_never_read(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        large = tmp_path / "large.yaml"
        with large.open("wb") as file:
            file.truncate(100 * 2**20)
        opened: list[object] = []
        monkeypatch.setattr(os, "open", lambda *args, **_: opened.append(args))
        with pytest.raises(UnreadableError, match=r"has 104857600 bytes and was not read"):
            read_plain(large)
        assert opened == []

    def test_the_limit_itself_is_taken(self, tmp_path: Path) -> None:
        file = tmp_path / "full.yaml"
        file.write_bytes(b"x" * MANIFEST_BYTES)
        assert len(read_plain(file)) == MANIFEST_BYTES
        file.write_bytes(b"x" * (MANIFEST_BYTES + 1))
        with pytest.raises(UnreadableError) as caught:
            read_plain(file)
        assert caught.value.code == "too-large"

    def test_a_pipe_is_not_waited_on(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe.yaml")
        with pytest.raises(UnreadableError, match="is a named pipe"):
            read_plain(tmp_path / "pipe.yaml", links=True)

    def test_devices_and_directories_are_not_files(self, tmp_path: Path) -> None:
        with pytest.raises(UnreadableError, match="is a directory"):
            read_plain(tmp_path)
        with pytest.raises(UnreadableError, match="is a device"):
            read_plain(Path("/dev/zero"), links=True)

    def test_links_are_followed_only_when_told(self, tmp_path: Path) -> None:
        (tmp_path / "real.yaml").write_text("a: 1")
        (tmp_path / "link.yaml").symlink_to(tmp_path / "real.yaml")
        with pytest.raises(UnreadableError, match="is a symbolic link"):
            read_plain(tmp_path / "link.yaml")
        assert read_plain(tmp_path / "link.yaml", links=True) == "a: 1"

    def test_a_link_loop_is_a_sentence(self, tmp_path: Path) -> None:
        (tmp_path / "loop.yaml").symlink_to(tmp_path / "loop.yaml")
        with pytest.raises(UnreadableError) as caught:
            read_plain(tmp_path / "loop.yaml", links=True)
        assert caught.value.code == "unreadable"

    def test_no_permission_is_a_sentence(self, tmp_path: Path) -> None:
        file = tmp_path / "secret.yaml"
        file.write_text("a: 1")
        file.chmod(0)
        with as_nobody(), pytest.raises(UnreadableError, match="cannot be read: permission denied"):
            read_plain(file)

    def test_bytes_that_are_no_text_are_named(self, tmp_path: Path) -> None:
        file = tmp_path / "latin.yaml"
        file.write_bytes(b"a: \xe9\n")
        with pytest.raises(UnreadableError, match="byte 3 is 0xe9"):
            read_plain(file)
