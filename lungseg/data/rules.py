"""What happens to cases with findings, to cases that cannot be read, and to related cases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lungseg.errors import ConfigError
from lungseg.findings import Action


@dataclass(frozen=True)
class Rules:
    """How strict a preparation is.

    Attributes:
        on_finding: ``error`` or ``warn`` by severity of a finding.
        skip_bad_cases: Leave out cases that cannot be prepared, and report them wherever the cohort
            is shown, instead of stopping at the first.
        patients: ``id``: cases with the same PatientID belong to one patient; ``case``: each case
            counts as a patient.
        patient_key: File with the secret by which patients are known again in other cohorts; None:
            they are not.

    Raises:
        ConfigError: If a severity, an action or the value of `patients` is unknown.
    """

    on_finding: Mapping[str, Action] = field(default_factory=lambda: {"error": "error"})
    skip_bad_cases: bool = False
    patients: str = "id"
    patient_key: Path | None = None

    @property
    def digests(self) -> bool:
        """Whether digests of patients are kept."""
        return self.patients == "id" and self.patient_key is not None

    def __post_init__(self) -> None:
        if self.patients not in ("id", "case"):
            raise ConfigError(f"data.patients={self.patients}: must be id or case")
        for severity, action in self.on_finding.items():
            if severity not in ("error", "warning"):
                raise ConfigError(f"data.on_finding.{severity}: there are error and warning")
            if action not in ("error", "warn"):
                raise ConfigError(
                    f"data.on_finding.{severity}={action}: must be error (stop) or warn (report)"
                )
