"""Whom an encrypted connection trusts: the certificates of the system, as its browser does."""

from __future__ import annotations

import ssl


def system_trust() -> ssl.SSLContext:
    """Checks certificate and host name against what the system trusts."""
    import truststore

    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
