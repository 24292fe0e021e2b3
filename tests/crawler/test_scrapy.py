"""The plugin in a real Scrapy, in a process of its own (a reactor runs once), at a site behind an edge."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.crawler.site import place
from tests.crawler.test_crawler import written

SPIDER = Path(__file__).parents[2] / "examples" / "crawler" / "pages.py"


@pytest.mark.more
def test_a_spider_gets_what_it_may_and_pays_for_it(tmp_path: Path) -> None:
    with place() as site:
        site.kind["charge"] = "crawl"
        config = written(tmp_path, site)
        pages = [f"{site.address}/{name}" for name in ("paid/a", "paid/b", "closed/c")]
        done = subprocess.run(
            [sys.executable, str(SPIDER), str(config), *pages],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        events = [event for event in site.notes.events if event.get("outcome") == "charged"]
    got = [json.loads(line) for line in (tmp_path / "pages.jsonl").read_text().splitlines()]
    assert sorted(one["url"] for one in got) == pages[:2], done.stderr
    assert {one["body"] for one in got} == {"the page /paid/a", "the page /paid/b"}
    assert {one["charged"] for one in got} == {"0.002000000000"}
    assert json.loads(done.stdout) == {"quire/status/200": 2, "quire/crawl.not-allowed": 1}
    assert len(events) == 2


@pytest.mark.more
def test_without_its_setting_the_plugin_stays_away(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(SPIDER), "", "http://127.0.0.1:1/a"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {}
