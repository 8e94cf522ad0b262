"""Keyed digests of patients: equal across cohorts for equal patients, and telling nothing else.

A cohort's labels tell which of its own cases belong to one patient. To know a patient again in
another cohort, something of them has to be kept. HMAC-SHA256 with a secret key reveals nothing to
those without the key, who cannot try out PatientIDs either; the key is never kept with the results.
"""

from __future__ import annotations

import errno
import hashlib
import hmac
import os
import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lungseg.dicom.deidentify.pseudonyms import read_or_make_key
from lungseg.errors import ConfigError
from lungseg.privacy import DEFAULT_KEY

SETTING = "data.patient_key"
COMPARABLE = ("PatientID ", "UID ", "person ")
"""Beginnings of keys that mean the same in every cohort; names of folders do not."""


@dataclass(frozen=True)
class PatientDigests:
    """What a cohort keeps of its patients.

    Attributes:
        key: Which secret key the digests were made with; None where no patient is known.
        cases: Digests by case, for cases whose patient is known.
    """

    key: str | None
    cases: dict[str, list[str]]

    @classmethod
    def of(cls, content: Any) -> PatientDigests | None:
        """Those of a record, or None where it has none."""
        if not content:
            return None
        return cls(content["key"], {name: list(own) for name, own in content["cases"].items()})

    def plain(self) -> dict[str, Any]:
        """As plain containers."""
        return {"key": self.key, "cases": self.cases}

    def of_cases(self, names: Collection[str]) -> PatientDigests:
        """Those of some cases alone."""
        return PatientDigests(self.key, {n: own for n, own in self.cases.items() if n in names})

    def made_with(self, key: bytes) -> bool:
        """Whether they can be compared with digests by a key."""
        return self.key is None or self.key == key_id(key)


def comparable(keys: str | Collection[str]) -> list[str]:
    """Those of a case's keys (:meth:`lungseg.data.source.Source.patient`) fit to be compared.

    >>> comparable({"PatientID 7", "folder 7"})
    ['PatientID 7']
    """
    several = [keys] if isinstance(keys, str) else keys
    return sorted(key for key in several if key.startswith(COMPARABLE))


def make_digests(keys: Mapping[str, str | Collection[str]], key: bytes) -> PatientDigests:
    """Digests of cases' patients.

    Args:
        keys: By case, what tells its patient from others.
        key: The secret.
    """
    cases = {
        name: sorted(_digest(key, f"patient\0{one}") for one in comparable(own))
        for name, own in keys.items()
    }
    known = {name: digests for name, digests in cases.items() if digests}
    return PatientDigests(key_id(key) if known else None, known)


def pseudonym(key: bytes, uid: str) -> str:
    """A name for a series of images that is the same every time and tells nothing."""
    return f"scan-{_digest(key, f'series{chr(0)}{uid}')[:10]}"


def key_id(key: bytes) -> str:
    """What tells one secret key from another without revealing it."""
    return _digest(key, "key")[:16]


def _digest(key: bytes, text: str) -> str:
    content = f"lungseg {text}".encode("utf-8", "surrogatepass")
    return hmac.digest(key, content, hashlib.sha256).hex()


def key_file(setting: str | None, outputs: str) -> Path | None:
    """The file that the setting ``data.patient_key`` means; None for no digests.

    Raises:
        ConfigError: If it lies among the results, which the key must never be kept with.
    """
    if setting is None:
        return None
    if setting != DEFAULT_KEY:
        file = Path(os.path.abspath(setting))
        if Path(os.path.abspath(outputs)) in file.parents:
            raise ConfigError(
                f"{SETTING}: must lie outside outputs/, whose patients it reveals", file
            )
        return file
    configured = Path(os.environ.get("XDG_CONFIG_HOME") or "")
    if configured.is_absolute():  # the specification has relative paths ignored
        return configured / "lungseg" / "patient.key"
    try:
        home = Path.home()
    except RuntimeError:  # none, as in a container: reported where the key is needed
        home = Path("~")
    return home / ".config" / "lungseg" / "patient.key"


def read_key(file: Path, say: Callable[[str], None]) -> bytes | None:
    """The secret key in a file, made at its first use; None where that fails, which is reported.

    Args:
        file: Where it is kept.
        say: Takes one line for the user.
    """
    try:
        if file.parts[0] == "~":
            raise OSError(errno.ENOENT, "this user has no home folder")
        _make_key(file)
        return read_or_make_key(file)[0]
    except (ConfigError, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error).split(":")[1].strip()
        say(
            f"{SETTING}: no key could be read or made ({reason}), so patients will not be known"
            f" again in other cohorts; give another file, or {SETTING}=null"
        )
        return None


def _make_key(file: Path) -> None:
    """Make a key file in one step: several first uses at once get the same key."""
    if file.exists():
        return
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = file.with_name(f".{uuid.uuid4().hex}.part")
    try:
        read_or_make_key(part)
        os.link(part, file)  # fails where another process was first
    except FileExistsError:
        pass
    finally:
        part.unlink(missing_ok=True)
