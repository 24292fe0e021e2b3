"""The order in which a request is judged (docs/boundary.md §4), and as which use it counts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from quire.core.site import Rule
from quire.core.tokens import KeySet, SigningKey
from quire.edge.policy import unheard
from tests.edge import gates
from tests.edge.gates import BROWSER, GPTBOT, HOST, NOW, SERVER, ask, gate, token

PERPLEXITY = "PerplexityBot/1.0"


@pytest.mark.parametrize(
    "path",
    [
        "/robots.txt",
        "/license.xml",
        "/sitemap.xml",
        "/security.txt",
        "/crawlers.json",
        "/.well-known/tdmrep.json",
        "/.well-known/anything",
        "/%72obots.txt",
    ],
)
def test_some_paths_are_free_to_everybody(path: str) -> None:
    for request in (ask(path), ask(path, "nonsense"), ask(path, token())):
        assert gate().decide(request).outcome == "free"
    assert gate().decide(ask(path, agent=BROWSER)).passes


def test_a_person_passes_wherever_the_path_leads() -> None:
    for path in ("/a", "/closed/a", "/paid/a", "//", "/%2e%2e/"):
        decision = gate().decide(ask(path, agent=BROWSER))
        assert (decision.outcome, decision.passes, decision.is_recorded) == ("people", True, False)
    assert gate().decide(ask("/closed/a", agent="")).outcome == "people"
    assert gate().decide(ask("/closed/a", agent=BROWSER, authorization="Bearer abc")).outcome == "people"


def test_who_is_no_person() -> None:
    for marks in (
        {"signature": "sig=:AA==:"},
        {"crawler-exact-price": "EUR 1"},
        {"crawler-max-price": "EUR 1"},
        {"authorization": "License x"},
    ):
        headers = {"host": HOST, "user-agent": BROWSER, **marks}
        request = ask(agent=BROWSER)
        request.headers = headers
        assert gate().decide(request).outcome == "refused", marks


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [("/a", 401, "no-token"), ("/paid/a", 402, "no-token"), ("/closed/a", 403, "forbidden")],
)
def test_an_agent_without_a_token(path: str, status: int, code: str) -> None:
    decision = gate().decide(ask(path))
    assert (decision.outcome, decision.status, decision.code, decision.agent) == (
        "refused",
        status,
        code,
        "GPTBot",
    )
    assert ("crawler-price", "EUR 0.002") in decision.headers or status != 402


def test_let_in_under_a_licence() -> None:
    decision = gate().decide(ask("/a/b?c=d", token()))
    assert (decision.outcome, decision.passes, decision.use) == ("admitted", True, "ai-train")
    assert (decision.licence, decision.licensee, decision.path) == ("lic_1", "pty_lab", "/a/b")
    assert decision.paid is None


@pytest.mark.parametrize(
    ("agent", "uses", "licensee", "path", "use"),
    [
        (GPTBOT, ("ai-train", "ai-input"), "pty_lab", "/a", "ai-train"),  # its own use, by an exception
        (GPTBOT, ("ai-train", "ai-input"), "pty_else", "/a", "ai-input"),  # its own is not given: the next
        (PERPLEXITY, ("ai-train", "ai-input"), "pty_lab", "/a", "ai-train"),  # its own is not in the token
        (GPTBOT, ("ai-input", "ai-index"), "pty_else", "/a", "ai-input"),  # the first that is given
        (GPTBOT, ("ai-train",), "pty_else", "/a", "wrong-use"),
        (GPTBOT, ("ai-input",), "pty_out", "/a", "wrong-use"),  # never holds
        (GPTBOT, ("search",), "pty_lab", "/a", "wrong-use"),
        (GPTBOT, ("ai-train",), "pty_lab", "/closed/a", "forbidden"),
        (BROWSER, ("ai-train",), "pty_lab", "/paid/a", "ai-train"),  # covered by a licence: nothing is paid
    ],
)
def test_as_which_use_it_counts(
    agent: str, uses: tuple[str, ...], licensee: str, path: str, use: str
) -> None:
    here = gate()
    for _ in range(2):  # cold and warm are the same
        decision = here.decide(ask(path, token(uses=uses, licensee=licensee), agent))
        assert (decision.use or decision.code) == use


@pytest.mark.parametrize(
    ("when", "code"),
    [
        (NOW - 71, "not-yet"),
        (NOW - 70, None),
        (NOW + 949, None),
        (NOW + 950, "expired"),
        (NOW + 9999, "expired"),
    ],
)
def test_the_moments_of_a_token(when: int, code: str | None) -> None:
    text = token()
    assert gate().decide(ask(licence=text, when=when)).code == code
    warm = gate()
    assert warm.decide(ask(licence=text)).code is None
    assert warm.decide(ask(licence=text, when=when)).code == code


def test_a_token_is_judged_anew_at_each_host_and_under_each_rule() -> None:
    here = gate()
    text = token()
    assert here.decide(ask("/a", text)).passes
    assert here.decide(ask("/closed/a", text)).code == "forbidden"
    assert here.decide(ask("/a", text, host="www.news.example")).code == "wrong-audience"
    assert here.decide(ask("/a", text, host="NEWS.example.:8443")).passes


def test_a_host_that_is_none_of_the_sites_is_judged_as_its_first() -> None:
    for host in ("other.example", "", "192.0.2.1", "a b", "x" * 5000, "news.example\r\nx: y"):
        decision = gate().decide(ask("/a", host=host))
        assert (decision.host, decision.code) == (HOST, "no-token")
        assert gate().decide(ask("/a", token(), host=host)).passes
        assert gate().decide(ask("/a", agent=BROWSER, host=host)).passes


def test_what_was_worked_out_from_an_old_state_is_forgotten_with_it() -> None:
    here, text = gate(), token()
    assert here.decide(ask(licence=text)).passes
    here.install(gates.state(issuers={SERVER: KeySet.of(SigningKey.generate().public_jwk())}))
    assert here.decide(ask(licence=text)).code == "unknown-key"
    here.install(gates.state())
    assert here.decide(ask(licence=text)).passes
    here.install(gates.state(site=gates.terms((Rule("/"),))))
    assert here.decide(ask(licence=text)).code == "forbidden"


def test_a_society_that_is_silent() -> None:
    text = token()
    long_ago = gates.state(heard=NOW - 8 * 86400.0)
    serves = gate()
    serves.install(long_ago)
    assert serves.decide(ask(licence=text)).passes
    refuses = gate()
    refuses.install(replace(long_ago, silence=7 * 86400.0))
    for request in (ask(licence=text), ask(licence=text)):
        decision = refuses.decide(request)
        assert (decision.status, decision.code) == (503, "cannot-judge")
        assert ("retry-after", "60") in decision.headers
    assert refuses.decide(ask()).code == "no-token"
    assert refuses.decide(ask(agent=BROWSER)).passes


def test_silence_begins_for_a_warm_token_too() -> None:
    here = gate(silence=100.0)
    text = token()
    assert here.decide(ask(licence=text, when=NOW + 98)).passes
    assert here.decide(ask(licence=text, when=NOW + 99)).code == "cannot-judge"


def test_a_key_that_may_be_new_is_asked_for() -> None:
    new = SigningKey.generate()
    asked: list[str] = []
    here = gate()
    here.wanted = asked.append
    assert here.decide(ask(licence=token(new))).code == "unknown-key"
    assert asked == []
    assert here.decide(ask(licence=token(new), when=NOW + 60)).code == "cannot-judge"
    assert asked == [SERVER]
    here.install(gates.state(issuers={SERVER: KeySet.of(new.public_jwk())}))
    assert here.decide(ask(licence=token(new), when=NOW + 60)).passes


def test_before_the_society_was_ever_heard_of() -> None:
    here = gate()
    here.install(unheard("https://letters.example", SERVER, (HOST,)))
    assert here.decide(ask(agent=BROWSER)).passes
    assert here.decide(ask(licence=token())).status == 503


def test_a_flood_of_bad_tokens_drives_out_no_good_one() -> None:
    here, text = gate(), token()
    assert here.decide(ask(licence=text)).passes
    view = here._view
    good = text.rpartition(".")[0]
    for number in range(3000):
        assert not here.decide(ask(licence=f"{good}.{number:086d}")).passes
    assert list(view.tokens.new) == [f"License {text}"]
    assert len(view.bad) <= 1024


def test_everything_that_is_remembered_is_bounded() -> None:
    here, text = gate(), token()
    for number in range(40_000):
        here.decide(ask(f"/a/{number}", text, agent=f"GPTBot/{number}", host=f"h{number}.example"))
    view = here._view
    assert len(view.places) <= 2 * 16_384
    assert len(view.agents) <= 2 * 2048
    assert len(view._spoken) <= 2 * 256


def test_what_was_worked_out_stays_when_the_society_is_merely_heard_of_again() -> None:
    here, text = gate(), token()
    assert here.decide(ask(licence=text)).passes
    tokens = here.view.tokens
    here.install(replace(here.state, heard=NOW + 300.0))
    assert here.view.tokens is tokens
    assert here.state.heard == NOW + 300
    assert here.decide(ask(licence=text)).passes
    here.install(replace(here.state, silence=1.0))
    assert here.view.tokens is not tokens
    assert here.decide(ask(licence=text, when=NOW + 302)).code == "cannot-judge"


@pytest.mark.parametrize(("permits", "code"), [(("search", "ai-input"), None), (("ai-input",), "no-token")])
def test_who_only_lists_pages_needs_no_token_where_the_site_says_so(
    permits: tuple[str, ...], code: str | None
) -> None:
    here = gate(site=gates.terms((Rule("/", permits), Rule("/closed/"))))
    decision = here.decide(ask(agent=PERPLEXITY))
    assert decision.code == code
    assert decision.use == (None if code else "search")
    assert decision.licence is None
    assert here.decide(ask(agent=GPTBOT)).code == "no-token"
    assert here.decide(ask("/closed/a", agent=PERPLEXITY)).code == "forbidden"
    assert here.decide(ask("//closed/a", agent=PERPLEXITY)).code == "forbidden"
