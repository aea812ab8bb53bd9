"""KEYS.md: what it says can be done as it stands there."""

import shlex
from pathlib import Path

from yunzu.embedded import keys_note
from yunzu.embedded.home import Home


def test_the_backup_of_a_home_with_a_space_can_be_pasted(tmp_path: Path) -> None:
    home = Home(tmp_path / "云 租")
    home.prepare()
    keys_note.write(home)
    [line] = [line for line in (home.root / "KEYS.md").read_text().splitlines() if "tar -C" in line]
    assert shlex.split(line)[2] == str(home.root)
