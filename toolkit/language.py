"""The language of the console: Chinese, or English for whoever asks for it.

What staff, divisions and leaders see is Chinese, so the sources are written in Chinese and every text is a plain `str`
of it.  A sentence made by `tr` also remembers its template and what was filled in; at the console, and only there,
`said` gives it in the language that `choose` took.  One catalogue, `locale/en/LC_MESSAGES/annex2.po`, holds the
English; `python docs/make_catalogue.py` brings it up to date and compiles it.
"""

from __future__ import annotations

import gettext
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from functools import cache, reduce
from pathlib import Path
from string import Formatter

CHINESE, ENGLISH = "zh", "en"
VARIABLE = "ANNEX2_LANG"
CATALOGUE = Path(__file__).parent / "locale" / "en" / "LC_MESSAGES" / "annex2.mo"

_chosen = CHINESE


class Text(str):
    """A Chinese sentence that remembers how it was made."""

    __slots__ = ("template", "values")
    template: str
    values: Mapping[str, object]

    def __new__(cls, template: str, values: Mapping[str, object]) -> Text:
        filled = {n: "、".join(v) if isinstance(v, tuple) else v for n, v in values.items()}
        text = super().__new__(cls, template.format(**filled) if filled else template)
        text.template, text.values = template, values
        return text

    def with_values(self, values: Mapping[str, object]) -> Text:
        """The same sentence with other values; those that it does not name change nothing."""
        return Text(self.template, {**self.values, **values})

    def __reduce__(self) -> tuple[object, ...]:
        return Text, (self.template, self.values)


def tr(template: str, /, **values: object) -> Text:
    """A sentence in Chinese that can be said in the console's language.

    `template` is a literal of the catalogue; a tuple among the values is a list of words.
    """
    return Text(template, values)


def listed(separator: str, parts: Iterable[str]) -> str:
    """Parts in one sentence; `separator` is a word of the catalogue."""
    between = Text(separator, {})
    return reduce(lambda all_, part: tr("{all}{between}{part}", all=all_, between=between, part=part), parts)


def said(text: str, /, **values: object) -> str:
    """`text` in the console's language: what `tr` made, or a template with its values.

    So are the program's own words (a StrEnum's); anything else, a name or a text out of a workbook, stays as it is.
    """
    if isinstance(text, Text):
        values = dict(text.values)
        text = text.template
    elif isinstance(text, StrEnum):
        text = text.value
    if _chosen == CHINESE or not text:
        return Text(text, values)
    translated = _english().gettext(text)
    filled = {name: _said_value(value) for name, value in values.items()}
    return translated.format(**filled) if filled else translated


def _said_value(value: object) -> object:
    if isinstance(value, tuple):
        return said("、").join(said(v) for v in value)
    return said(value) if isinstance(value, Text | StrEnum) else value


def recalled(text: str) -> str:
    """A sentence that a workbook or the archive kept, as `tr` made it: said in another language it needs its values.

    What the catalogue does not know, and everything at a Chinese console, stays as it is.
    """
    if _chosen == CHINESE or (isinstance(text, Text) and text.values):
        return text
    if text in _english():
        return Text(text, {})
    for template, words, like in _kept():
        if all(w in text for w in words) and (found := like(text)):
            values = found.groupdict()  # what stands in quotation marks is somebody's own words
            return Text(template, {n: v if f"“{{{n}}}”" in template else recalled(v) for n, v in values.items()})
    return text


@cache
def _kept() -> list[tuple[str, list[str], Callable[[str], re.Match[str] | None]]]:
    """The catalogue's sentences with values, what says most of itself first: template, its own words, its pattern."""
    found = []
    for template in _english():
        parts = list(Formatter().parse(template))
        names = [name for _, name, _, _ in parts if name is not None]
        words = [words for words, _, _, _ in parts if words]
        if names and len(names) == len(set(names)) and not any(p[2] or p[3] for p in parts):
            pattern = "".join(re.escape(w) + (f"(?P<{n}>.*?)" if n is not None else "") for w, n, _, _ in parts)
            found.append((template, words, re.compile(pattern, re.DOTALL).fullmatch))
    own = [f for f in found if sum(map(len, f[1])) > 1]
    return sorted(own, key=lambda f: -sum(map(len, f[1])))


def choose(language: str) -> None:
    """Speak this language from now on; a person's windows and pages stay Chinese whatever it is."""
    global _chosen
    _chosen = language


def chosen() -> str:
    return _chosen


def preferred(environment: Mapping[str, str] = os.environ) -> str:
    """ANNEX2_LANG, or else the locale.  English only where English is asked for: an unset locale and C, as servers
    and timetables have them, say nothing of the reader."""
    names = [environment.get(VARIABLE, ""), _locale(environment)]
    for name in names:
        if name.lower().startswith((CHINESE, ENGLISH)):
            return name[:2].lower()
    return CHINESE


def _locale(environment: Mapping[str, str]) -> str:
    name = next((v for k in ("LC_ALL", "LC_MESSAGES", "LANG") if (v := environment.get(k))), "")
    return name or _windows_language()


def _windows_language() -> str:
    """The language of Windows' own menus; "" elsewhere, and for one that is neither Chinese nor English."""
    if sys.platform == "win32":
        import ctypes

        primary = ctypes.windll.kernel32.GetUserDefaultUILanguage() & 0x3FF
        return {0x04: CHINESE, 0x09: ENGLISH}.get(primary, "")
    return ""


class _Catalogue(gettext.GNUTranslations):
    _catalog: Mapping[str, str]

    def __contains__(self, sentence: str) -> bool:
        return sentence in self._catalog

    def __iter__(self) -> Iterator[str]:
        return iter(self._catalog)


@cache
def _english() -> _Catalogue:
    with CATALOGUE.open("rb") as file:
        return _Catalogue(file)
