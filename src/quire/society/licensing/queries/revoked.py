"""What has been revoked, and the signed list of it."""

from __future__ import annotations

from quire.society.licensing.models import Revocation


def licence_revoked(tid: str) -> bool:
    """Whether the tokens of this licence are void, and no more are issued."""
    return Revocation.objects.filter(subject=f"lic:{tid}").exists()


def revoked(jti: str, sub: str, licence: str) -> bool:
    """Whether a token is void: it, its client or its licence is revoked."""
    subjects = [f"jti:{jti}", f"sub:{sub}", f"lic:{licence}"]
    return Revocation.objects.filter(subject__in=subjects).exists()
