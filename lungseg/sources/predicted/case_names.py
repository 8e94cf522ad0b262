"""Names of cases within names of files and folders."""

from __future__ import annotations

import re
from collections.abc import Iterable


class CaseNames:
    """Finds names of cases in other names, letter by letter, as words of their own.

    Args:
        names: Of the cases.

    Example:
        >>> names = CaseNames(["Case_1", "Case_10"])
        >>> names.within("Case_10_lungs"), names.within("seg-Case_1.v2"), names.within("Case_100")
        (['Case_10'], ['Case_1'], [])
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = {*names}
        # The longest first: one name may begin with another.
        longest = sorted(self._names, key=lambda name: (-len(name), name))
        either = "|".join(map(re.escape, longest))
        self._pattern = re.compile(rf"(?<![^\W_])(?:{either})(?![^\W_])")

    def within(self, text: str) -> list[str]:
        """The cases that a name contains; one alone where the whole name is that of a case."""
        if text in self._names:
            return [text]
        return list(dict.fromkeys(self._pattern.findall(text)))
