"""The guide is run as it stands: its commands are taken from the page and every one must succeed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import House

_GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "first-distribution.md"
_HOURS = """timestamp,bot_name,request_count,host,path
2026-02-23T20:00:00Z - 2026-02-23T21:00:00Z,GPTBot,1,boazsobrado.com
2026-03-02T20:00:00Z - 2026-03-02T21:00:00Z,ChatGPT,2,boazsobrado.com
2026-03-04T06:00:00Z - 2026-03-04T07:00:00Z,GPTBot,3,www.boazsobrado.com,/blog/
2026-03-04T06:00:00Z - 2026-03-04T07:00:00Z,ClaudeBot,3,www.boazsobrado.com,/blog/
2026-03-05T06:00:00Z - 2026-03-05T07:00:00Z,GPTBot,4,boazsobrado.com,/robots.txt
"""
_PERSON = "Mozilla/5.0 (X11) Firefox/26.0"
_LOG = f'192.0.2.7 - - [17/May/2015:10:05:03 +0000] "GET /page HTTP/1.1" 200 2030 "-" "{_PERSON}"\n'


@pytest.mark.more  # thirty commands, each a process of its own
def test_the_guide_runs_as_it_stands(house: House, tmp_path: Path) -> None:
    place = tmp_path / "house"
    place.mkdir()
    (tmp_path / "shared" / "data").mkdir(parents=True)
    (tmp_path / "shared" / "data" / "ai_crawler_hours.csv").write_text(_HOURS)
    (tmp_path / "shared" / "data" / "apache_combined.log").write_text(_LOG)
    blocks = re.findall(r"```sh\n(.*?)```", _GUIDE.read_text(), flags=re.S)
    assert len(blocks) >= 8
    env = {**os.environ, **house.env, "QUIRE_HOME": str(place / "var"),
           "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}  # fmt: skip
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(blocks)],
        cwd=place, env=env, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    for sentence in (
        "1 refused by the criteria",
        "You show 12 works; at least 100 are needed. Your authority is 8",
        "No AI crawler in it: it earns nothing.",
        "closed.",
        "checks hold.",
        "It holds: all",
        "its sums are theirs",
    ):
        assert sentence in done.stdout, done.stdout
