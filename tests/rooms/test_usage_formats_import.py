"""Every kind of log comes in whole: packed or not, stopped midway, told twice, or without its hosts."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Any

import pytest
import zstandard

from tests.rooms.test_usage_formats_cloudfront import FIELDS, VERSION, visit
from tests.rooms.test_usage_formats_json import FIREFOX, GONE, edge, nginx
from tests.rooms.usage_society import READER, Society, lake_rows, line, lines_of, society

__all__ = ["society"]


def _nginx(count: int) -> list[bytes]:
    return [
        nginx(request=f"GET /n/{n % 7} HTTP/1.1", http_user_agent=(FIREFOX, "GPTBot")[n % 2])
        for n in range(count)
    ]


def _cloudflare(count: int) -> list[bytes]:
    return [edge(RayID=f"{n:016x}", ClientRequestUserAgent=(FIREFOX, "GPTBot")[n % 2]) for n in range(count)]


def _cloudfront(count: int) -> list[bytes]:
    names = ("Firefox/140.0", "GPTBot")
    return [visit(x_edge_request_id=f"{n}", **{"cs(User-Agent)": names[n % 2]}) for n in range(count)]


LOGS: dict[str, Callable[[int], bytes]] = {
    "nginx-json": lambda count: b"\n".join([b"", *_nginx(count), b"{}"]),
    "cloudflare": lambda count: b"\n".join([b"", *_cloudflare(count), b"{}"]),
    "cloudfront": lambda count: b"\n".join([VERSION, FIELDS, *_cloudfront(count), b"{}"]),
}


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress])
@pytest.mark.parametrize("form", LOGS)
def test_a_log_comes_in_and_its_end_after_it_counts_once(
    society: Society, form: str, pack: Callable[[bytes], bytes]
) -> None:
    society.site()
    first = society.take(pack(LOGS[form](40)), "first.log", chunk=17)
    header = 2 if form == "cloudfront" else 1
    assert first.imported.format == form
    assert lines_of(first.account) == {
        "unlicensed": 20, "human": 20, "unreadable": 1, "structure": header,
    }  # fmt: skip
    grown = society.take(pack(LOGS[form](60)), "grown.log", chunk=17)
    assert lines_of(grown.account) == {
        "unlicensed": 10, "human": 30, "unreadable": 1, "structure": header, "conflicting": 20,
    }  # fmt: skip
    assert lake_rows("count(*), count(DISTINCT fingerprint)") == [(30, 30)]


@pytest.mark.more
@pytest.mark.parametrize("form", LOGS)
def test_an_import_stopped_in_the_middle_goes_on_with_the_same_rows(society: Society, form: str) -> None:
    from quire.society.usage import actions
    from quire.society.usage.models import Import

    path = society.file(LOGS[form](30_000))

    def stop(done: int, total: int) -> None:
        if done * 2 > total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        actions.import_file(path, by=society.user, chunk=9_000, progress=stop)
    assert Import.objects.get().line == 9_000
    result = actions.import_file(path, by=society.user, chunk=9_000)
    assert result.resumed
    assert lines_of(result.account)["unknown_host"] == 15_000
    assert lake_rows("count(*), count(DISTINCT fingerprint)") == [(15_000, 15_000)]


def test_cloudflare_delivering_twice_counts_once(society: Society) -> None:
    lines = _cloudflare(10)
    result = society.take(b"\n".join(lines + lines[3:6]), "twice.json", chunk=4)
    assert lines_of(result.account) == {"unknown_host": 5, "human": 6, "conflicting": 2}


def test_a_log_without_hosts_needs_one_and_another_hosts_lines_earn_nowhere(society: Society) -> None:
    from quire.society.usage.errors import HostNeeded

    lines = nginx(host=GONE) + b"\n" + nginx(host="other.example")
    with pytest.raises(HostNeeded, match="--host"):
        society.take(lines, "nginx.json")
    result = society.log(lines, "nginx.json")
    assert lines_of(result.account) == {"unknown_host": 1, "unreadable": 1}


def test_no_address_of_a_person_is_kept_of_a_line_that_cannot_be_read(society: Society) -> None:
    from quire.society.usage import queries

    result = society.take(b"\n".join([edge(), edge(EdgeStartTimestamp="?"), nginx(status="x")]), "log.json")
    kept: list[Any] = list(queries.set_aside(result.imported, "unreadable"))
    assert len(kept) == 2
    assert not [one for one in kept if "203.0.113.9" in one.excerpt]


def test_a_zstd_file_cut_off_counts_what_there_is(society: Society) -> None:
    text = "".join(line(f"/n/{n * 7919 % 10007}", agent=READER if n % 3 else "GPTBot") for n in range(20_000))
    packed = zstandard.compress(text.encode())
    result = society.log(packed[: len(packed) * 2 // 3], "access.log.zst")
    told = lines_of(result.account)
    assert told["unreadable"] == 1
    assert 1_000 < told["human"] + told["unknown_host"] < 20_000
