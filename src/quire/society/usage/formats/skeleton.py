"""Lines of an access log that are surely somebody's who is no AI agent, told thousands at a time.

What stands in a line hangs on few of its bytes: the quotation marks. In most logs most lines have six of
them, no backslash and no control character, and between these marks every field lies where it must. Such
lines are recognised here with whole arrays of bytes at once. Of all others, and of those with an AI agent's
name, nothing is said here: ``access_log.Reader`` reads them, and it would have called every line that is
spared it human.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from quire.society.usage.formats.lines import LONGEST_LINE

Bytes = NDArray[np.uint8]
Places = NDArray[np.int64]
Yes = NDArray[np.bool_]
Judge = Callable[[bytes], bool]

_QUOTE, _LF, _CR, _SPACE, _DASH = b'"\n\r -'
_REMEMBERED = 50_000
_LONGEST_REMEMBERED = 1000  # bytes: longer ones are judged each time, so that they fill no memory
_LONGEST_WORD = 253  # bytes of a client, a virtual host or a user: longer ones are left to the reader
_LONGEST_SIZE = 18  # digits


def _of(chars: bytes) -> Yes:
    """For each of the 256 bytes, whether it is one of these."""
    table = np.zeros(256, dtype=np.bool_)
    table[list(chars)] = True
    return table


_WORD = ~_of(b' "\n')
_USER = ~_of(b' "[\n')
_USUAL_WORD = 16  # an IPv4 address and the blank after it
# Between these two lies every byte of a time, and of a status; what is more to be said of them is said below.
_TIMES = (b"[00/Aaa/1900:00:00:00 +0000] ", b"[39/Szz/2099:29:59:59 -1959] ")
_STATUSES = (b" 000 ", b" 999 ")
_SIZES = (b"0" * _LONGEST_SIZE, b"9" * _LONGEST_SIZE)
_TIME, _STATUS = len(_TIMES[0]), len(_STATUSES[0])
_DAY, _MONTH, _YEAR, _HOUR, _SIGN, _AHEAD = 1, 4, 8, 13, 22, 23  # where these begin in a time
_NAMES = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")
_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_CODES, _DAYS = (
    np.array(column)
    for column in zip(
        *sorted(zip((int.from_bytes(name, "big") for name in _NAMES), _LENGTHS, strict=True)), strict=True
    )
)


class _Lines(NamedTuple):
    """Lines still thought human, each with a place for every of these: rows of one table."""

    line: Places  # which of the block's lines
    start: Places
    end: Places  # of what is in it, without the line's end
    quotes: tuple[Places, ...]  # the first two quotation marks, or the first six

    def where(self, yes: Yes) -> _Lines:
        """Those that are so."""
        if yes.all():
            return self
        return _Lines(self.line[yes], self.start[yes], self.end[yes], tuple(one[yes] for one in self.quotes))


class Sieve:
    """Tells of a block of whole lines which ones the reader must see; its memory is bounded.

    ``human(name)``: does this value of the user agent, as it stands in the log, name no AI agent?
    ``host(word)``: does the reader take the word for a virtual host?
    """

    def __init__(self, human: Judge, host: Judge) -> None:
        self._human = _Known(human)
        self._host = _Known(host)

    def __call__(self, block: bytes) -> tuple[Places, Places]:
        """(where each line ends, its LF included; the numbers from nought of those that must be read)."""
        data = np.frombuffer(block, dtype=np.uint8)
        ends, all_lines = _skeletons(data)
        spared = np.zeros(len(ends), dtype=np.bool_)
        for lines in all_lines:
            lines = _answered(data, _timed(data, lines))
            lines = self._from_somebody(data, block, lines)
            if len(lines.quotes) == 6:
                lines = lines.where(self._human.all(block, lines.quotes[4] + 1, lines.quotes[5]))
            spared[lines.line] = True
        return ends, np.flatnonzero(~spared)

    def _from_somebody(self, data: Bytes, block: bytes, lines: _Lines) -> _Lines:
        """Those that begin ``client - user [`` or ``host client - user [``, that bracket being the time's."""
        bracket = lines.quotes[0] - _TIME
        first = lines.start + _word(data, lines.start)
        virtual = ~_dash_at(data, first)
        yes = first > lines.start
        if virtual.any():
            second = first[virtual] + 1 + _run(data, first[virtual] + 1, _WORD, _LONGEST_WORD)
            yes[virtual] &= data[first[virtual]] == _SPACE
            yes[virtual] &= (second > first[virtual] + 1) & _dash_at(data, second)
            yes[virtual] &= self._host.all(block, lines.start[virtual], first[virtual])
            first[virtual] = second
        user = np.where(yes, first + 3, bracket)
        end = user + _run(data, user, _USER, _LONGEST_WORD)
        return lines.where(yes & (end > user) & (end + 1 == bracket) & (data[end] == _SPACE))


class _Known:
    """A judge's verdicts, kept because values come again and again."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.good: set[bytes] = set()

    def all(self, block: bytes, starts: Places, ends: Places) -> Yes:
        """For each of these slices of the block, the verdict."""
        found = [block[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
        yes = np.fromiter(map(self.good.__contains__, found), dtype=np.bool_, count=len(found))
        verdicts: dict[bytes, bool] = {}
        for at in np.flatnonzero(~yes).tolist():
            one = found[at]
            verdict = verdicts.get(one)
            if verdict is None:
                verdict = verdicts[one] = self.judge(one)
            yes[at] = verdict
        if len(self.good) > _REMEMBERED:  # somebody sends a new one with each request
            self.good.clear()
        self.good.update(one for one, good in verdicts.items() if good and len(one) <= _LONGEST_REMEMBERED)
        return yes


def _skeletons(data: Bytes) -> tuple[Places, tuple[_Lines, _Lines]]:
    """Where the lines end; and of those without control characters and backslashes, with what they quote.

    The first have two quotation marks, which is the common format; the second six or more, the combined.
    """
    places, kinds = _marks(data)
    feeds = np.flatnonzero(kinds == _LF)
    ends = places[feeds]
    starts = np.concatenate(([0], ends[:-1] + 1))
    returns = np.zeros(len(feeds), dtype=np.int64)
    before = np.flatnonzero((kinds[:-1] == _CR) & (kinds[1:] == _LF) & (np.diff(places) == 1))
    returns[np.searchsorted(feeds, before)] = 1
    firsts = np.concatenate(([0], feeds[:-1] + 1))
    quotes = feeds - firsts - returns
    strange = (kinds != _QUOTE) & (kinds != _LF)
    strange[before] = False
    good = ends - starts <= LONGEST_LINE
    good[np.searchsorted(feeds, np.flatnonzero(strange))] = False
    stops = ends - returns
    return ends + 1, (
        _lines(places, firsts, starts, stops, good & (quotes == 2), 2),
        _lines(places, firsts, starts, stops, good & (quotes >= 6), 6),
    )


def _marks(data: Bytes) -> tuple[Places, Bytes]:
    """Every quotation mark, backslash and control character: where, and which."""
    marked = data < 32
    marked |= data == _QUOTE
    marked |= data == ord("\\")
    marked |= data == 127
    places = np.flatnonzero(marked)
    return places, data[places]


def _lines(places: Places, firsts: Places, starts: Places, stops: Places, yes: Yes, quotes: int) -> _Lines:
    line = np.flatnonzero(yes)
    first = firsts[line]
    marks = tuple(places[first + k] for k in range(quotes))
    return _Lines(line, starts[line], stops[line], marks)


def _timed(data: Bytes, lines: _Lines) -> _Lines:
    """Those with a moment that there is in square brackets before the request."""
    lines = lines.where(lines.quotes[0] - lines.start > _TIME)
    times = _windows(data, lines.quotes[0] - _TIME, _TIME)
    hour, ahead = _number(times, _HOUR), _number(times, _AHEAD)
    yes = _between(times, _TIMES).all(axis=1) & _is_day(times)
    return lines.where(yes & (hour < 24) & (ahead < 15) & (times[:, _SIGN] != ord(",")))


def _is_day(times: Bytes) -> Yes:
    """Is there such a day, of the years 1900 to 2099?"""
    day, century, year = _number(times, _DAY), _number(times, _YEAR), _number(times, _YEAR + 2)
    letters = times[:, _MONTH].astype(np.int64) << 16
    letters |= times[:, _MONTH + 1].astype(np.int64) << 8
    letters |= times[:, _MONTH + 2]
    month = np.minimum(np.searchsorted(_CODES, letters), len(_CODES) - 1)
    february = _DAYS[month] == 28
    leap = february & (year % 4 == 0) & ((century == 20) | (year > 0))  # 1900 was none
    yes: Yes = (_CODES[month] == letters) & (day > 0) & (day <= _DAYS[month] + leap)
    yes &= (century == 19) | (century == 20)
    return yes


def _answered(data: Bytes, lines: _Lines) -> _Lines:
    """Those with status and size after the request, and referer and user agent where they have six marks."""
    stop = lines.quotes[2] - 1 if len(lines.quotes) == 6 else lines.end
    size = lines.quotes[1] + 1 + _STATUS
    yes = (stop > size) & (stop - size <= _LONGEST_SIZE) & (size + _LONGEST_SIZE <= len(data))
    lines, stop, size = lines.where(yes), stop[yes], size[yes]
    digits = _between(_windows(data, size, _LONGEST_SIZE), _SIZES)
    digits |= np.arange(_LONGEST_SIZE) >= (stop - size)[:, np.newaxis]
    yes = digits.all(axis=1) | ((data[size] == _DASH) & (stop - size == 1))
    yes &= _between(_windows(data, size - _STATUS, _STATUS), _STATUSES).all(axis=1)
    if len(lines.quotes) == 6:
        fourth, fifth, sixth = lines.quotes[3:]
        yes &= (data[stop] == _SPACE) & (fifth - fourth == 2) & (data[fourth + 1] == _SPACE)
        yes &= (lines.end == sixth + 1) | (data[sixth + 1] == _SPACE)
    return lines.where(yes)


def _windows(data: Bytes, at: Places, width: int) -> Bytes:
    """A row for each place: so many bytes from there on, none of which may be beyond the block."""
    return sliding_window_view(data, width)[at] if len(at) else np.empty((0, width), dtype=np.uint8)


def _between(rows: Bytes, bounds: tuple[bytes, bytes]) -> Yes:
    """For each byte of each row, whether it is one of those from its lower to its upper bound."""
    lower, upper = (np.frombuffer(bound, dtype=np.uint8) for bound in bounds)
    yes: Yes = rows - lower <= upper - lower  # what is less than its lower bound wraps around
    return yes


def _word(data: Bytes, at: Places) -> Places:
    """How long the word from each place on is. No place may be less than sixteen bytes before the end."""
    blank = _windows(data, at, _USUAL_WORD) == _SPACE
    length: Places = blank.argmax(axis=1)
    others = np.flatnonzero(~blank[np.arange(len(at)), length])
    length[others] = _run(data, at[others], _WORD, _LONGEST_WORD)
    return length


def _run(data: Bytes, at: Places, table: Yes, most: int) -> Places:
    """How many bytes from each place on are of this kind, up to ``most``. No table may have LF in it."""
    length = np.zeros(len(at), dtype=np.int64)
    live = np.arange(len(at))
    for k in range(most):
        live = live[table[data[at[live] + k]]]
        if not len(live):
            break
        length[live] = k + 1
    return length


def _dash_at(data: Bytes, at: Places) -> Yes:
    """Does `` - `` stand there? No place may be beyond the last LF but two."""
    yes: Yes = (data[at] == _SPACE) & (data[at + 1] == _DASH) & (data[at + 2] == _SPACE)
    return yes


def _number(rows: Bytes, at: int) -> Places:
    """The two digits there, where they are digits."""
    return (rows[:, at].astype(np.int64) - 48) * 10 + rows[:, at + 1] - 48
