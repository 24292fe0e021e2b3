"""The edge's record: numbers without a gap, nothing lost that had a number, and what is lost is said."""

from __future__ import annotations

import json
import os
import random
import threading
import warnings
from pathlib import Path
from typing import Any

import pytest

from quire.core.money import Money, quanta_of
from quire.edge.spool import Bounds, Spool, SpoolBroken, SpoolFailed, SpoolFull, lanes, segments
from quire.edge.spool.frames import frame, lines

EVENT: dict[str, Any] = {"host": "paper.example", "path": "/n/1", "outcome": "admitted", "status": 200}
SMALL = Bounds(segment=2_000, interval=0.02)


def fork() -> int:
    """``os.fork``. Later Pythons warn of threads; that they are not the child's is what is tested."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def delivered(spool: Spool, most: int = 10_000) -> list[dict[str, Any]]:
    """Everything that a society would have taken by now."""
    spool.sync()
    found = []
    while (batch := spool.batch(most)) is not None:
        events = [json.loads(line) for line in batch.body.splitlines()]
        assert (events[0]["n"], len(events)) == (batch.first, batch.count)
        found += events
        spool.confirm(batch.last)
    return found


def test_numbers_run_from_one_and_everything_arrives_once(tmp_path: Path) -> None:
    spool = Spool(tmp_path, SMALL)
    given = [spool.record(**EVENT, request=str(n)) for n in range(500)]
    assert given == list(range(1, 501))
    found = delivered(spool, most=70)
    assert [one["n"] for one in found] == given
    assert [one["request"] for one in found] == [str(n) for n in range(500)]
    assert spool.batch() is None
    spool.close()


def test_a_later_process_goes_on_with_the_spool_of_the_lane(tmp_path: Path) -> None:
    one = Spool(tmp_path, SMALL)
    one.record(**EVENT)
    name = one.lane.spool
    one.close()
    two = Spool(tmp_path, SMALL)
    assert two.record(**EVENT) == 2
    assert two.lane.spool == name
    assert len(delivered(two)) == 2
    two.close()


def test_two_processes_have_two_lanes_each_with_an_id_of_its_own(tmp_path: Path) -> None:
    one, two = Spool(tmp_path), Spool(tmp_path)
    one.record(**EVENT)
    two.record(**EVENT)
    assert (one.lane.number, two.lane.number) == (0, 1)
    assert one.lane.spool != two.lane.spool
    one.close()
    again = Spool(tmp_path)
    assert again.lane.number == 0
    assert lanes(tmp_path) == [0, 1]
    with pytest.raises(SpoolBroken):
        Spool(tmp_path, lane=1).record(**EVENT)
    again.close()
    two.close()


def test_threads_get_numbers_of_their_own(tmp_path: Path) -> None:
    spool = Spool(tmp_path, SMALL)
    given: list[int] = []

    def work() -> None:
        given.extend([spool.record(**EVENT) for _ in range(400)])

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(given) == list(range(1, 3_201))
    assert [one["n"] for one in delivered(spool)] == list(range(1, 3_201))
    spool.close()


def test_a_forks_child_takes_another_lane(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.record(**EVENT)
    child = fork()
    if child == 0:
        spool.record(**EVENT)
        number = spool.lane.number
        os._exit(number)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
    assert spool.record(**EVENT) == 2
    assert spool.lane.number == 0
    with pytest.raises(SpoolBroken):
        Spool(tmp_path, lane=0).record(**EVENT)
    spool.close()


def end_of(folder: Path) -> Path:
    return folder / segments.name_of(segments.firsts(folder)[-1])


@pytest.mark.parametrize("taken", [1, 5, 40])
def test_a_torn_tail_is_cut_and_said_and_its_number_given_again(tmp_path: Path, taken: int) -> None:
    spool = Spool(tmp_path)
    for _ in range(3):
        spool.record(**EVENT)
    spool.close()
    folder = tmp_path / "lane-0"
    last = end_of(folder)
    last.write_bytes(last.read_bytes()[:-taken])
    spool = Spool(tmp_path)
    assert spool.record(**EVENT) == 3
    assert "cut off" in (folder / "notes.jsonl").read_text()
    assert [one["n"] for one in delivered(spool)] == [1, 2, 3]
    spool.close()


def test_damage_in_the_middle_is_a_lost_event_in_its_place(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    for _ in range(5):
        spool.record(**EVENT)
    spool.close()
    last = end_of(tmp_path / "lane-0")
    rows = last.read_bytes().splitlines(keepends=True)
    rows[1] = rows[1].replace(b"paper", b"pApEr")
    rows[2] = b"\0" * (len(rows[2]) - 1) + b"\n"
    last.write_bytes(b"".join(rows))
    spool = Spool(tmp_path)
    found = delivered(spool)
    assert [one["n"] for one in found] == [1, 2, 4, 5]
    assert (found[1]["kind"], found[1]["from"], found[1]["to"]) == ("lost", 2, 3)
    spool.close()


def lose_power(folder: Path, keep: int) -> None:
    """What a loss of power leaves: the durable lines alone, and a mark of another start of the machine."""
    last = end_of(folder)
    last.write_bytes(b"".join(last.read_bytes().splitlines(keepends=True)[:keep]))
    mark = json.loads((folder / "mark.json").read_text())
    (folder / "mark.json").write_text(json.dumps({**mark, "clean": False, "boot": "another"}))


def test_after_a_loss_of_power_numbers_are_given_up_not_given_again(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    for _ in range(10):
        spool.record(**EVENT)
    spool.close()
    lose_power(tmp_path / "lane-0", keep=7)
    spool = Spool(tmp_path)
    again = spool.record(**EVENT)
    assert again > 10
    found = delivered(spool)
    assert [one["n"] for one in found] == [*range(1, 9), again]
    gone = found[7]
    assert (gone["kind"], gone["from"], gone["to"]) == ("lost", 8, again - 1)
    assert "lost power" in (tmp_path / "lane-0" / "notes.jsonl").read_text()
    spool.close()
    spool = Spool(tmp_path)
    assert spool.record(**EVENT) == again + 1
    spool.close()


def test_a_kill_is_no_loss_of_power(tmp_path: Path) -> None:
    """The same start of the machine and no clean end: the kernel kept everything, so nothing is given up."""
    spool = Spool(tmp_path, SMALL)
    for _ in range(10):
        spool.record(**EVENT)
    child = fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    spool.lane.let_go()
    again = Spool(tmp_path, SMALL)
    assert again.record(**EVENT) == 11
    assert not (tmp_path / "lane-0" / "notes.jsonl").exists()
    again.close()


def test_delivered_segments_go_and_a_few_stay(tmp_path: Path) -> None:
    spool = Spool(tmp_path, SMALL)
    for _ in range(200):
        spool.record(**EVENT)
    folder = spool.lane.folder
    before = segments.firsts(folder)
    assert len(before) > 10
    delivered(spool)
    after = segments.firsts(folder)
    assert after == before[-3:]
    assert spool.lane.size == segments.total_bytes(folder)
    spool.close()
    assert Spool(tmp_path).record(**EVENT) == 201


def test_a_full_spool_says_so_and_still_takes_a_little(tmp_path: Path) -> None:
    spool = Spool(tmp_path, Bounds(most=20_000, segment=2_000, interval=0.02))
    number = 0
    while not spool.full:
        number = spool.record(**EVENT)
    assert spool.record(kind="people", host="paper.example", count=4) == number + 1
    while spool.lane.size < spool.bounds.hard:
        spool.record(**EVENT)
    with pytest.raises(SpoolFull):
        spool.record(**EVENT)
    count = spool.lane.written
    assert len(delivered(spool)) == count
    assert not spool.full
    assert spool.record(**EVENT) == count + 1
    spool.close()


def test_an_event_that_the_disk_refuses_has_no_number(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.record(**EVENT)
    fd = spool.lane._fd
    full = os.open("/dev/full", os.O_WRONLY)
    kept = os.dup(fd)
    os.dup2(full, fd)
    with pytest.raises(SpoolFailed):
        spool.record(**EVENT)
    os.dup2(kept, fd)
    assert spool.record(**EVENT) == 2
    assert [one["n"] for one in delivered(spool)] == [1, 2]
    spool.close()


def test_what_was_spent_is_known_after_the_segments_are_gone(tmp_path: Path) -> None:
    """Against a plain sum over everything that was ever recorded."""
    rng = random.Random(7)
    spool = Spool(tmp_path, SMALL)
    expected: dict[str, int] = {}
    charges: list[tuple[int, str, int]] = []
    for turn in range(400):
        name, sum_ = rng.choice(["alw_a", "alw_b"]), rng.choice(["0.002000000000", "0.000000000001"])
        number = spool.record(**EVENT, charged=Money.parse(sum_, "EUR"), allowance=name)
        expected[name] = expected.get(name, 0) + quanta_of(sum_)
        charges.append((number, name, quanta_of(sum_)))
        if rng.random() < 0.1:
            of, whose, quanta = charges.pop()
            spool.record(kind="void", of=of, status=502)
            expected[whose] -= quanta
        if turn % 90 == 0:
            assert spool.spent() == expected
            delivered(spool)
            spool.close()
            spool = Spool(tmp_path, SMALL)
    assert segments.firsts(spool.lane.folder)[0] > 1
    assert spool.spent() == expected
    spool.close()


def test_a_frame_says_its_own_end() -> None:
    assert frame(b"123456789") == b"cbf43926123456789\n"  # the check value of CRC-32
    assert [one.event for one in lines(frame(b"a") + b"00000000b\n" + frame(b"c") + b"torn")] == [
        b"a",
        None,
        b"c",
    ]


def test_a_mark_that_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.record(**EVENT)
    spool.close()
    (tmp_path / "lane-0" / "mark.json").write_text("{")
    with pytest.raises(SpoolBroken, match="aside"):
        Spool(tmp_path).record(**EVENT)
