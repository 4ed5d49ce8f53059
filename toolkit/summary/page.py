"""The summary as one page that needs nothing but itself: no network, no scripts."""

from __future__ import annotations

from toolkit.placeholders import fill_page
from toolkit.summary.content import Content, template_context


def summary_page(content: Content, template: bytes, name: str = "summary.html.j2") -> bytes:
    """Fill a template.  Raises as `fill_page` does."""
    return fill_page(template, template_context(content), name).encode("utf-8")
