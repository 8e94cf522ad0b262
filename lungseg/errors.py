"""Errors that a user meets: one line that says what, where, and what would be right."""


class LungsegError(Exception):
    """Something that the user can put right.

    Args:
        message: One line. It may reach logs: it names cases by pseudonym and no source path.
        path: The file or folder concerned. Shown on the terminal only, never logged: source paths
            may hold names of patients.
    """

    def __init__(self, message: str, path: object = None) -> None:
        super().__init__(message)
        self.path = path


class ConfigError(LungsegError):
    """A setting, or a combination of settings, that cannot work."""


class DataError(LungsegError):
    """Data that is missing, damaged, or does not fit together."""


class IdentityError(DataError):
    """A case that must not be named: its name gives the patient away, or may do so."""


class Pruned(LungsegError):  # noqa: N818  # it is none
    """No error: a search gave this run up because other trials were ahead of it."""


class Stop(BaseException):
    """Carries an error, its cause, past Hydra, which would print a job's overrides or only warn."""
