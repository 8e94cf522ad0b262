"""The balance table of a split in words, for the screen and for the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def columns(balance: Mapping[str, Any]) -> list[str]:
    """Headings: of the name, each set, and how far the sets are apart.

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
    """What was no use to choose by, and how the sets were found."""
    alike = ", ".join(balance["alike"])
    found = [f"the same in all cases, and left out: {alike}"] if alike else []
    return [*found, f"split: {balance['how']}"] if balance["how"] else found


def _shown(value: float) -> str:
    return f"{value:.5f}" if abs(value) < 10 else f"{value:.1f}"
