"""The society's signing key: made once, kept private to the user, its public half published."""

from __future__ import annotations

import json
import os

from quire.core.tokens import SigningKey
from quire.society.kit.config import home


def signing_key() -> SigningKey:
    """The key that signs bundles; made at first use. The private file is readable by its owner alone."""
    place = home() / "keys" / "signing.json"
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not place.exists():
        _make(str(place))
    key = SigningKey.from_jwk(json.loads(place.read_text()))
    public = home() / "published" / "keys.json"
    if not public.exists():
        public.parent.mkdir(parents=True, exist_ok=True)
        public.write_text(json.dumps({"keys": [key.public_jwk()]}, indent=2) + "\n")
    return key


def _make(place: str) -> None:
    # Written beside and linked into place, so that two commands at once end up with the same, whole key.
    fresh = f"{place}.{os.getpid()}"
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
        handle.write(json.dumps(SigningKey.generate().private_jwk()))
        handle.flush()
        os.fsync(handle.fileno())
    try:
        os.link(fresh, place)
    except FileExistsError:
        pass
    finally:
        os.unlink(fresh)
