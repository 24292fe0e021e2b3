"""Canonical JSON (RFC 8785): one value, one sequence of bytes, so that a digest of it means something.

Owns: writing and reading canonical JSON and JSON Lines, and the digest of bytes. Does not own what the
values mean, nor files. Stricter than RFC 8785 on purpose: there are no floats at all, because money is
never one, and nesting ends at ``MAX_DEPTH``.

What is read here comes from anyone. Every refusal is a ``NotCanonical``; no other exception leaves this file
for any bytes whatever.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, NoReturn

import rfc8785

from quire.core import pieces
from quire.core.errors import Invalid
from quire.core.pieces import MAX_LINE, Data

MAX_INT = 2**53 - 1
"""The largest integer that every JSON reader keeps exact (RFC 8785 §3.2.2.3, I-JSON RFC 7493 §2.2)."""

MAX_DEPTH = 64
"""Lists and objects within each other; deeper data is refused before it can exhaust the stack."""


class NotCanonical(Invalid):
    """A value that has no canonical form here, or bytes that are not the canonical form of their value.

    ``data["line"]`` is the line, from 1, when the bytes were JSON Lines.
    """

    code = "canonical.invalid"


# The C encoder writes exactly RFC 8785 for the values that `_is_plain` lets through: same escapes, no spaces,
# and keys in code point order, which for ASCII is UTF-16 order too. Depth was bounded, so no cycle can exist.
_encode = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, allow_nan=False, sort_keys=True, separators=(",", ":")
).encode


def dumps(value: Any) -> bytes:
    """The canonical bytes (RFC 8785, UTF-8, no newline) of strings, ints, bools, None, lists, tuples, dicts.

    Raises NotCanonical: a float, an int beyond ±(2**53 - 1), a key that is not a string, a lone surrogate,
    a type JSON lacks, or nesting beyond ``MAX_DEPTH``.
    """
    plain = _is_plain(value, MAX_DEPTH)
    try:
        return _encode(value).encode() if plain else rfc8785.dumps(value)
    except UnicodeEncodeError:
        raise NotCanonical(
            "A text holds half of a surrogate pair, which is no character: correct the text."
        ) from None
    except rfc8785.CanonicalizationError as error:
        raise NotCanonical(f"This has no canonical JSON form: {error}.") from None


def loads(data: bytes, *, canonical: bool = True) -> Any:
    """The value of JSON bytes from anyone, with ``dict``, ``list``, ``str``, ``int``, ``bool`` or None in it.

    With ``canonical`` (the default) the bytes must be their own canonical form. Without, spaces, key order
    and escapes are free, but all else is as strict: duplicate keys, floats, exponents, NaN, integers beyond
    ±(2**53 - 1), bytes that are not UTF-8, and nesting beyond ``MAX_DEPTH`` raise NotCanonical.
    """
    if canonical:
        value = _parse(data, _plain_decoder)
        # A duplicate key, a "-0" or a space cannot survive this: the bytes written again would differ.
        if dumps(value) == data:
            return value
    value = _parse(data, _careful_decoder)
    again = dumps(value)
    if canonical and again != data:
        raise NotCanonical(
            f"This is JSON, but not in its canonical form (RFC 8785): it differs at byte "
            f"{_first_difference(data, again)}. Take the file again from where it was published."
        )
    return value


def parse(data: bytes) -> Any:
    """The value of JSON bytes from anyone, quickly: UTF-8, no key twice in one object, no NaN.

    For who asks of every value it takes what it is: beside what ``loads`` returns there may be floats,
    integers of any size, halves of surrogate pairs, and nesting as deep as Python goes. Raises NotCanonical.
    """
    return _parse(data, _careful_decoder)


def digest(data: Data) -> str:
    """``sha256:`` and the 64 lower-case hexadecimal digits of the SHA-256 of ``data``."""
    return f"sha256:{pieces.digest(data)}"


def blocks(lines: Iterable[bytes], size: int = 1 << 10) -> Iterator[bytes]:
    """The same bytes in pieces of so many lines, which are quicker to hash and write than single ones."""
    rest = iter(lines)
    while some := b"".join(islice(rest, size)):
        yield some


def write_lines(records: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    r"""One canonical JSON object per record, each ending in ``\n``, lazily and in the order given.

    Raises NotCanonical with ``line`` (from 1) for a record that has no canonical form or is longer than
    ``MAX_LINE`` bytes.
    """
    for number, record in enumerate(records, 1):
        try:
            line = dumps(record if type(record) is dict else dict(record)) + b"\n"
        except NotCanonical as error:
            raise _at_line(number, error.sentence) from None
        if len(line) > MAX_LINE:
            raise _at_line(number, f"The record is longer than {MAX_LINE} bytes.")
        yield line


Quick = Callable[[bytes], dict[str, Any] | None]
"""The object of a line that is known to be canonical; None where it is not known."""


def read_lines(data: Data, quick: Quick = lambda line: None) -> Iterator[tuple[int, dict[str, Any]]]:
    r"""Line number, from 1, and object of every line of canonical JSON Lines, lazily; ``quick`` is asked
    first for the object of each.

    Every line is a canonical object and ends in ``\n``, the last too; no data is no lines. Raises
    NotCanonical with ``line``.
    """
    number = 0
    try:
        for number, line in enumerate(pieces.lines(data), 1):
            yield number, quick(line) or _record(number, line)
    except pieces.NoLine as found:
        why = f"is longer than {MAX_LINE} bytes" if found.long else "does not end with a newline"
        raise _at_line(number + 1, f"The line {why}.") from None


def _record(number: int, line: bytes) -> dict[str, Any]:
    try:
        value = loads(line)
    except NotCanonical as error:
        raise _at_line(number, error.sentence) from None
    if type(value) is not dict:
        raise _at_line(number, "The line is not a JSON object.")
    return value


def _at_line(number: int, sentence: str) -> NotCanonical:
    return NotCanonical(f"Line {number}: {sentence}", line=number)


def _is_plain(value: Any, depth: int) -> bool:
    """Whether the fast encoder writes ``value`` as the library would; refuses here what neither may write.

    Exact types only: a subclass of ``str`` or ``int`` (an enum, say) may print as it likes, so the library
    writes it. So it does objects with a key outside ASCII, which sort by UTF-16 code units.
    """
    kind = type(value)
    plain = kind is dict or kind is list or kind is tuple
    items: Iterable[Any]
    if isinstance(value, dict):
        items = value.values()
        for key in value:
            if type(key) is not str or not key.isascii():
                plain = False
    elif isinstance(value, (list, tuple)):
        items = value
    else:
        return _is_plain_scalar(value)
    if depth == 0:
        raise NotCanonical(f"The data is nested more than {MAX_DEPTH} deep: make it flatter.")
    for item in items:
        kind = type(item)
        if kind is str or item is None or kind is bool:
            continue
        if not _is_plain(item, depth - 1):
            plain = False
    return plain


def _is_plain_scalar(value: Any) -> bool:
    if isinstance(value, float):
        raise NotCanonical("A float has no place here: write money as a decimal string, a share as “n/d”.")
    if isinstance(value, int) and not -MAX_INT <= value <= MAX_INT:
        raise NotCanonical("An integer is beyond ±(2**53 - 1): write it as a string of digits.")
    return value is None or type(value) in (str, int, bool)


def _parse(data: bytes, decoder: json.JSONDecoder) -> Any:
    try:
        return decoder.decode(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise NotCanonical(f"This is not UTF-8 text: see byte {error.start}.") from None
    except RecursionError:
        raise NotCanonical(f"The data is nested more than {MAX_DEPTH} deep: make it flatter.") from None
    except json.JSONDecodeError as error:
        raise NotCanonical(f"This is not JSON: {error.msg} at character {error.pos}.") from None
    except ValueError:
        # What int() says of a number with thousands of digits.
        raise NotCanonical("An integer is beyond ±(2**53 - 1): write it as a string of digits.") from None


def _refuse_constant(name: str) -> NoReturn:
    raise NotCanonical(f"{name} is not JSON: give a number or null.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise NotCanonical(f"The key {twice[:80]!a} stands twice in one object: keep one of the two.")
    return value


_plain_decoder = json.JSONDecoder(parse_constant=_refuse_constant)
_careful_decoder = json.JSONDecoder(parse_constant=_refuse_constant, object_pairs_hook=_object)


def _first_difference(one: bytes, two: bytes) -> int:
    pairs = enumerate(zip(one, two, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(two)))
