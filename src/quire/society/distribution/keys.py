"""The society's signing key: made once, kept private to the user, its public half published."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

from quire.core.tokens import SigningKey
from quire.society.kit.config import home


def signing_key() -> SigningKey:
    """The key that signs bundles; made at first use. The private file is readable by its owner alone."""
    place = home() / "keys" / "signing.json"
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not place.exists():
        _put(place, json.dumps(SigningKey.generate().private_jwk()), 0o600)
    key = SigningKey.from_jwk(json.loads(place.read_text()))
    public = home() / "published" / "keys.json"
    if not public.exists():
        public.parent.mkdir(parents=True, exist_ok=True)
        _put(public, json.dumps({"keys": [key.public_jwk()]}, indent=2) + "\n", 0o644)
    return key


def _put(place: Path, text: str, mode: int) -> None:
    """Write the file whole or not at all; of two writers at once the first one's stands."""
    handle, fresh = tempfile.mkstemp(prefix=f".{place.name}.", dir=place.parent)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        os.link(fresh, place)
    except FileExistsError:
        pass
    finally:
        os.unlink(fresh)
