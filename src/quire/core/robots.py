"""robots.txt: what it allows, which licences it names, which preferences it states; and adding lines to one.

Owns RFC 9309's groups with the ``License`` lines of RSL, ``Content-Usage`` of AIPREF and ``Content-Signal``.
Does not own what a licence says. A ``License`` line never stands between two ``User-agent`` lines here,
because some readers would take the two for two groups.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from quire.core.errors import Invalid
from quire.core.patterns import matches, normal
from quire.core.preferences import signals_of, stricter, usage_of

MAX_CHARACTERS = 512 * 1024
"""What is read of a robots.txt; RFC 9309 §2.5 asks for 500 KiB at least."""

_LINE_ENDS = re.compile(r"\r\n|\r|\n")
_ODD_ENDS = re.compile("[\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029]")
_AGENT = {"user-agent", "useragent", "user agent"}
_DISALLOW = {"disallow", "dissallow", "dissalow", "disalow", "diasllow", "disallaw"}
_RULES = {"allow", "content-usage", "content-signal", *_DISALLOW}
_WHOLE_SITE = {"sitemap", "sitemaps", "site-map", "host"}
_TOKEN = re.compile(r"[A-Za-z0-9_.-]+")
_VALUE = re.compile(r"[!-~](?:[ -~]*[!-~])?")


class BadLine(Invalid):
    """The text cannot stand on a line of robots.txt."""

    code = "robots.bad-line"


@dataclass(frozen=True, slots=True)
class Group:
    """What stands under a run of ``User-agent`` lines; agents in lower case, a rule is (allow?, pattern)."""

    agents: tuple[str, ...]
    rules: tuple[tuple[bool, str], ...] = ()
    licences: tuple[str, ...] = ()
    usages: tuple[str, ...] = ()
    signals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Robots:
    """A robots.txt. ``global_licences`` are those before the first group."""

    groups: tuple[Group, ...] = ()
    global_licences: tuple[str, ...] = ()
    sitemaps: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Robots:
        """Whatever can be read of the text; never an error."""
        reader = _Reader()
        for line in _LINE_ENDS.split(text.removeprefix("\ufeff")[:MAX_CHARACTERS]):
            reader.line(*_field(line))
        groups = tuple(
            Group(tuple(g.agents), tuple(g.rules), tuple(g.licences), tuple(g.usages), tuple(g.signals))
            for g in reader.groups
        )
        return cls(groups, tuple(reader.licences), tuple(reader.sitemaps))

    def text(self) -> str:
        """A robots.txt that says this. Raises BadLine."""
        lines = [_line("License", url) for url in self.global_licences]
        for group in self.groups:
            lines += ["", *(_line("User-agent", agent) for agent in group.agents)]
            lines += [_line("Allow" if allow else "Disallow", pattern) for allow, pattern in group.rules]
            lines += [_line("Content-Usage", text) for text in group.usages]
            lines += [_line("Content-Signal", text) for text in group.signals]
            lines += [_line("License", url) for url in group.licences]
        lines += ["", *(_line("Sitemap", url) for url in self.sitemaps)] if self.sitemaps else []
        return "\n".join(lines).lstrip("\n") + "\n"

    def groups_for(self, agent: str) -> tuple[Group, ...]:
        """The groups that hold for an agent, together (RFC 9309 §2.2.1); else those for ``*``; else none.

        ``agent`` is a product token ("GPTBot") or a whole User-Agent, in which the longest token counts.
        """
        words = {word.lower() for word in _TOKEN.findall(agent)}
        named = {name for group in self.groups for name in group.agents if name in words}
        wanted = max(named, key=lambda name: (len(name), name), default="*")
        return tuple(group for group in self.groups if wanted in group.agents)

    def allows(self, agent: str, path: str) -> bool:
        """Whether the agent may fetch the path (and query): the longest pattern holds, or else Allow."""
        if path.partition("?")[0] == "/robots.txt":
            return True
        found = [
            (len(normal(pattern)), allow)
            for group in self.groups_for(agent)
            for allow, pattern in group.rules
            if matches(pattern, path)
        ]
        return max(found, default=(0, True))[1]

    def licences(self, agent: str) -> tuple[str, ...]:
        """The licence documents for the agent: its groups' own, or where they have none the global ones."""
        own = [url for group in self.groups_for(agent) for url in group.licences]
        return tuple(dict.fromkeys(own or self.global_licences))

    def usage(self, agent: str, path: str) -> dict[str, bool]:
        """The AIPREF preferences at the path: label -> yes or no; what is not stated is not there.

        The line with the longest pattern holds (draft-ietf-aipref-attach); of several as long, a no is a no.
        """
        found: list[tuple[int, dict[str, bool]]] = []
        for group in self.groups_for(agent):
            for line in group.usages:
                pattern, _, text = line.partition(" ") if line.startswith("/") else ("/", "", line)
                if matches(pattern, path):
                    found.append((len(normal(pattern)), usage_of(text)))
        longest = max((length for length, _ in found), default=0)
        return stricter(said for length, said in found if length == longest)

    def signals(self, agent: str) -> dict[str, bool]:
        """The content signals for the agent: label -> yes or no."""
        return stricter(signals_of(line) for group in self.groups_for(agent) for line in group.signals)


@dataclass(slots=True)
class _Open:
    """A group while it is being read."""

    agents: list[str] = field(default_factory=list)
    rules: list[tuple[bool, str]] = field(default_factory=list)
    licences: list[str] = field(default_factory=list)
    usages: list[str] = field(default_factory=list)
    signals: list[str] = field(default_factory=list)

    @property
    def has_rules(self) -> bool:
        """Lines after which a ``User-agent`` begins a new group. AIPREF's are rules; License is not."""
        return bool(self.rules or self.usages or self.signals)


class _Reader:
    """Takes lines, one after another."""

    def __init__(self) -> None:
        self.groups: list[_Open] = []
        self.licences: list[str] = []
        self.sitemaps: list[str] = []
        self._closed = False

    def line(self, name: str, value: str) -> None:
        group = self.groups[-1] if self.groups else None
        if name in _AGENT:
            if group is None or group.has_rules or self._closed:
                self.groups.append(group := _Open())
            self._closed = False
            if value:
                group.agents.append("*" if value == "*" else value.partition("/")[0].strip().lower())
        elif (name == "allow" or name in _DISALLOW) and group:
            # An empty Disallow forbids nothing, and still ends the run of User-agent lines.
            self._closed = True
            if value:
                group.rules.append((name == "allow", value))
        elif name == "license" and value:
            (group.licences if group else self.licences).append(value)
        elif name == "content-usage" and group and value:
            group.usages.append(" ".join(value.split()))
        elif name == "content-signal" and group and value:
            group.signals.append(" ".join(value.split()))
        elif name == "sitemap" and value:
            self.sitemaps.append(value)


def add_lines(text: str, lines: Iterable[str]) -> str:
    """``text``, a site's own robots.txt, with these lines added; what it allows stays as it was.

    ``License`` lines come first of all, so that they hold for every agent whose group has none of its own;
    the others go into each group, below its ``User-agent`` lines, and into one for ``*`` that is made where
    there is none. A line that stands in its place already is not added again. Raises BadLine.
    """
    named = [(_field(line)[0], _line(*_field(line))) for line in lines]
    heads = [line for name, line in named if name == "license"]
    bodies = [line for name, line in named if name != "license"]
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    given = re.split(r"(?<=\n)|(?<=\r)(?!\n)", text.removeprefix("\ufeff"))
    end = "\r\n" if "\r\n" in text else "\n"
    out: list[str] = []
    for at, line in enumerate(given):
        out.append(line)
        if _ends_run(given, at):
            have = _block(given, at + 1)
            out[-1] = line if line.endswith(("\n", "\r")) else line + end
            out += [body + end for body in bodies if body not in have]
    whole = "".join(out)
    if bodies and not any("*" in group.agents for group in Robots.parse(whole).groups):
        gap = "" if not whole or whole.endswith(("\n", "\r")) else end
        whole += gap + (end if whole else "") + end.join(["User-agent: *", *bodies]) + end
    known = Robots.parse(text).global_licences
    fresh = [head for head in heads if _field(head)[1] not in known]
    return mark + "".join(head + end for head in fresh) + (end if fresh and whole else "") + whole


def _ends_run(lines: list[str], at: int) -> bool:
    """Whether this is the last of a run of ``User-agent`` lines, for every way of reading such runs.

    For some readers any line ends a run, for others only a rule does; and a line may have ends in it that
    only some see. Where they do not agree it is not the last: a line there would part two groups for some.
    """
    if _field(lines[at])[0] not in _AGENT or _ODD_ENDS.search(lines[at]):
        return False
    for line in lines[at + 1 :]:
        if _ODD_ENDS.search(line):
            return False
        name, _ = _field(line)
        if name in _AGENT:
            return False
        if name in _RULES:
            return True
    return True


def _block(lines: list[str], at: int) -> set[str]:
    """The lines from here to the next ``User-agent``, as they would be written."""
    found = set()
    for line in lines[at:]:
        name, value = _field(line)
        if name in _AGENT:
            break
        found.add(f"{_NAMES.get(name, name)}: {value}")
    return found


_NAMES = {"license": "License", "content-usage": "Content-Usage", "content-signal": "Content-Signal"}


def _field(line: str) -> tuple[str, str]:
    """The name of a line, in lower case, and its value; two empty texts where there is neither.

    A comment is cut off; a missing colon is forgiven where the name is a known one.
    """
    line = line.partition("#")[0].strip()
    name, colon, value = line.partition(":")
    if colon and (name := name.strip().lower()):
        return name, value.strip()
    words = line.split(None, 1)
    if words and words[0].lower() in _AGENT | _DISALLOW | _WHOLE_SITE | {"allow"}:
        return words[0].lower(), words[1].strip() if len(words) > 1 else ""
    return "", ""


def _line(name: str, value: str) -> str:
    name = _NAMES.get(name, name)
    if not name or not _VALUE.fullmatch(value) or "#" in value:
        raise BadLine(f"{value[:60]!r} cannot stand on a line of robots.txt.", name=name)
    return f"{name}: {value}"
