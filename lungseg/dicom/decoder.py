"""Compressed images decoded in a process apart.

On damaged images gdcm ends its process and CharLS counts for minutes (both were seen, with files
altered in a few bytes). Here that ends a helper, and the file is refused.
"""

from __future__ import annotations

import atexit
import contextlib
import math
import os
import pickle
import subprocess
import sys
import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lungseg.dicom.limits import RefusedError

CPU_SECONDS = 3  # for a frame; one of 4096 × 4096 takes less than two
SECONDS = 60.0  # by the clock, as others may need the processors, too
MEMORY_BYTES = 4 << 30


class StartError(RefusedError):
    """No helper could be started; the file may well be whole."""


# Helpers take half a second to start and are kept; they end when this process does.
_idle: list[_Helper] = []


def decode(frame: bytes, plugin: str, options: dict[str, Any]) -> NDArray[Any]:
    """Decode one frame with a plugin of pydicom.

    Raises:
        StartError: If there is no helper to decode it.
        RefusedError: If the decoder refuses it, dies of it, or takes too long.
    """
    try:
        helper = _idle.pop()
    except IndexError:
        helper = _started()
    try:
        answer = helper.ask((frame, plugin, options))
    except (EOFError, OSError, pickle.UnpicklingError):
        helper.end()
        raise RefusedError("a compressed image is damaged: its decoder gave up") from None
    _idle.append(helper)
    if not isinstance(answer, np.ndarray):
        raise RefusedError("a compressed image is truncated or damaged")
    return answer


def _started() -> _Helper:
    with contextlib.suppress(OSError):
        helper = _Helper()
        try:
            helper.receive()  # it is up: its start does not count as decoding
        except (EOFError, OSError, pickle.UnpicklingError):
            helper.end()
        else:
            return helper
    raise StartError(
        "the process that decodes compressed images does not start: is memory short, or does"
        " `python -m lungseg.dicom.decoder` fail?"
    )


class _Helper:
    """One process that decodes what it is sent, until it dies or is let go."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "lungseg.dicom.decoder"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # decoders print what they think of damaged images
            env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        )

    def end(self) -> None:
        self.process.kill()
        with contextlib.suppress(OSError):
            self.process.communicate()

    def ask(self, question: Any) -> Any:
        timer = threading.Timer(SECONDS, self.process.kill)
        timer.start()
        try:
            assert self.process.stdin is not None
            pickle.dump(question, self.process.stdin)
            self.process.stdin.flush()
            return self.receive()
        finally:
            timer.cancel()

    def receive(self) -> Any:
        """What it answers next; None when it is up."""
        assert self.process.stdout is not None
        return pickle.load(self.process.stdout)


if hasattr(os, "register_at_fork"):  # two processes must not talk to one helper
    os.register_at_fork(after_in_child=_idle.clear)


@atexit.register
def _end_all() -> None:
    while _idle:
        _idle.pop().end()


def _limit_memory() -> None:
    with contextlib.suppress(ImportError):  # where there are no such limits
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def _limit_cpu() -> None:
    """End this process when the next frame has taken its share; waiting for it takes none."""
    with contextlib.suppress(ImportError):
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF)
        _, most = resource.getrlimit(resource.RLIMIT_CPU)
        until = math.ceil(used.ru_utime + used.ru_stime) + CPU_SECONDS
        if most == resource.RLIM_INFINITY or until <= most:
            resource.setrlimit(resource.RLIMIT_CPU, (until, most))


def main() -> None:
    """Answer questions from standard input until it ends."""
    import logging
    import warnings

    from pydicom.pixels.decoders.base import get_decoder

    _limit_memory()
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what decoders print must not get between answers
    logging.getLogger("pydicom").disabled = True
    warnings.simplefilter("ignore")
    pickle.dump(None, answers)
    answers.flush()
    with contextlib.suppress(EOFError):
        while True:
            _limit_cpu()
            frame, plugin, options = pickle.load(sys.stdin.buffer)
            try:
                decoder = get_decoder(options["transfer_syntax_uid"])
                answer, _ = decoder.as_array(
                    frame, index=0, raw=True, decoding_plugin=plugin, **options
                )
            except Exception:
                answer = None
            pickle.dump(answer, answers)
            answers.flush()


if __name__ == "__main__":
    main()
