"""Other processes of ours that look at a file's lines beside this one, on the other cores.

Each is a fresh interpreter that reads blocks of lines from its standard input and writes what they say to
its standard output (``hand``). It has no connection to any database, opens no file, and ends when this
process does, however it ends: its input is then at an end. What one was given and did not answer, because
it was killed, is looked at here. Nothing that comes of a file tells who looked at it.
"""

from __future__ import annotations

import os
import pickle
import struct
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Condition, Thread
from typing import IO, Self, cast

from quire.core.agents import AgentBook
from quire.society.usage.formats.lines import Position, RawLine, Whole
from quire.society.usage.formats.looking import Look, Looked, unpacked
from quire.society.usage.formats.packed import length_of

WORTH_IT = 32 * 1024 * 1024
"""Bytes of a file from which it pays to start another process, which takes a fifth of a second."""

_APART = ("access-log", "nginx-json", "cloudflare")
_MOST = 3  # processes: what is left to this one, which settles what they met, would not keep up with more
_AHEAD = 24  # blocks waiting for each of them, so that they have work while this process writes
_OPEN = 4  # blocks given to one at a time: the next is there when it is done with one, however busy we are
_LONGEST = 96  # blocks looked at or waiting, of which the first is not settled: this bounds the memory

HEAD = struct.Struct("<QQQQ")
"""Before each block: the fields of ``Whole`` but its data, and how many bytes that has."""
SIZE = struct.Struct("<Q")
"""Before each answer, and before the task: how many bytes it has."""


@dataclass(frozen=True, slots=True)
class Task:
    """What to look for: the format, the agents, and whose log it is where its lines do not say."""

    form: str
    book: AgentBook
    host: str | None


@dataclass(slots=True, eq=False)
class _Block:
    """A block on its way, and what came of it: as bytes where another process looked at it."""

    lines: Whole
    last: Position
    answer: Looked | bytes | None = None


class Crew:
    """So many processes, starting up. Give them a task, once; close it, or use it in a ``with``."""

    def __init__(self, hands: int) -> None:
        command = [sys.executable, "-P", "-m", "quire.society.usage.formats.hand"]
        self._hands = [
            subprocess.Popen(  # noqa: S603
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,  # whoever interrupts this command interrupts us, and we end them
            )
            for _ in range(hands)
        ]
        self._threads: list[Thread] = []
        self._waiting: deque[_Block] = deque()
        self._changed = Condition()
        self._serving = 0
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def begin(self, task: Task) -> None:
        """Tell every process what to look for; from now on they take blocks."""
        told = pickle.dumps(task)
        self._serving = len(self._hands)
        for hand in self._hands:
            thread = Thread(target=self._serve, args=(hand, told), daemon=True)
            thread.start()
            self._threads.append(thread)

    def close(self) -> None:
        """End them."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._changed.notify_all()
        for hand in self._hands:
            hand.kill()
        for thread in self._threads:
            thread.join()
        for hand in self._hands:
            hand.wait()
            for pipe in (hand.stdin, hand.stdout):
                _shut(cast(IO[bytes], pipe))

    def looked(self, parts: Iterator[Whole | RawLine], look: Look) -> Iterator[tuple[Looked, Position]]:
        """What the lines say, in their order, and where each part of them ends."""
        window: deque[_Block] = deque()
        for part in parts:
            block = _Block(cast(Whole, part), part.position)
            window.append(block)
            if isinstance(part, RawLine) or not self._offer(block):
                block.answer = look(part)
            while window and (window[0].answer is not None or len(window) > _LONGEST):
                yield self._first(window, look)
        while window:
            yield self._first(window, look)

    def _offer(self, block: _Block) -> bool:
        """Put the block where the others take theirs from, if they do not have enough to do."""
        with self._changed:
            if len(self._waiting) >= _AHEAD * self._serving:
                return False
            self._waiting.append(block)
            self._changed.notify_all()
            return True

    def _first(self, window: deque[_Block], look: Look) -> tuple[Looked, Position]:
        """The first of the window; until it is there, do what nobody has begun yet."""
        first = window.popleft()
        while first.answer is None:
            with self._changed:
                other = self._waiting.pop() if self._waiting else None
                if other is None:
                    self._changed.wait_for(lambda: first.answer is not None or bool(self._waiting))
            if other is not None:
                other.answer = look(other.lines)
        looked = unpacked(first.answer) if isinstance(first.answer, bytes) else first.answer
        return looked, first.last

    def _serve(self, hand: subprocess.Popen[bytes], told: bytes) -> None:
        """Give one process blocks as long as there are any, and take its answers."""
        given: deque[_Block] = deque()
        give, take = cast(IO[bytes], hand.stdin), cast(IO[bytes], hand.stdout)
        try:
            _write(give, SIZE.pack(len(told)) + told)
            while True:
                while len(given) < _OPEN and (block := self._next(wait=not given)) is not None:
                    given.append(block)
                    lines = block.lines
                    _write(give, HEAD.pack(lines.number, lines.offset, lines.many, len(lines.data)))
                    _write(give, lines.data)
                if not given:
                    return
                answer = exactly(take, SIZE.unpack(exactly(take, SIZE.size))[0])
                with self._changed:
                    given.popleft().answer = answer
                    self._changed.notify_all()
        except (OSError, EOFError):  # it was killed, or it met what it could not bear: this process goes on
            pass
        finally:
            with self._changed:
                self._serving -= 1
                if not self._closed:
                    self._waiting.extendleft(reversed(given))
                self._changed.notify_all()

    def _next(self, *, wait: bool) -> _Block | None:
        """The block that has waited longest; None where there is none, after ``wait`` only at the end."""
        with self._changed:
            if wait:
                self._changed.wait_for(lambda: self._closed or bool(self._waiting))
            return self._waiting.popleft() if self._waiting else None


def crew_for(path: Path | str, form: str) -> Crew | None:
    """Processes for the other cores, where there are any, the file is long enough, and of a form of which
    lines can be looked at apart; else None.

    They start while this process does something else: ``begin`` is for later.
    """
    hands = min(_cores() - 1, _MOST)
    try:
        if form not in _APART or hands < 1 or not sys.executable or length_of(Path(path)) < WORTH_IT:
            return None
        return Crew(hands)
    except OSError:  # no file, which whoever reads it will say better; or no room for another process
        return None


def exactly(pipe: IO[bytes], size: int) -> bytes:
    """So many bytes. Raises ``EOFError`` where there are fewer."""
    data = pipe.read(size)
    if len(data) < size:
        raise EOFError
    return data


def _write(pipe: IO[bytes], data: bytes) -> None:
    pipe.write(data)
    pipe.flush()


def _shut(pipe: IO[bytes]) -> None:
    try:
        pipe.close()
    except OSError:  # what was written last has nowhere to go any more
        pass


def _cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
