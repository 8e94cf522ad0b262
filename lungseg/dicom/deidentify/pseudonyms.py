"""Names and UIDs that replace the real ones: reproducible with the key, untraceable without it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from lungseg.errors import ConfigError

MIN_BYTES = 16


@dataclass(frozen=True)
class Pseudonyms:
    """Keyed pseudonyms by HMAC-SHA256.

    Args:
        key: The secret, at least 16 bytes.
    """

    key: bytes = field(repr=False)

    def patient(self, patient_id: str) -> str:
        """``LS-`` and 16 letters or digits (80 bits), for a PatientID without surrounding blanks.

        The issuer is not included: files of one patient often differ in whether they state it.
        """
        return f"LS-{self.label('patient', patient_id.strip(), 16)}"

    def uid(self, uid: str) -> str:
        """A UID of the form ``2.25.<UUID>`` (PS3.5 B.2); UIDs defined by DICOM are kept."""
        from pydicom.uid import UID

        uid = uid.strip(" \0")
        if not uid or UID(uid).name != uid:  # known to the dictionary
            return uid
        return f"2.25.{uuid.UUID(bytes=self._digest('uid', uid)[:16], version=4).int}"

    def label(self, what: str, value: str, length: int) -> str:
        """Letters and digits for names of folders and files."""
        return base64.b32encode(self._digest(what, value)).decode()[:length]

    def _digest(self, what: str, value: str) -> bytes:
        return hmac.digest(self.key, f"{what}\0{value}".encode(), hashlib.sha256)


def read_or_make_key(file: Path) -> tuple[bytes, bool]:
    """The key in a file, and whether it was created now (random, readable by its owner only).

    Raises:
        ConfigError: If it is too short, or the file cannot be read or created.
    """
    try:
        if not file.exists():
            key = secrets.token_hex(32).encode()
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as stream:
                stream.write(key)
            return key, True
        key = file.read_bytes().strip()
    except OSError as error:
        raise ConfigError(f"key: {error.strerror}: give a file", file) from None
    if len(key) < MIN_BYTES:
        raise ConfigError(f"key: has {len(key)} bytes; at least {MIN_BYTES} are needed", file)
    return key, False
