"""Compressed images, decoded in a separate process.

On damaged images gdcm aborts its process and CharLS runs for minutes (both were observed with files
altered in a few bytes). Here only a helper process dies, and the file is refused.
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
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lungseg.dicom.gdcm_12_bit import decode_12_bit
from lungseg.dicom.limits import RefusedError
from lungseg.dicom.plugins import GDCM_12_BIT

CPU_SECONDS = 3  # per frame; one of 4096 × 4096 takes less than two
RETRY_CPU_SECONDS = 1  # for a second decoder: the image is probably damaged
SECONDS = 60.0  # of wall-clock time: other processes may use the processors as well
MEMORY_BYTES = 4 << 30


class StartError(RefusedError):
    """No helper could be started; the file itself may be intact."""


# Helpers take half a second to start, so they are kept until this process ends.
_idle: list[_Helper] = []


def decode(frame: bytes, plugins: Sequence[str], options: dict[str, Any]) -> NDArray[Any]:
    """Decode one frame.

    Args:
        frame: The compressed image.
        plugins: Decoders for such an image; tried in turn until one succeeds.
        options: Of pydicom's decoders.

    Raises:
        StartError: If there is no helper to decode it.
        RefusedError: If every decoder refuses it, one crashes, or they take too long.
    """
    try:
        helper = _idle.pop()
    except IndexError:
        helper = _started()
    try:
        answer = helper.ask((frame, list(plugins), options))
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
            helper.receive()  # it is ready: starting does not count as decoding
        except (EOFError, OSError, pickle.UnpicklingError):
            helper.end()
        else:
            return helper
    raise StartError(
        "the process that decodes compressed images does not start: is memory short, or does"
        " `python -m lungseg.dicom.decoder` fail?"
    )


class _Helper:
    """A process that decodes frames sent to it."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "lungseg.dicom.decoder"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # decoders print messages about damaged images
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
        """Its next answer; None when it has started."""
        assert self.process.stdout is not None
        return pickle.load(self.process.stdout)


if hasattr(os, "register_at_fork"):  # two processes must not talk to one helper
    os.register_at_fork(after_in_child=_idle.clear)


@atexit.register
def _end_all() -> None:
    while _idle:
        _idle.pop().end()


def _limit_memory() -> None:
    with contextlib.suppress(ImportError):  # on systems without such limits
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def _limit_cpu(seconds: int) -> None:
    """End this process after so many seconds of CPU time; waiting does not count."""
    with contextlib.suppress(ImportError):
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF)
        _, most = resource.getrlimit(resource.RLIMIT_CPU)
        until = math.ceil(used.ru_utime + used.ru_stime) + seconds
        if most == resource.RLIM_INFINITY or until <= most:
            resource.setrlimit(resource.RLIMIT_CPU, (until, most))


def _first_answer(
    frame: bytes, plugins: Sequence[str], options: dict[str, Any]
) -> NDArray[Any] | None:
    for k, plugin in enumerate(plugins):
        if k:
            _limit_cpu(RETRY_CPU_SECONDS)
        with contextlib.suppress(Exception):
            return _decoded(frame, plugin, options)
    return None


def _decoded(frame: bytes, plugin: str, options: dict[str, Any]) -> NDArray[Any]:
    from pydicom.encaps import encapsulate
    from pydicom.pixels.decoders.base import get_decoder

    if plugin == GDCM_12_BIT:
        return decode_12_bit(frame, options)
    values, _ = get_decoder(options["transfer_syntax_uid"]).as_array(
        encapsulate([frame], has_bot=False), index=0, raw=True, decoding_plugin=plugin, **options
    )
    return values


def main() -> None:
    """Answer questions from standard input until it ends."""
    import logging
    import warnings

    _limit_memory()
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # output of decoders must not mix with answers
    logging.getLogger("pydicom").disabled = True
    warnings.simplefilter("ignore")
    pickle.dump(None, answers)
    answers.flush()
    with contextlib.suppress(EOFError):
        while True:
            _limit_cpu(CPU_SECONDS)
            frame, plugins, options = pickle.load(sys.stdin.buffer)
            pickle.dump(_first_answer(frame, plugins, options), answers)
            answers.flush()


if __name__ == "__main__":
    main()
