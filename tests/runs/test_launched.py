"""The number by which a job of submitit's knows its folder again."""

import pytest

from lungseg.runs.launched import JOB, submitit_job


@pytest.fixture(autouse=True)
def outside(monkeypatch):
    for name in (JOB, "SUBMITIT_EXECUTOR"):
        monkeypatch.delenv(name, raising=False)


def test_outside_there_is_none():
    assert submitit_job() is None


def test_of_an_array_of_slurm_s(monkeypatch):
    pytest.importorskip("submitit")
    for name, value in {"JOB_ID": "90", "ARRAY_JOB_ID": "88", "ARRAY_TASK_ID": "3"}.items():
        monkeypatch.setenv(f"SLURM_{name}", value)
    monkeypatch.setenv("SUBMITIT_EXECUTOR", "slurm")
    assert submitit_job() == "88_3"


def test_of_a_process_that_a_job_has_started(monkeypatch):
    monkeypatch.setenv("SUBMITIT_EXECUTOR", "slurm")
    monkeypatch.setenv(JOB, "88_3")
    assert submitit_job() == "88_3"
