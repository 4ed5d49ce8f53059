"""Every failure that a user can meet."""

from __future__ import annotations

from toolkit.language import said


class Annex2Error(Exception):
    """Something a person can mend: says what happened, where, and what to do next.

    The command line prints it as a sentence and leaves with `exit_status`; nothing was changed.
    """

    exit_status = 2

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        super().__init__(what)
        self.what, self.where, self.remedy = what, where, remedy

    def __str__(self) -> str:
        place = f"{self.where}：" if self.where else ""
        what = self.what if self.what.endswith(("。", "！", "？")) else self.what + "。"
        return place + what + (f"\n怎么办：{self.remedy}" if self.remedy else "")

    def told(self) -> str:
        """The same in the console's language."""
        what, where, remedy = said(self.what), said(self.where), said(self.remedy)
        place = said("{where}：", where=where) if where else ""
        end = "" if what.endswith(("。", "！", "？", ".", "!", "?")) else said("。")
        return place + what + end + (said("\n怎么办：{remedy}", remedy=remedy) if remedy else "")


class NoticeError(Annex2Error):
    """A notice that does not hold what is needed."""


class WorkspaceError(Annex2Error):
    """Not a workspace, or one that cannot be used now."""


class MasterError(Annex2Error):
    """master.xlsx lacks something that is needed."""


class TemplateError(Annex2Error):
    """A template that staff changed can no longer be filled."""
