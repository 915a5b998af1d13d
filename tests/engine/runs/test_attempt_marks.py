"""Marks of what has left, as a killed process leaves them behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from appmixer.engine.runs import attempt_marks
from appmixer.engine.runs.attempt_marks import FILE, AttemptMarks

BOOT = b"boot-1"
DIES_AFTER = """
import os, sys
from pathlib import Path
from appmixer.engine.runs.attempt_marks import AttemptMarks
marks = AttemptMarks(Path(sys.argv[1]))
marks.begin("stayed")
marks.begin("left")
marks.act("left")
marks.begin("ended")
marks.end("ended")
os.kill(os.getpid(), 9)
"""


def test_a_killed_process_leaves_word_of_what_stayed_and_what_left(tmp_path: Path) -> None:
    died = subprocess.run([sys.executable, "-c", DIES_AFTER, str(tmp_path)], check=False)

    marks = AttemptMarks(tmp_path)

    assert died.returncode == -signal.SIGKILL
    assert {each: marks.has_not_acted(each) for each in ("stayed", "left", "ended", "other")} == {
        "stayed": True,
        "left": False,
        "ended": False,
        "other": False,
    }


def test_no_two_attempts_have_one_name_whichever_process_made_them(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
    first, second = AttemptMarks(tmp_path / "a"), AttemptMarks(tmp_path / "b")

    names = [marks.name() for marks in (first, second) for _ in range(100)]

    assert len({*names}) == 200
    first.close()
    second.close()


def test_nothing_is_certain_of_an_attempt_that_is_still_under_way(tmp_path: Path) -> None:
    marks = AttemptMarks(tmp_path, BOOT)
    marks.begin("attempt")

    assert marks.has_not_acted("attempt") is False


def test_what_stayed_and_what_left_are_still_known_after_further_crashes(tmp_path: Path) -> None:
    first = AttemptMarks(tmp_path, BOOT)
    first.begin("stayed")
    first.begin("left")
    first.act("left")
    AttemptMarks(tmp_path, BOOT).begin("other")

    marks = AttemptMarks(tmp_path, BOOT)

    assert (marks.has_not_acted("stayed"), marks.has_not_acted("left")) == (True, False)


def test_nothing_is_certain_after_the_machine_has_been_started_again(tmp_path: Path) -> None:
    AttemptMarks(tmp_path, BOOT).begin("attempt")

    assert AttemptMarks(tmp_path, b"boot-2").has_not_acted("attempt") is False


def test_nothing_is_certain_where_the_machine_does_not_name_its_starts(tmp_path: Path) -> None:
    AttemptMarks(tmp_path, b"").begin("attempt")

    assert AttemptMarks(tmp_path, b"").has_not_acted("attempt") is False


def test_a_mark_that_a_crash_has_cut_off_counts_for_nothing(tmp_path: Path) -> None:
    marks = AttemptMarks(tmp_path, BOOT)
    marks.begin("attempt")
    marks.close()
    path = tmp_path / FILE
    path.write_bytes(path.read_bytes().rstrip(b"\0") + b">attempt")

    assert AttemptMarks(tmp_path, BOOT).has_not_acted("attempt") is True


def test_a_full_file_is_written_anew_with_what_is_under_way(tmp_path: Path) -> None:
    marks = AttemptMarks(tmp_path, BOOT)
    marks.begin("under-way")
    size_bytes = os.path.getsize(tmp_path / FILE)
    for number in range(3 * attempt_marks.SIZE_BYTES // 100):
        marks.begin(f"{number:050d}")
        marks.end(f"{number:050d}")

    assert AttemptMarks(tmp_path, BOOT).has_not_acted("under-way") is True
    assert os.path.getsize(tmp_path / FILE) < size_bytes + 1000
