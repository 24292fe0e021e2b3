"""The service's answers to a web server, and the commands ``quire edge status`` and ``check``."""

from __future__ import annotations

import json
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from quire.cli import edge as command
from quire.core.money import Money
from quire.edge import config, report, status
from quire.edge.build import parts
from quire.edge.serve import Service
from quire.edge.spool import Spool, SpoolBroken
from tests.edge.gates import allowance
from tests.edge.society import EDGE, HOST, TinySociety, configure, tiny_society

BOT = "GPTBot/1.0"


@pytest.fixture
def society() -> Iterator[TinySociety]:
    with tiny_society() as made:
        made.price = "0.002000000000"
        yield made


@pytest.fixture
def file(tmp_path: Path, society: TinySociety) -> Path:
    return configure(tmp_path / "edge", society)


@pytest.fixture
def service(file: Path) -> Iterator[Service]:
    with served(file) as made:
        yield made


@contextmanager
def served(file: Path) -> Iterator[Service]:
    made = Service(parts(config.read(file)))
    until = time.monotonic() + 30
    while not made.made.edge.gate.state.revocations:
        assert time.monotonic() < until, "the society was not heard of"
        time.sleep(0.01)
    yield made
    made.close()


def ask(service: Service, path: str = "/decide", peer: str = "127.0.0.1", **headers: str) -> Any:
    told = {
        "x-forwarded-method": "GET",
        "x-forwarded-host": HOST,
        "x-forwarded-uri": "/n/1",
        "user-agent": BOT,
    }
    told |= {name.replace("_", "-"): value for name, value in headers.items()}
    raw = [(name.encode(), value.encode()) for name, value in told.items() if value]
    return service.answer({"method": "GET", "path": path, "headers": raw, "client": (peer, 1)})


def test_a_person_passes_and_an_agent_is_told(service: Service) -> None:
    assert ask(service, user_agent="Mozilla/5.0").status == 200
    refused = ask(service)
    assert (refused.status, dict(refused.headers)["crawler-price"]) == (402, "EUR 0.002")
    assert json.loads(refused.body)["code"] == "no-token"


def test_for_nginx_every_refusal_is_403_and_is_had_in_full_by_its_name(service: Service) -> None:
    direct, short = ask(service), ask(service, "/decide/403")
    assert (short.status, short.body) == (403, b"")
    name = dict(short.headers)["quire-refusal"]
    assert name == f"no-token {HOST} EUR 0.002"
    full = ask(service, "/refusal", x_quire_refusal=name)
    assert (full.status, full.headers, full.body) == (direct.status, direct.headers, direct.body)
    for own in ("", "nonsense", "no-such-code paper.example"):
        assert ask(service, "/refusal", x_quire_refusal=own).status == 403


def test_for_nginx_a_refusal_without_the_price_in_a_header_names_it_all_the_same(
    service: Service, society: TinySociety
) -> None:
    paying = {"authorization": f"License {society.token(charge='crawl')}", "crawler_max_price": "EUR 1"}
    direct = ask(service, **paying)
    assert json.loads(direct.body)["code"] in ("credit-asked", "no-credit")
    assert "costs EUR 0.002," in json.loads(direct.body)["detail"]
    name = dict(ask(service, "/decide/403", **paying).headers)["quire-refusal"]
    assert name.endswith(f" {HOST} EUR 0.002")
    full = ask(service, "/refusal", x_quire_refusal=name)
    assert "costs EUR 0.002," in json.loads(full.body)["detail"]


def test_only_the_sites_own_web_server_is_answered(service: Service) -> None:
    assert ask(service, peer="192.0.2.9").status == 403
    assert ask(service, peer="nonsense").status == 403
    assert ask(service, peer="::ffff:127.0.0.1", user_agent="Mozilla/5.0").status == 200


def test_a_question_without_a_request_is_said_to_be_wrong(service: Service) -> None:
    for missing in ("x_forwarded_method", "x_forwarded_host", "x_forwarded_uri"):
        assert ask(service, **{missing: ""}).status == 400


def test_the_clients_address_is_the_last_that_is_no_proxy(service: Service) -> None:
    assert service._client("6.6.6.6, 192.0.2.7") == "192.0.2.7"
    assert service._client("192.0.2.7, 127.0.0.1") == "192.0.2.7"
    assert service._client("") == ""


def test_a_report_of_a_failure_takes_the_decision_back_once(service: Service, society: TinySociety) -> None:
    spool = service.made.spool
    passed = ask(service, authorization=f"License {society.token()}")
    name = dict(passed.headers)["quire-visit"]
    before = spool.lane.written
    ask(service, "/answered", x_quire_visit=name, x_quire_status="200")
    ask(service, "/answered", x_quire_visit=name, x_quire_status="500")  # it was answered already
    assert spool.lane.written == before
    again = dict(ask(service, authorization=f"License {society.token()}").headers)["quire-visit"]
    for words in (("", "500"), (again, "5000"), (again, "x"), ("9-zzz", "500"), ("x" * 500, "500")):
        ask(service, "/answered", x_quire_visit=words[0], x_quire_status=words[1])
    assert spool.lane.written == before + 1
    ask(service, "/answered", x_quire_visit=again, x_quire_status="502", x_quire_size="12")
    ask(service, "/answered", x_quire_visit=again, x_quire_status="502")
    assert spool.lane.written == before + 2


def test_who_has_the_page_already_pays_nothing(service: Service, society: TinySociety) -> None:
    purse, spool = service.made.edge.gate.purse, service.made.spool
    assert purse is not None
    society.balance = "0"
    purse.add([allowance("0.004", expires=int(time.time()) + 60)], time.time())
    for answered, left in ((304, 4), (200, 2), (206, 0)):
        token = society.token(charge="crawl", licensee="pty_lab")
        passed = ask(service, authorization=f"License {token}", crawler_max_price="EUR 1")
        assert dict(passed.headers)["crawler-charged"] == "EUR 0.002"
        name, before = dict(passed.headers)["quire-visit"], spool.lane.written
        ask(service, "/answered", x_quire_visit=name, x_quire_status=str(answered))
        assert spool.lane.written == before + (answered == 304)
        assert purse.left("pty_lab", "EUR", time.time()) == Money.parse(f"0.00{left}", "EUR")


def test_no_other_program_here_makes_an_edge_deaf(service: Service, society: TinySociety) -> None:
    spool = service.made.spool
    passed = ask(service, authorization=f"License {society.token()}")
    name, before = dict(passed.headers)["quire-visit"], spool.lane.written
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
        for told in ("", " ", "x y z", "9" * 150, f"{name} 502 "):
            with report._short(service._reports._place(spool.lane.number)) as address:
                other.sendto(told.encode(), address)
    until = time.monotonic() + 30
    while spool.lane.written == before:
        assert time.monotonic() < until, "nobody listens any more"
        time.sleep(0.01)


@pytest.mark.parametrize("length", [1, 150])
def test_another_process_hears_a_report_wherever_the_spool_is(society: TinySociety, length: int) -> None:
    """150: a path that is longer than the address of a socket may be."""
    with tempfile.TemporaryDirectory(prefix="q") as short:
        folder = Path(short, "x" * length)
        file = configure(folder, society)
        left = folder / "spool" / "lane-0"
        left.mkdir(parents=True, mode=0o700)
        (left / "reports").write_text("left by a process that was killed")
        with served(file) as one, served(file) as two:
            passed = ask(one, authorization=f"License {society.token()}")
            lane = one.made.spool.lane
            before = lane.written
            visit = dict(passed.headers)["quire-visit"]
            ask(two, "/answered", x_quire_visit=visit, x_quire_status="502")
            until = time.monotonic() + 30
            while lane.written == before:
                assert time.monotonic() < until, "the report was not passed on"
                time.sleep(0.01)
        assert not (left / "reports").exists()


def test_where_no_path_may_be_long_that_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(report, "_DESCRIPTORS", tmp_path / "no-such-folder")
    with pytest.raises(SpoolBroken, match="too long for a socket"), report._short(tmp_path / ("x" * 100)):
        pass


def test_the_terms_are_there_and_nothing_else(service: Service) -> None:
    assert dict(ask(service, "/license.xml").headers)["content-type"] == "application/rsl+xml"
    assert b"License: " in ask(service, "/robots.txt").body
    assert ask(service, "/").status == 404


# The commands


def test_status_of_an_edge_that_is_well(
    file: Path, service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    ask(service)
    spool = service.made.spool
    spool.sync()
    until = time.monotonic() + 30
    while status.read(config.read(file), time.time()).lanes[0].waiting:  # as the disk has it
        assert time.monotonic() < until, "it was not delivered"
        time.sleep(0.01)
    service.made.courier._tell()
    assert command.run(["status", "--config", str(file), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["edge"], told["wrong"]) == (EDGE, [])
    lane = told["lanes"][0]
    assert (lane["waiting"], lane["runs"], lane["gaps"], lane["through"]) == (0, True, 0, 1)
    assert lane["policy"]["site"] == "sit_1"
    assert command.run(["status", "--config", str(file)]) == 0
    assert "All is well." in capsys.readouterr().out


def test_status_says_what_is_wrong_and_exits_with_10(
    file: Path, society: TinySociety, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.run(["status", "--config", str(file)]) == 10
    assert "has never run" in capsys.readouterr().out
    told = config.read(file)
    spool = Spool(told.spool)
    spool.record(host=HOST, path="/n/1", outcome="admitted")
    spool.lane.note("The machine lost power.")
    spool.close()
    found = status.read(told, time.time())
    assert any("1 events that nobody delivers" in one for one in found.wrong)
    assert any("lost power" in one for one in found.wrong)
    assert any("never" in one for one in found.wrong)
    assert command.run(["status", "--config", str(file)]) == 10


def test_check_says_what_would_be_decided(
    file: Path, society: TinySociety, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"https://{HOST}/closed/1"
    assert command.run(["check", url, "--agent", BOT, "--config", str(file), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["reached"], told["problems"]) == (True, [])
    assert not file.with_name("spool").exists(), (
        "who only looks leaves nothing that the edge could stumble over"
    )
    assert (told["decision"]["status"], told["decision"]["pattern"]) == (403, "/closed/")
    assert told["decision"]["recognised"] == "GPTBot"
    assert command.run(["check", f"https://{HOST}/", "--agent", "Mozilla/5.0", "--config", str(file)]) == 0
    assert "passes like a person" in capsys.readouterr().out
    assert command.run(["check", "https://other.example/", "--config", str(file)]) == 4


def test_check_says_that_the_society_is_away(
    file: Path, service: Service, society: TinySociety, capsys: pytest.CaptureFixture[str]
) -> None:
    society.close()
    assert command.run(["check", "--config", str(file)]) == 10
    said = capsys.readouterr().out
    assert said.count("did not answer") == 1
    assert "The society was heard before; its policy was issued" in said
    assert command.run(["check", "--config", str(file.with_name("none.toml"))]) == 4
    assert command.run(["nonsense"]) == 2


def test_a_second_service_at_the_same_address_is_refused(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as first:
        first.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # as a service that shares it does
        first.bind(("127.0.0.1", 0))
        first.listen()
        taken = f"127.0.0.1:{first.getsockname()[1]}"
        assert command.run(["serve", "--config", str(file), "--listen", taken]) == 5
    assert f"Another service listens at {taken}, perhaps this edge" in capsys.readouterr().err
    assert command.run(["serve", "--config", str(file), "--listen", "192.0.2.1:8402"]) == 4
    assert "Nothing can listen at 192.0.2.1:8402" in capsys.readouterr().err
