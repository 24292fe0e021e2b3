"""Logs: of the last weeks, late ones of quarters long distributed, and imports that are taken back."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from tests.sim.model import Used
from tests.sim.world import World, event, patiently

BOTS = {
    "OpenAI": (("GPTBot", "ai-train"), ("ChatGPT-User", "ai-input"), ("OAI-SearchBot", "search")),
    "Anthropic": (("ClaudeBot", "ai-train"), ("Claude-User", "ai-input"), ("Claude-SearchBot", "search")),
    "Common Crawl": (("CCBot", "ai-train"),),
    "ByteDance": (("Bytespider", "ai-train"),),
}
HEAD = "timestamp,bot_name,request_count,host,path\n"


@event(14, lambda world: world.model.works)
def log(world: World) -> str | None:
    """Hourly counts of the last weeks."""
    return taken(world, world.day - timedelta(35), world.day)


@event(2, lambda world: world.model.works and world.day.year > world.notes["founded"].year)
def late_log(world: World) -> str | None:
    """The same of a quarter that may be distributed already."""
    starts = world.day - timedelta(world.rng.randint(120, 360))
    return taken(world, starts, starts + timedelta(30))


def taken(world: World, starts: date, ends: date) -> str | None:
    from quire.society.usage import actions
    from quire.society.usage.errors import AlreadyRunning

    rows, used = [], []
    seen: set[tuple[str, str, date, int]] = world.notes.setdefault("hours", set())
    told = set(seen)
    for url in world.some(sorted(world.model.works), 12):
        for _ in range(world.rng.randint(1, 4)):
            operator = world.pick(sorted(BOTS))
            bot, use = world.pick(BOTS[operator])
            day, hour, count = world.day_in(starts, ends), world.rng.randrange(23), world.rng.randint(1, 40)
            if (url, bot, day, hour) in told:
                continue
            told.add((url, bot, day, hour))
            used.append(Used(url, world.model.works[url], operator, use, day, count, ""))
            host, _, path = url.removeprefix("https://").partition("/")
            at = datetime.combine(day, time(hour), UTC)
            window = f"{at:%Y-%m-%dT%H:%M:%SZ} - {at + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
            rows.append(f"{window},{bot},{count},{host},/{path}\n")
    if not rows:
        return None
    path = world.file(f"hours-{world.number('hours')}.csv", HEAD + "".join(rows))
    if world.chance(0.08):
        world.killed("while importing", "take", str(path), world.day.isoformat(), world.rng.randint(1, 40))
    done = patiently(lambda: actions.import_file(path, by=world.preparer), AlreadyRunning)
    tid = done.imported.tid
    for one in used:
        one.imported = tid
    seen |= told
    world.model.used += used
    world.notes.setdefault("imports", []).append((tid, max(one.day for one in used)))
    return f"{len(rows)} rows of {starts}..{ends}"


@event(1, lambda world: world.notes.get("imports"))
def take_back(world: World) -> str:
    """A recent import was wrong, or one that is distributed."""
    from quire.society.usage import actions

    imports = world.notes["imports"]
    place = world.rng.randrange(max(0, len(imports) - 8), len(imports))
    tid, _ = imports[place]
    actions.withdraw(tid, reason="Counted twice by the site", by=world.preparer)
    del imports[place]
    world.model.take_back(tid)
    return "an import"
