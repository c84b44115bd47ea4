from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.disk import Disk
from whitetail.source.prompt_and_end import read_prompt_and_end


def test_reading_a_run_that_is_gone_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        read_prompt_and_end(Disk(tmp_path).path("t", "r"))


def test_a_link_is_never_opened(tmp_path: Path) -> None:
    path = Disk(tmp_path).write_run("t", "r", "a question")
    link = path.with_name("link.jsonl")
    link.symlink_to(path)
    with pytest.raises(OSError):
        read_prompt_and_end(link)
