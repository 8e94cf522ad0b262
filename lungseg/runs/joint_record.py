"""Records of several trainings as one: of an ensemble, whose probabilities are averaged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lungseg.runs.chosen import CHOICE
from lungseg.runs.lineage import INIT, TELLING, TEST_SELECTION, lineage, selected_on_test

ENSEMBLE = "ensemble"
"""Key of the joint configuration, by which comparisons tell an ensemble from its members."""


def joint_record(
    records: Sequence[Mapping[str, Any]], threshold: float, postprocess: dict[str, Any] | None
) -> dict[str, Any]:
    """The record of an ensemble, which has seen what any of its members saw.

    Args:
        records: Of the members' checkpoints, two or more.
        threshold: Of the mean probability.
        postprocess: The node of what the mean's mask goes through.

    Returns:
        The first member's record, with what the others saw among the trainings before it. Its
        ``domain`` reaches from the lowest to the highest value that any member was trained on.
    """
    first, *others = records
    config = joint_config([record["config"] for record in records])
    config["metrics"] = {**first["config"]["metrics"], "threshold": threshold}
    config["postprocess"] = postprocess
    config[TEST_SELECTION] = any(selected_on_test(record) for record in records)
    config[ENSEMBLE] = {"members": len(records)}
    before = [*lineage(first)[1:], *(one for record in others for one in lineage(record))]
    cohorts = {record["cohort_sha256"] for record in records}
    return {
        **{key: value for key, value in first.items() if key != CHOICE},
        "config": config,
        "cohort_sha256": cohorts.pop() if len(cohorts) == 1 else "",
        "synthetic": any(record.get("synthetic") for record in records),
        "domain": _joint_domain([record.get("domain") or {} for record in records]),
        INIT: {
            "seen": [{key: one.get(key) for key in TELLING} for one in before],
            TEST_SELECTION: config[TEST_SELECTION],
        },
    }


def joint_config(configs: Sequence[Any]) -> Any:
    """Settings of several trainings; where they differ, their values in words.

    Example:
        >>> joint_config([{"seed": 1, "loss": {"alpha": 0.5}}, {"seed": 2, "loss": {"alpha": 0.5}}])
        {'seed': '1 / 2', 'loss': {'alpha': 0.5}}
    """
    if all(isinstance(config, Mapping) for config in configs):
        keys = dict.fromkeys(key for config in configs for key in config)
        return {key: joint_config([config.get(key) for config in configs]) for key in keys}
    if all(config == configs[0] for config in configs):
        return configs[0]
    return " / ".join(dict.fromkeys(str(config) for config in configs))


def _joint_domain(domains: Sequence[Mapping[str, Sequence[float]]]) -> dict[str, list[float]]:
    """Ranges that cover those of all members; none of a quantity that one does not know."""
    return {
        key: [min(one[key][0] for one in domains), max(one[key][1] for one in domains)]
        for key in domains[0]
        if all(key in one for one in domains)
    }
