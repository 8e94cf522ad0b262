"""A search: proposes settings, has Hydra's launcher train them, and learns from the results."""

from __future__ import annotations

import itertools
import json
import logging
import math
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf, open_dict

from lungseg.config import flatten
from lungseg.errors import ConfigError, LungsegError
from lungseg.files import short, write_text
from lungseg.privacy import hide_password, recorded
from lungseg.redaction import hide_source
from lungseg.runs.status import read_status, write_status
from lungseg.search.objective import NoValue, read_objectives, refuse_objectives
from lungseg.search.results import summary_lines, write_results
from lungseg.search.samplers import all_points, build_sampler, propose
from lungseg.search.settings import Settings, read_settings
from lungseg.search.space import Point, Space, override, read_space
from lungseg.search.storage import close_storage, journal_path, lost_storage, open_storage
from lungseg.search.workers import Heartbeat
from lungseg.training.leaks import LOGGED, refuse_test_selection

log = logging.getLogger(__name__)

# May differ between the trials of a study: where things are, how fast it runs, who watches.
FREE = ("logger.", "outputs", "ckpt_path", "data.num_workers", "data.cache_gib", "data.store",
        "data.export_npz", "data.root", "data.source.root", "report", "callbacks.progress.",
        "trainer.accelerator", "trainer.strategy")  # fmt: skip
FAILURES = 3
"""A search stops after so many failed trials in a row: the next ones would fail too."""
WAIT_SECONDS = 1.0


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
    fixed, typed_ranges = _typed(hydra_context.config_loader, arguments)
    space = read_space(_merged(settings.space, typed_ranges, fixed))
    points = all_points(space, settings.sampler)
    build_sampler(settings.sampler, 0)
    facts = _facts(hydra_context.config_loader, config, fixed, settings, space)

    folder = Path(config.hydra.sweep.dir)
    storage = open_storage(settings.storage, config.outputs, settings.study_name)
    with lost_storage(settings.storage):
        found = Search(settings, space, points, storage, facts, folder, config.outputs)
    write_text(folder / "multirun.yaml", hide_password(OmegaConf.to_yaml(config)))
    hide_source(config, folder)
    from hydra.core.plugins import Plugins

    launcher = Plugins.instance().instantiate_launcher(
        hydra_context=hydra_context, task_function=task_function, config=config
    )
    with lost_storage(settings.storage):
        try:
            found.run(launcher, fixed)
        finally:
            content = write_results(folder, found.claims.trials(), settings)
            close_storage(storage)
    journal = journal_path(settings.storage, config.outputs, settings.study_name)
    shown = short(journal) if journal else hide_password(str(settings.storage))
    for line in summary_lines(content, folder, shown):
        log.info(line)
    return content


class Search:
    """The trials of one worker.

    Args:
        settings: Of the search.
        space: Where it looks.
        points: All points of a space that has an end.
        storage: Of Optuna.
        facts: What all trials share.
        folder: Of the search; each trial's is below it.
        outputs: Folder of all results.
    """

    def __init__(
        self,
        settings: Settings,
        space: Space,
        points: list[Point] | None,
        storage: Any,
        facts: dict[str, Any],
        folder: Path,
        outputs: str,
    ) -> None:
        from lungseg.search.study import Claims, load, open_study, study_exists

        self.settings, self.space, self.points = settings, space, points
        self.folder, self.outputs = folder, outputs
        if not study_exists(storage, settings.study_name):
            taken = sorted(path.parent.name for path in folder.glob("*/.run"))
            # Another worker may have made the study, and a run, since.
            if taken and not study_exists(storage, settings.study_name):
                raise ConfigError(
                    f"hydra.sweeper.study_name={settings.study_name}: its folder holds runs of"
                    " another study, which is not in this storage; give another name",
                    folder,
                )
        study_id = open_study(storage, settings, facts)
        self.study = load(storage, settings)
        self.total = settings.n_trials
        if points is not None and len(points) < self.total:
            self.total = len(points)
            log.info(f"the search space has {self.total} points, and so many trials are enough")
        self.claims = Claims(storage, study_id, self.total)
        self._failed_in_a_row = 0
        # A folder that was there before its trial is none of ours.
        self._launched: set[int] = set()

    def run(self, launcher: Any, fixed: list[str]) -> None:
        """Run trials until there are enough.

        Args:
            launcher: Hydra's.
            fixed: Overrides that all trials share.

        Raises:
            ConfigError: If trials fail one after another, or can have no value.
        """
        waiting = False
        while True:
            self._bury()
            finished, running = self.claims.counts()
            if finished >= self.total:
                return
            room = min(self.settings.n_jobs, self.total - finished - running)
            batch = self._claim(room)
            if not batch:
                if not waiting:
                    log.info(f"{finished} of {self.total} trials finished; waiting for others")
                waiting = True
                time.sleep(WAIT_SECONDS)
                continue
            waiting = False
            self._work(launcher, fixed, batch, finished)

    def _bury(self) -> None:
        """Have no folder say that a training still runs whose process is gone."""
        from lungseg.search.study import KILLED

        for number in self.claims.bury():
            log.info(f"trial {number} will be made up: {KILLED}")
            self._note_end(number, KILLED)

    def _note_end(self, number: int, reason: str) -> None:
        """Have a trial's folder say why its job ended, if the job could not say so itself."""
        run_dir = self.folder / str(number)
        noted = read_status(run_dir)
        if run_dir.is_dir() and (noted is None or noted["state"] == "running"):
            write_status(run_dir, "failed", reason)

    def _claim(self, room: int) -> list[Any]:
        batch: list[Any] = []
        # All at once, so that their numbers follow each other: a launcher counts up.
        for _ in range(room):
            trial = self.claims.claim()
            if trial is None:
                break
            batch.append(trial)
        return batch

    def _work(self, launcher: Any, fixed: list[str], batch: list[Any], finished: int) -> None:
        from optuna.trial import TrialState

        ids = [trial._trial_id for trial in batch]
        try:
            with Heartbeat(lambda: self.claims.beat(ids)):
                overrides = {trial.number: self._propose(trial) for trial in batch}
                for part in _runs_of_numbers(batch):
                    numbers = ", ".join(str(trial.number) for trial in part)
                    starts = f"trials {numbers} start" if part[1:] else f"trial {numbers} starts"
                    log.info(f"{finished} of {self.total} trials finished; {starts}")
                    error = self._launch(launcher, fixed, part, overrides)
                    # All are closed before any of them may end the search.
                    came_to = [(trial.number, self._close(trial, error)) for trial in part]
                    for number, failure in came_to:
                        self._count(number, failure)
        except BaseException as error:
            reason = _reason(error)
            for trial in batch:  # those that are closed stay as they are
                if self.claims.finish(trial._trial_id, TrialState.FAIL, error=reason):
                    self._note_launched(trial.number, reason)
            raise

    def _note_launched(self, number: int, reason: str) -> None:
        if number in self._launched:
            self._note_end(number, reason)

    def _propose(self, trial: Any) -> list[str]:
        taken = [other.user_attrs["point"] for other in self.claims.others(trial.number)]
        point = propose(
            self.study,
            self.claims.storage.get_trial(trial._trial_id),
            self.space,
            self.settings.sampler,
            self.settings.seed,
            taken,
            self.points,
        )
        self.claims.set_point(trial._trial_id, point, self.space)
        return [override(key, value) for key, value in point.items()]

    def _launch(
        self, launcher: Any, fixed: list[str], part: list[Any], overrides: dict[int, list[str]]
    ) -> str | None:
        """Have a part of a batch trained; what the launcher could not do, in one line."""
        for trial in part:
            if (self.folder / str(trial.number)).exists():
                return f"there is a folder {trial.number} already"
        jobs = [[*fixed, *overrides[trial.number]] for trial in part]
        self._launched |= {trial.number for trial in part}
        try:
            launcher.launch(jobs, initial_job_idx=part[0].number)
        except Exception as error:  # the trials' folders say how far each has come
            log.debug("the launcher:", exc_info=True)
            return hide_password(f"{type(error).__name__}: {error}".splitlines()[0])
        return None

    def _close(self, trial: Any, launch_error: str | None) -> str | None:
        """Note what a trial came to, from its run folder, and give the reason if it failed."""
        from optuna.trial import TrialState

        from lungseg.search.seen import FAILED

        run_dir = self.folder / str(trial.number)
        status = read_status(run_dir) or {"state": "failed", "error": launch_error}
        attributes: dict[str, Any] = {"run": os.path.relpath(run_dir, self.outputs)}
        provenance = run_dir / "provenance.json"
        if provenance.is_file():
            attributes |= _origin(json.loads(provenance.read_text()))
        state, values, error = TrialState.FAIL, None, status["error"] or launch_error
        if status["state"] == "pruned":
            steps = self.claims.storage.get_trial(trial._trial_id).intermediate_values
            last = steps[max(steps)] if steps else math.nan
            state, values = TrialState.PRUNED, [last] if math.isfinite(last) else None
        elif status["state"] == "completed":
            try:
                self._check_cohort(attributes["cohort_sha256"])
                values = read_objectives(run_dir, self.settings.objectives)
                state = TrialState.COMPLETE
            except NoValue as no_value:
                error = str(no_value)
                attributes[FAILED] = True
        elif error is None:
            error = "its process ended without a word"
        elif error not in (launch_error, "interrupted"):
            attributes[FAILED] = True
        if error is not None and state == TrialState.FAIL:
            attributes["error"] = error
        if state == TrialState.FAIL:
            self._note_launched(trial.number, str(error))
        if not self.claims.finish(trial._trial_id, state, values, **attributes):
            log.warning(f"trial {trial.number}: was made up by another worker; its result is left")
        return error if state == TrialState.FAIL else None

    def _check_cohort(self, sha256: str) -> None:
        if self.claims.set_cohort(sha256) != sha256:
            raise ConfigError(
                f"hydra.sweeper.study_name={self.settings.study_name}: the study's trials were"
                " trained on other cases; give another name"
            )

    def _count(self, number: int, error: str | None) -> None:
        if error is None:
            self._failed_in_a_row = 0
            return
        log.warning(f"trial {number} failed and will be made up: {error}")
        self._failed_in_a_row += 1
        if self._failed_in_a_row >= FAILURES:
            raise ConfigError(
                f"search {self.settings.study_name}: {self._failed_in_a_row} trials in a row"
                f" failed, the last with: {error}"
            )


def _reason(error: BaseException) -> str:
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    return f"stopped: {error if isinstance(error, LungsegError) else type(error).__name__}"


def _runs_of_numbers(batch: list[Any]) -> Iterator[list[Any]]:
    """Parts of a batch whose numbers follow each other; other workers may have taken some."""
    numbered = enumerate(batch)
    for _, part in itertools.groupby(numbered, key=lambda pair: pair[1].number - pair[0]):
        yield [trial for _, trial in part]


def _origin(provenance: dict[str, Any]) -> dict[str, Any]:
    return {
        "config": flatten(provenance["config"]),
        "git_commit": (provenance["git"] or {}).get("commit"),
        "cohort_sha256": provenance["cohort_sha256"],
    }


def _typed(config_loader: Any, arguments: list[str]) -> tuple[list[str], dict[str, Any]]:
    """Overrides that hold for all trials, and ranges typed in the way of Hydra's sweeps."""
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.core.override_parser.types import IntervalSweep

    fixed: list[str] = []
    ranges: dict[str, Any] = {}
    parser = OverridesParser.create(config_loader=config_loader)
    for text, typed in zip(arguments, parser.parse_overrides(arguments), strict=True):
        if not typed.is_sweep_override():
            fixed.append(text)
            continue
        key, value = typed.get_key_element(), typed.value()
        if isinstance(value, IntervalSweep):
            log_scale = "log" in (value.tags or ())
            ranges[key] = {"low": value.start, "high": value.end, "log": log_scale}
        else:
            ranges[key] = {"choices": list(typed.sweep_iterator())}
    return fixed, ranges


def _merged(
    written: dict[str, Any], typed: dict[str, Any], fixed: list[str]
) -> dict[str, dict[str, Any]]:
    """The space with what the command line says: its ranges and its values win."""
    from lungseg.search.space import ranges_of

    ranges = ranges_of(written) | typed
    set_keys = {text.lstrip("+").split("=")[0] for text in fixed}
    for key in set_keys & ranges.keys():
        log.info(f"{key}: is set on the command line, and so not searched")
    return {key: given for key, given in ranges.items() if key not in set_keys}


def _facts(
    config_loader: Any, config: DictConfig, fixed: list[str], settings: Settings, space: Space
) -> dict[str, Any]:
    """Compose jobs, which finds misspelt settings, and note what all of them share."""
    shared: dict[str, Any] | None = None
    searched = tuple(parameter.key for parameter in space.parameters)
    for point in space.corners():
        words = [override(key, value) for key, value in point.items()]
        job = config_loader.load_sweep_config(config, [*fixed, *words])
        with _as_job(job) as task:
            refuse_objectives(settings.objectives, task)
            refuse_test_selection(task)
            if shared is None:
                _refuse_fractions(config_loader, config, fixed, space)
            flat = flatten(recorded(task))
        own = {
            key: value
            for key, value in flat.items()
            if not key.startswith(FREE)
            and not any(key == other or key.startswith(f"{other}.") for other in searched)
        }
        # What hangs on a searched choice is no fact of the study.
        shared = (
            own
            if shared is None
            else {key: value for key, value in shared.items() if own.get(key, ...) == value}
        )
    assert shared is not None
    if settings.pruner != "none" and settings.objectives[0] not in LOGGED:
        raise ConfigError(
            f"hydra.sweeper.pruner={settings.pruner}: needs an objective that is logged each"
            f" epoch, such as val/dsc, not {settings.objectives[0]}"
        )
    if "val/loss" in settings.objectives and any(key.startswith("loss") for key in searched):
        log.warning("val/loss is the objective while the loss itself is searched: its values of")
        log.warning("different losses are not comparable; val/dsc is")
    return {
        "space": space.facts(),
        "objectives": dict(zip(settings.objectives, settings.directions, strict=True)),
        "settings": json.loads(json.dumps(shared)),
    }


def _refuse_fractions(
    config_loader: Any, config: DictConfig, fixed: list[str], space: Space
) -> None:
    """A range of fractions for a setting that is a whole number is most likely a slip."""
    before = config_loader.load_sweep_config(config, fixed)
    for parameter in space.parameters:
        value = OmegaConf.select(before, parameter.key, throw_on_missing=False)
        if isinstance(value, int) and not isinstance(value, bool) and not parameter.typed:
            raise ConfigError(
                f"hydra.sweeper.space.{parameter.key}: the setting is a whole number; add"
                " type: int (or type: float)"
            )


@contextmanager
def _as_job(job: DictConfig) -> Iterator[DictConfig]:
    """The configuration that a job would get, with Hydra's own settings in reach."""
    from hydra.core.hydra_config import HydraConfig

    with open_dict(job):
        job.hydra.job.num = 0
        job.hydra.job.id = "0"
    before = HydraConfig.instance().cfg
    HydraConfig.instance().set_config(job)
    try:
        task = OmegaConf.masked_copy(job, [str(key) for key in job if key != "hydra"])
        assert isinstance(task, DictConfig)
        yield task
    finally:
        HydraConfig.instance().cfg = before
