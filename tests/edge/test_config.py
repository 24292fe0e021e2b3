"""quire-edge.toml: what is right is read, what is wrong is refused with a sentence that says where."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest

from quire.edge import config
from quire.edge.config import BadConfig
from tests.edge.society import EDGE, HOST, TinySociety, configure, tiny_society


@pytest.fixture(scope="module")
def society() -> TinySociety:
    with tiny_society() as made:
        return made


def test_what_the_society_writes_is_read(tmp_path: Path, society: TinySociety) -> None:
    more = (
        '[policy]\nwhen_stale = "refuse"\nstale_after_hours = 24\n[limits]\nspool_mib = 5\n'
        '[serve]\ntrusted = ["10.0.0.0/8"]\nrobots = "robots.txt"\n'
    )
    told = config.read(configure(tmp_path, society, more))
    assert (told.society, told.edge, told.hosts) == (society.url, EDGE, (HOST,))
    assert told.key.kid == society.edge_key.kid
    assert society.key.kid in told.issuers[told.server]
    assert (told.refuse_when_stale, told.stale_hours, told.spool_bytes) == (True, 24, 5 << 20)
    assert told.spool == tmp_path / "spool"
    assert told.trusted == (ipaddress.ip_network("10.0.0.0/8"),)
    assert told.robots == tmp_path / "robots.txt"


def test_what_is_left_out_has_a_default(tmp_path: Path, society: TinySociety) -> None:
    told = config.read(configure(tmp_path, society))
    assert (told.refuse_when_stale, told.stale_hours, told.spool_bytes) == (False, 168, 1 << 30)
    assert told.robots is None


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('hosts = ["paper.example"]', 'hosts = ["paper.example"]\nhots = 1', "“hots”"),
        ('hosts = ["paper.example"]', "", "“hosts” is missing"),
        ('hosts = ["paper.example"]', "hosts = []", "list of host names"),
        ('hosts = ["paper.example"]', 'hosts = ["a b"]', "quire-edge.toml"),
        ('edge = "edg_', 'edge = "xyz_', "edg_"),
        ('spool = "spool"', "spool = 5", "“spool” is a text"),
        ('key = "quire-edge.key"', 'key = "none.key"', "cannot be read"),
        ("http://127.0.0.1", "http://society.example", "use https"),
        ("http://127.0.0.1", "gopher://127.0.0.1", "an address like"),
        ("/olp", "/other", "does not name the society's own"),
        ("OKP", "RSA", "quire-edge.toml"),
        ("keys = [", "kex = [", "needs “keys”"),
        ("keys = [", "more = 1\nkeys = [", "“more”"),
        ("[issuers.", "[policy]\nwhen_stale = 'maybe'\n[issuers.", "“serve” or “refuse”"),
        ("[issuers.", "[policy]\nstale_after_hours = true\n[issuers.", "whole number"),
        ("[issuers.", "[limits]\nspool_mib = 0\n[issuers.", "whole number"),
        ("[issuers.", "[serve]\ntrusted = ['all']\n[issuers.", "trusted"),
        ("[issuers.", "policy = 1\n[issuers.", "is a table"),
        ("[issuers.", "[issuers", "not TOML"),
    ],
)
def test_what_is_wrong_is_refused(
    tmp_path: Path, society: TinySociety, old: str, new: str, says: str
) -> None:
    file = configure(tmp_path, society)
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    with pytest.raises(BadConfig, match=says) as refused:
        config.read(file)
    assert refused.value.exit_code == 4
    assert '"d"' not in str(refused.value)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_that_others_read_is_refused(tmp_path: Path, society: TinySociety, mode: int) -> None:
    file = configure(tmp_path, society)
    (tmp_path / "quire-edge.key").chmod(mode)
    with pytest.raises(BadConfig, match="chmod 600"):
        config.read(file)


def test_a_key_that_is_public_or_none_is_refused(tmp_path: Path, society: TinySociety) -> None:
    file = configure(tmp_path, society)
    for text in ("nothing", "{}", '{"kty": "OKP"}'):
        (tmp_path / "quire-edge.key").write_text(text)
        with pytest.raises(BadConfig):
            config.read(file)


def test_no_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="cannot be read"):
        config.read(tmp_path / "quire-edge.toml")
