"""The README says what the commands print."""

import pytest

from tests.support.tour import README, Block, blocks, printed

STATIC = [block for block in blocks(README.read_text("utf-8")) if "static" in block.options]


def test_the_tour_has_blocks_of_both_kinds() -> None:
    assert STATIC
    assert len(blocks(README.read_text("utf-8"))) > len(STATIC)


@pytest.mark.parametrize("block", STATIC, ids=lambda block: block.commands[0])
def test_commands_that_need_no_centre_print_what_the_readme_says(block: Block) -> None:
    assert printed(block) == block.body


def test_every_block_holds_output() -> None:
    for block in blocks(README.read_text("utf-8")):
        assert len(block.body.splitlines()) > len(block.commands), block.commands
