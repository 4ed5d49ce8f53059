"""Every failure that a user can meet."""

from __future__ import annotations

import os

from toolkit.language import Text, said, tr


def debugging() -> bool:
    """Whether faults of the program's own are let through as they are, for whoever mends them."""
    return bool(os.environ.get("ANNEX2_DEBUG"))


class Annex2Error(Exception):
    """Something a person can mend: says what happened, where, and what to do next.

    The command line prints it as a sentence and leaves with `exit_status`; nothing was changed.
    """

    exit_status = 2

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        super().__init__(what)
        self.what, self.where, self.remedy = what, where, remedy

    @property
    def text(self) -> Text:
        """The whole sentence, for the console to say in its language."""
        place = tr("{where}：", where=self.where) if self.where else ""
        end = "" if self.what.endswith(("。", "！", "？")) else tr("。")
        remedy = tr("\n怎么办：{remedy}", remedy=self.remedy) if self.remedy else ""
        return tr("{place}{what}{end}{remedy}", place=place, what=self.what, end=end, remedy=remedy)

    @property
    def on_one_line(self) -> Text:
        """The same for a cell."""
        if not self.remedy:
            return self.text
        return self.text.with_values({"end": "", "remedy": tr("；怎么办：{remedy}", remedy=self.remedy)})

    @property
    def without_remedy(self) -> Text:
        return self.text.with_values({"remedy": ""})

    @property
    def in_brackets(self) -> Text:
        """What happened and where, to stand within another sentence."""
        return self.text.with_values({"end": "", "remedy": ""})

    def __str__(self) -> str:
        return str.__str__(self.text)

    def told(self) -> str:
        """The same in the console's language."""
        return said(self.text)


class NoticeError(Annex2Error):
    """A notice that does not hold what is needed."""


class WorkspaceError(Annex2Error):
    """Not a workspace, or one that cannot be used now."""


class MasterError(Annex2Error):
    """master.xlsx lacks something that is needed."""


class TemplateError(Annex2Error):
    """A template that staff changed can no longer be filled."""
