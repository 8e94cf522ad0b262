"""Which job of a scheduler this process is."""

from __future__ import annotations

import os

JOB = "LUNGSEG_JOB"
"""Environment variable with the job's number, in a process that a job has started for its run."""


def submitit_job() -> str | None:
    """Number of the job of submitit that this process is; it stays when the job is requeued.

    Returns:
        None outside of submitit.
    """
    if JOB in os.environ:
        return os.environ[JOB]
    if "SUBMITIT_EXECUTOR" not in os.environ:
        return None
    import submitit

    return str(submitit.JobEnvironment().job_id)
