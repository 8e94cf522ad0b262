"""A search: proposes settings, has Hydra's launcher train them, and learns from the results."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from lungseg.files import short, write_text
from lungseg.privacy import hide_password
from lungseg.redaction import hide_source
from lungseg.search.command_line import merge_ranges, read_arguments
from lungseg.search.facts import study_facts
from lungseg.search.results import summary_lines, write_results
from lungseg.search.samplers import all_points, build_sampler
from lungseg.search.settings import read_settings
from lungseg.search.space import read_space
from lungseg.search.storage import close_storage, journal_path, lost_storage, open_storage
from lungseg.search.worker import Worker

log = logging.getLogger(__name__)


def search(
    node: Mapping[str, Any],
    hydra_context: Any,
    task_function: Any,
    config: DictConfig,
    arguments: list[str],
) -> dict[str, Any]:
    """Run trials until the study has its total.

    Args:
        node: Settings below ``hydra.sweeper``.
        hydra_context: Hydra's.
        task_function: The job.
        config: The sweep's configuration, with ``hydra``.
        arguments: Overrides as typed.

    Returns:
        The contents of ``search.json``.

    Raises:
        ConfigError: If anything in it cannot work.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)  # it would announce the study
    settings = read_settings(node)
    fixed, typed_ranges = read_arguments(hydra_context.config_loader, arguments)
    space = read_space(merge_ranges(settings.space, typed_ranges, fixed))
    points = all_points(space, settings.sampler)
    build_sampler(settings.sampler, 0)
    facts = study_facts(hydra_context.config_loader, config, fixed, settings, space)

    folder = Path(config.hydra.sweep.dir)
    storage = open_storage(settings.storage, config.outputs, settings.study_name)
    with lost_storage(settings.storage):
        worker = Worker(settings, space, points, storage, facts, folder, config.outputs)
    write_text(folder / "multirun.yaml", hide_password(OmegaConf.to_yaml(config)))
    hide_source(config, folder)
    from hydra.core.plugins import Plugins

    launcher = Plugins.instance().instantiate_launcher(
        hydra_context=hydra_context, task_function=task_function, config=config
    )
    with lost_storage(settings.storage):
        try:
            worker.run(launcher, fixed)
        finally:
            content = write_results(folder, worker.claims.trials(), settings)
            close_storage(storage)
    journal = journal_path(settings.storage, config.outputs, settings.study_name)
    shown = short(journal) if journal else hide_password(str(settings.storage))
    for line in summary_lines(content, folder, shown):
        log.info(line)
    return content
