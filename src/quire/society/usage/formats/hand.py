"""The other end of ``crew``: looks at blocks of lines until there are none.

A thread of its own takes what comes, so that whoever gives never waits for whoever answers.
"""

from __future__ import annotations

import os
import pickle
import sys
from queue import SimpleQueue
from threading import Thread
from typing import IO

from quire.society.usage.formats import reader_for
from quire.society.usage.formats.crew import HEAD, SIZE, Task, exactly
from quire.society.usage.formats.lines import Whole
from quire.society.usage.formats.looking import look_for, packed


def main() -> None:
    """Read the task, then a block and answer it, until the input ends."""
    told, answers = sys.stdin.buffer, sys.stdout.buffer  # of the process that started this one, and no other
    try:
        size = SIZE.unpack(exactly(told, SIZE.size))[0]
        task: Task = pickle.loads(exactly(told, size))  # noqa: S301
    except EOFError:  # no task: the file was imported before
        return
    look = look_for(reader_for(task.form, task.book, task.host, None))  # type: ignore[arg-type]
    blocks: SimpleQueue[Whole | None] = SimpleQueue()
    Thread(target=_take, args=(told, blocks), daemon=True).start()
    while (block := blocks.get()) is not None:
        answer = packed(look(block))
        try:
            answers.write(SIZE.pack(len(answer)) + answer)
            answers.flush()
        except OSError:  # whoever asked is gone
            os._exit(0)


def _take(told: IO[bytes], blocks: SimpleQueue[Whole | None]) -> None:
    try:
        while True:
            number, offset, count, size = HEAD.unpack(exactly(told, HEAD.size))
            blocks.put(Whole(exactly(told, size), number, offset, count))
    except EOFError:
        blocks.put(None)


if __name__ == "__main__":
    main()
