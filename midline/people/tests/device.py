"""A device that makes passkeys, for tests: what a browser sends after `navigator.credentials.create`."""

import hashlib
import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor
from fido2.cose import ES256
from fido2.utils import websafe_encode

PRESENT, VERIFIED, HAS_KEY = 0x01, 0x04, 0x40


def passkey_for(options: dict[str, Any], *, origin: str = "http://localhost", flags: int = PRESENT | VERIFIED | HAS_KEY) -> dict[str, Any]:
    """The answer to the creation options of a server at `origin`; `flags` as in WebAuthn 6.1, by default with the person verified."""
    public = options["publicKey"]
    number = hashlib.sha256(public["challenge"].encode()).digest()[:16]
    key = ES256.from_cryptography_key(ec.generate_private_key(ec.SECP256R1()).public_key())
    about = hashlib.sha256(public["rp"]["id"].encode()).digest() + bytes([flags]) + bytes(4)
    about += bytes(16) + len(number).to_bytes(2, "big") + number + cbor.encode(dict(key))
    told = {"type": "webauthn.create", "challenge": public["challenge"], "origin": origin, "crossOrigin": False}
    return {
        "type": "public-key",
        "id": websafe_encode(number),
        "rawId": websafe_encode(number),
        "authenticatorAttachment": "platform",
        "response": {
            "clientDataJSON": websafe_encode(json.dumps(told).encode()),
            "attestationObject": websafe_encode(cbor.encode({"fmt": "none", "attStmt": {}, "authData": about})),
            "transports": ["internal"],
        },
        "clientExtensionResults": {"credProps": {"rk": True}},
    }
