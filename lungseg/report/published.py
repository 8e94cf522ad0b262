"""Published numbers, for comparison with those of a run."""

from __future__ import annotations

REPORT = "the experiment that lungseg reproduces (small U-Net, LCTSC, 8 training and 4 test cases)"
CHALLENGE = "best published on the LCTSC challenge (doi:10.1016/j.ejmp.2021.05.003, table 7)"

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
        "left_volume_dsc_mean": ("0.97", CHALLENGE),
        "right_volume_dsc_mean": ("0.97", CHALLENGE),
        "left_hd95_lctsc_mm_mean": ("2.07", CHALLENGE),
        "right_hd95_lctsc_mm_mean": ("2.50", CHALLENGE),
        "left_msd_mm_mean": ("0.61", CHALLENGE),
        "right_msd_mm_mean": ("0.65", CHALLENGE),
    },
}
"""Value, with its published digits, and source, by set and key of ``summary.json``."""
