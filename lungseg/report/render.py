"""Pages from templates."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def render(template: str, **values: Any) -> str:
    """A page's text.

    Args:
        template: File in ``templates/``.
        **values: What it shows; text is escaped unless it is marked as HTML.

    Raises:
        jinja2.UndefinedError: If the template names something that is not given.
    """
    environment = Environment(
        loader=PackageLoader("lungseg.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    return environment.get_template(template).render(values)
