"""The summary as one page that needs nothing but itself: no network, no scripts."""

from __future__ import annotations

from jinja2.sandbox import SandboxedEnvironment

from toolkit.errors import TemplateError
from toolkit.language import tr
from toolkit.placeholders import FAULTS, Unknown, trouble
from toolkit.summary.content import Content, template_context, unknown_placeholder


def summary_page(content: Content, template: bytes, name: str = "summary.html.j2") -> bytes:
    """Fill a template (UTF-8); what comes from the master is escaped.

    Raises TemplateError for a template that is not UTF-8 and for a placeholder that is unknown or misspelt.
    """
    environment = SandboxedEnvironment(undefined=Unknown, autoescape=True)
    try:
        source = template.decode("utf-8-sig")
        return environment.from_string(source).render(template_context(content)).encode("utf-8")
    except UnicodeDecodeError:
        raise TemplateError(
            tr("模板不是 UTF-8 编码的文本"), where=name, remedy=tr("用记事本另存为 UTF-8 编码后再试")
        ) from None
    except FAULTS as e:
        raise unknown_placeholder(trouble(e), name) from None
