"""Plans at random over the whole algebra, for societies that have what they ask for."""

from __future__ import annotations

from quire.core.plan import Plan, PlanWrong
from tests.sim.world import World

TIERS = "[tiers]\nlarge = 400\nsmall = 0\n"
TABLES = '[content]\nresearch = "2"\n"*" = "1"\n[uses]\nai-train = "3"\n"*" = "0.5"\n'


FLOORS = ('"1%"', '"EUR 10.00"', '["EUR 2.50", "JPY 700"]')


def text(world: World) -> str:
    """The TOML of a plan that can work; drawn again while it cannot."""
    while True:
        found = _text(world)
        try:
            Plan.parse(found)
        except PlanWrong:
            continue
        return found


def _text(world: World) -> str:
    told = f'name = "plan {world.rng.randrange(10**6)}"\n'
    if world.chance(0.5):
        told += f'currency = "{world.pick(["EUR", "EUR", "USD"])}"\n'
    shares = _level(world, "share", 3, 1)
    tiers = '"small"' in shares or '"large"' in shares or world.chance(0.3)
    told += (TIERS if tiers else "") + TABLES
    if world.chance(0.4):
        told += '[recovery]\nlimit = "50%"\n'
    for place in range(world.rng.randint(0, 3)):
        told += f'[[deduct]]\nlabel = "cut {place}"\nrate = "{world.pick(["10%", "1/7", "0.5%"])}"\n'
        told += f'of = "{world.pick(["gross", "rest"])}"\n'
        told += f'to = "{world.pick(["society:administration", "fund:culture"])}"\n'
        if world.chance(0.3):
            told += f'ceiling = ["EUR {world.rng.randint(1, 300)}.00", "USD 50"]\n'
    return told + shares


def _level(world: World, name: str, most: int, depth: int) -> str:
    parts = [world.rng.randint(1, 5) for _ in range(world.rng.randint(1, most))]
    told = ""
    for part in parts:
        told += f'[[{name}]]\nlabel = "part {world.number("portion")}"\n'
        told += f'portion = "{part}/{sum(parts)}"\n'
        told += f'if_empty = "{world.pick(["spread", "spread", "hold", "fund:culture"])}"\n'
        if depth < 3 and world.chance(0.15):
            told += _level(world, f"{name}.share", 2, depth + 1)
        else:
            told += _leaf(world)
    return told


def _leaf(world: World) -> str:
    key = world.pick(["usage", "usage", "usage", "equal", "equal", "tier", *_named(world)])
    told = f'key = "{key.partition(" ")[0]}"\n'
    if key == "usage":
        told += f'measure = "{world.pick(["requests", "requests", "works"])}"\n'
        if world.chance(0.4):
            told += 'weight = "content tier"\n'
    elif key == "equal":
        told += f'among = "{world.pick(["members", "works"])}"\n'
    elif key == "tier":
        told += f'tier = "{world.pick(["small", "large"])}"\n'
    else:
        told += f'of = "{key.partition(" ")[2]}"\n'
    if " " not in key and world.chance(0.2):
        told += 'income = "pooled"\n'
    return told + _bounds(world)


def _named(world: World) -> list[str]:
    """Surveys that are closed and weighings that were handed in."""
    return [f"survey {name}" for name in world.notes.get("surveys", [])] + [
        f"attribution {name}" for name in world.notes.get("weighings", [])
    ]


def _bounds(world: World) -> str:
    if world.chance(0.7):
        return ""
    told = ""
    if world.chance(0.5):
        told += f'cap = "{world.pick(["5%", "1/3", "60%"])}"\n'
        told += f'if_over = "{world.pick(["hold", "fund:rest"])}"\n'
    if world.chance(0.5):
        floor = world.pick(FLOORS)
        told += f"floor = {floor}\n"
    return told
