"""What is wrong with a template that staff changed, in words of ours: jinja2 speaks English alone."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterable, Mapping
from typing import Any

import jinja2
from jinja2.sandbox import SandboxedEnvironment

from toolkit.errors import TemplateError
from toolkit.language import Text, tr

FAULTS = (jinja2.TemplateError, TypeError, ValueError, ArithmeticError, AttributeError, LookupError)
"""What filling in a template raises where staff wrote something that cannot be filled in."""

_UNFINISHED = re.compile(r"end of|[Mm]issing end")
_UNKNOWN_WORD = re.compile(r"(?:unknown tag|No filter named|No test named) '([^']+)'")
_MISPLACED = re.compile(r"(?:got|[Uu]nexpected(?: char)?) '([^']+)'")


class Unknown(jinja2.StrictUndefined):
    """A placeholder that does not exist is an error that names it."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        name = self._undefined_name
        if self._undefined_hint:  # what the sandbox keeps to itself
            return tr("不能用“{name}”", name=name)
        if self._undefined_obj is jinja2.utils.missing:
            return tr("没有“{name}”这个占位符", name=name)
        return tr("没有“{name}”这一项", name=name)


def why(error: Exception) -> Text:
    """What is wrong, as a sentence without its full stop."""
    said = error.message if isinstance(error, jinja2.TemplateError) else None
    if isinstance(said, Text):
        return said
    if isinstance(error, jinja2.TemplateSyntaxError):
        if word := _UNKNOWN_WORD.search(said or ""):
            return tr("不认识“{word}”", word=word[1])
        if _UNFINISHED.search(said or ""):
            return tr("没有写完：括号要成对，每个 if、for 要有它的 endif、endfor")
        if word := _MISPLACED.search(said or ""):
            return tr("“{word}”写在这里不对", word=word[1])
        return tr("括号、引号不成对，或少了什么")
    if isinstance(error, OverflowError):
        return tr("数太大，或重复的次数太多")
    return tr("里面的式子算不出来")


def line_of(error: Exception) -> int | None:
    """The line of the template where it went wrong, as far as that is known."""
    if isinstance(error, jinja2.TemplateSyntaxError):
        return error.lineno
    frames = traceback.extract_tb(error.__traceback__)
    return next((f.lineno for f in reversed(frames) if f.filename == "<template>"), None)


def trouble(error: Exception) -> Text:
    """`why`, with the line."""
    line = line_of(error)
    if isinstance(error, jinja2.TemplateSyntaxError):
        return tr("第 {line} 行写法有误：{why}", line=line, why=why(error))
    if line is None:
        return tr("占位符不认识或写法有误：{why}", why=why(error))
    return tr("第 {line} 行，占位符不认识或写法有误：{why}", line=line, why=why(error))


def unknown_placeholder(what: str, name: str, known: Iterable[str]) -> TemplateError:
    """What is raised for a template of this name that cannot be filled in; `known`: what it may name."""
    remedy = tr("对照随程序提供的 templates/{name} 改正；可用的占位符：{known}", name=name, known=tuple(known))
    return TemplateError(what, where=name, remedy=remedy)


def fill_page(template: bytes, context: Mapping[str, Any], name: str) -> str:
    """Fill the template of a page (UTF-8); what comes from the master is escaped.

    Raises TemplateError for a template that is not UTF-8 and for a placeholder that is unknown or misspelt.
    """
    environment = SandboxedEnvironment(undefined=Unknown, autoescape=True)
    try:
        return environment.from_string(template.decode("utf-8-sig")).render(context)
    except UnicodeDecodeError:
        remedy = tr("用记事本另存为 UTF-8 编码后再试")
        raise TemplateError(tr("模板不是 UTF-8 编码的文本"), where=name, remedy=remedy) from None
    except FAULTS as e:
        raise unknown_placeholder(trouble(e), name, context) from None
