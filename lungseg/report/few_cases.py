"""A caution that belongs to the numbers of few cases, on the page and on the screen."""

FEW = 10
"""With fewer cases than this, a reader is told so."""


def few_cases(n: int) -> list[str]:
    """The caution, if there is reason for one.

    Args:
        n: Test cases.

    Example:
        >>> few_cases(1)
        ['1 test case: too few to tell how the model does on patients in general.']
        >>> few_cases(10)
        []
    """
    if n >= FEW:
        return []
    cases = f"{n} test case{'s' if n > 1 else ''}"
    return [f"{cases}: too few to tell how the model does on patients in general."]
