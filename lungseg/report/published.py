"""Published numbers, for comparison with those of a run."""

from __future__ import annotations

REPORT = "the experiment that lungseg reproduces (small U-Net, LCTSC, 8 training and 4 test cases)"
_TABLE = "on the LCTSC challenge (doi:10.1016/j.ejmp.2021.05.003, table 7)"
ATLAS = f"a commercial atlas (Mirada) {_TABLE}"
UNET_3D = f"a 3D U-Net {_TABLE}"
SOURCES = (REPORT, ATLAS, UNET_3D)
"""Each is one method: numbers of several would describe a method that nobody has."""

PUBLISHED: dict[str, dict[str, tuple[str, str]]] = {
    "train": {
        "accuracy_mean": ("0.9986", REPORT),
        "dsc_mean_nonempty": ("0.970", REPORT),
    },
    "test": {
        "accuracy_mean": ("0.9985", REPORT),
        "dsc_mean_nonempty": ("0.958", REPORT),
        "recall": ("0.9737", REPORT),
        "specificity": ("0.9994", REPORT),
        "pr_auc": ("0.996", REPORT),
        "share_dsc_high": ("0.381", REPORT),
        "share_dsc_intermediate": ("0.165", REPORT),
        "share_dsc_low": ("0.017", REPORT),
        "share_empty": ("0.436", REPORT),
        "share_excellent": ("0.782", REPORT),
        "left_volume_dsc_mean": ("0.98", ATLAS),
        "left_msd_mm_mean": ("0.59", UNET_3D),
    },
}
"""Value, with its published digits, and source, by set and key of ``summary.json``."""
