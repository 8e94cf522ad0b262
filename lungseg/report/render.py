"""Pages from templates."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def render(template: str, **values: Any) -> str:
    """Render a page.

    Args:
        template: File in ``templates/``.
        **values: Values for the template; text is escaped unless marked as HTML.

    Raises:
        jinja2.UndefinedError: If the template uses a value that is not given.
    """
    environment = Environment(
        loader=PackageLoader("lungseg.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    return environment.get_template(template).render(values)
