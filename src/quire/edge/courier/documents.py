"""What the edge knows of its society: the policy, keys and revocation lists, refreshed, verified and kept.

Each document is asked for with the ``ETag`` of the one held, believed only with the right signature, and the
last good one is kept on the disk, so that an edge that starts while the society is away decides as before.
The keys that a policy must be signed with are those pinned in the configuration, and those that a policy so
verified has named since: a society may change its keys, one by the other.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quire.core import envelope
from quire.core.agents import book_of
from quire.core.errors import QuireError, Refused
from quire.core.revocations import Revocations
from quire.core.site import SiteTerms
from quire.core.tokens import InvalidKey, KeySet
from quire.edge.config import EdgeConfig
from quire.edge.courier.talk import SocietyRefuses, Talk
from quire.edge.fetch import Answer
from quire.edge.policy import State
from quire.edge.spool.files import read_json, write_json

POLICY = "quire-policy+jws"


class PolicyRefused(Refused):
    """A policy that is signed as it should be and still cannot be meant for here and now."""

    code = "courier.policy-refused"


@dataclass(frozen=True, slots=True)
class Held:
    """A document as it came: its ``ETag`` and its text."""

    etag: str = ""
    text: str = ""


class Documents:
    """The state that the gate decides from, and how it is kept new. One thread uses it."""

    def __init__(self, config: EdgeConfig, talk: Talk, *, keeps: bool = True) -> None:
        """Read what was kept; nothing is asked yet. Without ``keeps`` nothing is written either."""
        self.config, self.talk, self._keeps = config, talk, keeps
        self.folder = config.spool / "known"
        self.site: SiteTerms | None = None
        self.heard = 0.0
        self.lists: dict[str, Revocations] = {}
        self._keys: dict[str, KeySet] = {}
        self._etags: dict[str, str] = {}
        self._restore()

    @property
    def trusted(self) -> KeySet:
        """The keys that the society's own documents must be signed with."""
        named = self._named(self.config.server)
        return _both(self.config.issuers[self.config.server], named)

    def state(self) -> State | None:
        """What to decide from; None before the first policy."""
        if self.site is None:
            return None
        return State(
            site=self.site,
            issuers={issuer["iss"]: self.keys_of(issuer["iss"]) for issuer in self.site.issuers},
            agents=book_of(self.site.agents),
            heard=self.heard,
            revocations=dict(self.lists),
            silence=self.config.stale_hours * 3600.0 if self.config.refuse_when_stale else None,
        )

    def keys_of(self, iss: str) -> KeySet:
        """The keys of an issuer: those the policy names, those its own address gave, the pinned ones."""
        found = _both(self._named(iss), self._keys.get(iss, KeySet()))
        return _both(found, self.config.issuers.get(iss, KeySet()))

    def refresh_policy(self) -> bool:
        """Ask for the policy; whether it changed. Raises QuireError, and the one held stays."""
        answer = self.talk.get("/edge/v1/policy", self._etags.get("policy", ""))
        if not self._is_new(answer, "the policy"):
            self.heard = time.time()
            return False
        site = self._policy(answer.body.decode("utf-8", "replace"), self.trusted)
        self._refuse_older(site)
        self.site, self.heard = site, time.time()
        self._keep("policy", answer)
        self._keep_trust()
        return True

    def refresh_keys(self) -> bool:
        """Ask every issuer for its keys; whether any changed. Raises the first QuireError, after all."""
        return self._each(self._refresh_keys_of)

    def refresh_lists(self) -> bool:
        """Ask every issuer for its revocation list; whether any changed. Raises the first QuireError."""
        return self._each(self._refresh_list_of)

    def _each(self, refresh: Any) -> bool:
        changed, first = False, None
        for issuer in self.site.issuers if self.site is not None else ():
            try:
                changed = refresh(issuer) or changed
            except QuireError as problem:
                first = first or problem
        if first is not None:
            raise first
        return changed

    def _refresh_keys_of(self, issuer: Mapping[str, Any]) -> bool:
        iss = issuer["iss"]
        name = f"keys {iss}"
        answer = self.talk.public(issuer["jwks"], self._etags.get(name, ""))
        if not self._is_new(answer, f"the keys of {iss}"):
            return False
        before, self._keys[iss] = self._keys.get(iss), KeySet.from_json(answer.body)
        self._keep(name, answer)
        return before is None or set(before) != set(self._keys[iss])

    def _refresh_list_of(self, issuer: Mapping[str, Any]) -> bool:
        iss = issuer["iss"]
        name = f"revocations {iss}"
        answer = self.talk.public(issuer["revocations"], self._etags.get(name, ""))
        if not self._is_new(answer, f"the revocation list of {iss}"):
            return False
        found = self._list(iss, answer.body)
        held = self.lists.get(iss)
        if held is not None and found.serial < held.serial:
            raise SocietyRefuses(f"The revocation list of {iss} is older than the one held: it is not taken.")
        self.lists[iss] = found
        self._keep(name, answer)
        return held is None or found.entries != held.entries

    def _is_new(self, answer: Answer, what: str) -> bool:
        """Whether there is something to read; raises where the answer is a refusal."""
        if answer.status == 304:
            return False
        if answer.status != 200:
            raise SocietyRefuses(f"Asked for {what}, {self.config.society} answered {answer.status}.",
                                 status=answer.status)  # fmt: skip
        return True

    def _policy(self, text: str, keys: KeySet) -> SiteTerms:
        return SiteTerms.of(envelope.open(text, keys, POLICY))

    def _refuse_older(self, site: SiteTerms) -> None:
        if not set(site.hosts) & set(self.config.hosts):
            raise PolicyRefused(f"The policy is of {', '.join(site.hosts)[:200]}, no host of this edge.")
        if site.server != self.config.server:
            raise PolicyRefused(f"The policy is of the server {site.server[:200]}, not of this society's.")
        if self.site is None:
            return
        if site.site != self.site.site:
            raise PolicyRefused(
                f"The policy is of the site {site.site}, and this edge is of {self.site.site}."
            )
        if site.issued < self.site.issued:
            raise PolicyRefused("The policy is older than the one held, so it is not taken.")

    def _list(self, iss: str, data: bytes) -> Revocations:
        found = Revocations.parse(data, self.keys_of(iss))
        if found.iss != iss:
            raise SocietyRefuses(f"The revocation list at the address of {iss} is of {found.iss[:200]}.")
        return found

    def _named(self, iss: str) -> KeySet:
        """The keys that the policy held names for an issuer; of the society's own, also after a restart."""
        for issuer in self.site.issuers if self.site is not None else ():
            if issuer["iss"] == iss:
                return _readable(issuer["keys"])
        return KeySet()

    def _path(self, name: str) -> Path:
        plain = "".join(letter if letter.isalnum() else "-" for letter in name)
        return self.folder / f"{plain[:120]}.json"

    def _keep(self, name: str, answer: Answer) -> None:
        if not self._keeps:
            return
        self._etags[name] = answer.headers.get("etag", "")
        text = answer.body.decode("utf-8", "replace")
        write_json(self._path(name), {"name": name, "etag": self._etags[name], "text": text})

    def _keep_trust(self) -> None:
        if not self._keeps:
            return
        keys = [key.jwk() for key in self.trusted.keys.values()]
        write_json(self.folder / "trusted.json", {"keys": keys, "pinned": sorted(self._pinned())})

    def _pinned(self) -> set[str]:
        return set(self.config.issuers[self.config.server])

    def _restore(self) -> None:
        """What was kept, as far as it still verifies; a file that does not is as if it were not there."""
        if self._keeps:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for status in self.config.spool.glob("lane-*/status.json"):
            self.heard = max(self.heard, float((read_json(status) or {}).get("heard", 0.0)))
        told = read_json(self.folder / "trusted.json") or {}
        keys = self.config.issuers[self.config.server]
        if told.get("pinned") == sorted(self._pinned()):
            # With other pins than then, the people of the site have decided anew whom to trust.
            keys = _both(keys, _readable(told.get("keys", [])))
        try:
            site = self._policy(self._kept("policy"), keys)
            self._refuse_older(site)
            self.site = site
        except QuireError:
            self._etags.pop("policy", None)
            return
        for issuer in site.issuers:
            self._restore_issuer(issuer["iss"])

    def _restore_issuer(self, iss: str) -> None:
        try:
            self._keys[iss] = KeySet.from_json(self._kept(f"keys {iss}"))
        except InvalidKey:
            self._etags.pop(f"keys {iss}", None)
        try:
            self.lists[iss] = self._list(iss, self._kept(f"revocations {iss}").encode())
        except QuireError:
            self._etags.pop(f"revocations {iss}", None)

    def _kept(self, name: str) -> str:
        told = read_json(self._path(name)) or {}
        if told.get("name") != name:
            return ""
        self._etags[name] = str(told.get("etag", ""))
        return str(told.get("text", ""))


def _both(one: KeySet, two: KeySet) -> KeySet:
    return KeySet({**one.keys, **two.keys}) if len(two) else one


def _readable(jwks: object) -> KeySet:
    """The keys of a list that can be read here; a policy may name kinds that came later."""
    try:
        return KeySet.from_json(json.dumps({"keys": jwks}))
    except InvalidKey:
        return KeySet()
