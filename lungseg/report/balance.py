"""The balance table of a split as text, for the screen and the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def columns(balance: Mapping[str, Any]) -> list[str]:
    """Headings: name, sets, and the difference between sets.

    Args:
        balance: As in ``split.json``: `lungseg.splits.balance.Balance.to_dict`.
    """
    return ["balance", *balance["n_cases"], "difference", "in SD"]


def lines(balance: Mapping[str, Any]) -> list[list[str]]:
    """Cells of each line below `columns`."""
    counts = [
        [name, *(f"{n}" for n in balance[key].values()), "", ""]
        for name, key in (("cases", "n_cases"), ("slices", "n_slices"))
    ]
    return counts + [
        [
            row["name"],
            *(_shown(row["values"][name]) for name in balance["n_cases"]),
            _shown(row["difference"]),
            f"{row['standardized']:.2f}",
        ]
        for row in balance["rows"]
    ]


def remarks(balance: Mapping[str, Any]) -> list[str]:
    """Covariates without influence, and how the sets were found."""
    alike = ", ".join(balance["alike"])
    notes = [f"equal in all cases, and so not used: {alike}"] if alike else []
    return [*notes, f"split: {balance['how']}"] if balance["how"] else notes


def _shown(value: float) -> str:
    return f"{value:.5f}" if abs(value) < 10 else f"{value:.1f}"
