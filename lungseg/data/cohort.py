"""The cohort: all prepared cases of a store and their fingerprint."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from lungseg.data import store as stores
from lungseg.data.digests import PatientDigests
from lungseg.data.place import Place, join
from lungseg.data.read_ahead import at_once
from lungseg.data.seal import read_sealed
from lungseg.errors import DataError

FILE = "cohort.json"


@dataclass(frozen=True)
class Cohort:
    """Cases of a store, in the source's order.

    Attributes:
        store: Path or URL.
        cases: Attributes by case name, as the store keeps them.
        patients: A label by case, equal for cases of one patient: the name of the patient's first
            case. Whatever splits cases keeps equal labels together.
        failed: Cases that could not be prepared and were left out, with the reason.
        patients_by: How patients were identified: ``id``, or ``case``: each case is a patient.
        patient_digests: By what patients are known again in other cohorts; None where that was
            switched off, or the cases were prepared by an older version.
    """

    store: str
    cases: dict[str, dict[str, Any]]
    patients: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    patients_by: str = "id"
    patient_digests: PatientDigests | None = None

    @property
    def names(self) -> list[str]:
        """Case names in order."""
        return list(self.cases)

    @property
    def sha256(self) -> str:
        """Hash of all voxels, masks and geometry under their case names, whatever the order."""
        lines = sorted(f"{name} {case['content_sha256']}" for name, case in self.cases.items())
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    @property
    def synthetic(self) -> bool:
        """Whether any case is marked as synthetic."""
        return any(case["fingerprint"].get("synthetic") for case in self.cases.values())

    @property
    def maskless(self) -> list[str]:
        """Names of the cases without mask."""
        return [name for name, case in self.cases.items() if not stores.has_mask(case)]

    def require_masks(self) -> None:
        """Refuse training or evaluation if a case has no mask.

        Raises:
            DataError: Naming the first such case.
        """
        if names := self.maskless:
            more = f" (and {len(names) - 1} more)" if len(names) > 1 else ""
            raise DataError(f"{names[0]}{more}: {stores.NO_MASK}", self.store)

    @property
    def image_sha256(self) -> dict[str, str]:
        """Hash of each case's image alone, by name."""
        return {name: case["image_sha256"] for name, case in self.cases.items()}

    def share(self, part: str, whole: str) -> float | None:
        """Share of one figure of the fingerprints in another, over all cases.

        None without cases, or if any has no mask: the share of the others would be taken for that
        of all.
        """
        if not self.cases or self.maskless:
            return None
        prints = [case["fingerprint"] for case in self.cases.values()]
        return float(sum(p[part] for p in prints) / sum(p[whole] for p in prints))

    def fingerprint(self) -> dict[str, Any]:
        """The cohort in figures, per case and in all."""
        return {
            "cohort_sha256": self.sha256,
            "synthetic": self.synthetic,
            "n_cases": len(self.cases),
            "n_slices": sum(case["fingerprint"]["n_slices"] for case in self.cases.values()),
            "empty_share": self.share("n_empty", "n_slices"),
            "positive_share": self.share("n_positive", "n_voxels"),
            # Shows whether pages made from the cases are up to date.
            "attributes_sha256": _digest(self.cases),
            "failed": self.failed,
            "patients": self.patients,
            "patients_by": self.patients_by,
            "cases": {
                name: case["fingerprint"] | {"spacing_mm": case["spacing_mm"]}
                for name, case in self.cases.items()
            },
        }


def _digest(cases: dict[str, dict[str, Any]]) -> str:
    """Hash of all attributes of the cases except the times of their files."""
    kept = {
        name: {key: value for key, value in case.items() if key != "source_state"}
        for name, case in cases.items()
    }
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()


def open_cohort(store: Place) -> Cohort:
    """Open a prepared store without its source.

    Raises:
        DataError: If there is no prepared cohort, its description is damaged, or a listed case is
            missing or damaged.
    """
    try:
        listed = read_sealed(store, FILE)
    except ValueError:
        raise DataError(
            f"{FILE} is damaged; lungseg prepare with the source of the cases writes it again",
            join(store, FILE),
        ) from None
    if listed is None:
        raise DataError("no prepared cohort here (cohort.json is missing)", store)
    cases = {}
    names = list(listed["cases"])
    # In a bucket each waits for an answer.
    for name, attributes in zip(
        names, at_once(partial(stores.attributes, store), names), strict=True
    ):
        if attributes is None:
            raise DataError(
                f"{name}: listed in cohort.json but missing or damaged in the store", store
            )
        cases[name] = attributes
    return Cohort(
        str(store),
        cases,
        listed.get("patients", {}),
        listed.get("failed", {}),
        listed.get("patients_by", "id"),
        PatientDigests.of(listed.get("patient_digests")),
    )
