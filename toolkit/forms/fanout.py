"""An Office and a round -> one form per division that owes it, in outbox/ROUND/."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from toolkit.cells import split_names
from toolkit.documents import put, set_aside, there
from toolkit.errors import Annex2Error, WorkspaceError
from toolkit.forms import Form, form_files, make_forms
from toolkit.forms.stamp import PROPERTY, read_stamp
from toolkit.kinds import kind_of
from toolkit.language import Text, listed, tr
from toolkit.model import Division, Office, Round, plain
from toolkit.workspace import Workspace, Writes, cannot_read, together
from toolkit.xlsx import Workbook, WorkbookError, same_content

if TYPE_CHECKING:
    from toolkit.forms.fill import Template


class FormState(StrEnum):
    NEW = "新建"
    SAME = "没有变化"
    UPDATED = "已更新"


@dataclass(frozen=True, slots=True)
class Placed:
    """A form in the outbox."""

    form: Form
    path: Path
    state: FormState


@dataclass(slots=True)
class Made:
    """Forms that wait to be put in their places."""

    placed: tuple[Placed, ...]
    _files: Writes
    wanted: bool = True  # False: they are only looked at, and the outbox stays as it is

    def read(self, placed: Placed) -> bytes:
        """A form's file.  Raises WorkspaceError."""
        return self._files.read(placed.path)


def the_round(office: Office, key: str) -> Round:
    """The round of this 编号 or 名称.  Raises Annex2Error that lists the ones there are."""
    round_ = office.round(key)
    if round_ is None:
        known = "、".join(f"{r.key}（{r.name}）" for r in office.rounds)
        raise Annex2Error(
            tr("没有“{key}”这个报送节点", key=key),
            remedy=tr("可用的节点：{known}；新节点先在“报送节点”里添一行", known=known),
        )
    return round_


def known_leads(office: Office) -> None:
    """Raises Annex2Error naming each 牵头处室 of 任务台账 that 处室 does not know: a slip there would split a form."""
    if unknown := office.unknown_leads:
        named = [tr("“{name}”（第 {labels} 项）", name=n, labels=labels) for n, labels in unknown.items()]
        remedy = tr("写错的改正；是新处室就在“处室”表里加一行")
        if any(len(split_names(name)) > 1 for name in unknown):
            remedy = tr("“牵头处室”只写一个，别的处室写进“责任处室(单位)”；{remedy}", remedy=remedy)
        raise Annex2Error(
            tr("牵头处室在“处室”表里没有：{listed}", listed=listed("；", named)),
            where=tr("任务台账!牵头处室"),
            remedy=remedy,
        )


def _the_only(divisions: Iterable[Division]) -> Division | None:
    found = tuple(divisions)
    return found[0] if len(found) == 1 else None


def owing(office: Office, round_: Round, division: str) -> str:
    """The name of a division as the master writes it.  Raises Annex2Error where it is unknown or owes nothing."""
    found = office.division(division) or _the_only(d for d in office.divisions if plain(division) in plain(d.name))
    if found is None:
        known = "、".join(d.name for d in office.divisions)
        raise Annex2Error(
            tr("没有“{division}”这个处室", division=division), remedy=tr("“处室”表里现有：{known}", known=known)
        )
    owed = office.owed(round_)
    if found.name not in owed:
        raise Annex2Error(
            tr("{name}在{name2}没有应报的任务", name=found.name, name2=round_.name),
            remedy=tr("应报的处室：{listed}", listed=tr("、").join(owed) or tr("没有")),
        )
    if office.exempts(found.name, round_):
        raise Annex2Error(
            tr("{name}在{name2}免报，不发表", name=found.name, name2=round_.name),
            remedy=tr("还要报的，清空“报送情况”里那一格的“免报”，或“处室”里的“免报节点”"),
        )
    if found.name in all_closed(office, round_):
        raise Annex2Error(
            tr("{name}的任务都已销号，{name2}不用报", name=found.name, name2=round_.name),
            remedy=tr("还要报的，在“任务台账”里把那一项的“销号状态”改回“未销号”"),
        )
    return found.name


def all_closed(office: Office, round_: Round) -> tuple[str, ...]:
    """The divisions that get no form, since the office has closed all that they would report."""
    formed = office.formed(round_)
    return tuple(n for n in office.owed(round_) if n not in formed and not office.exempts(n, round_))


def exempted(office: Office, round_: Round) -> tuple[str, ...]:
    """The divisions that get no form, since they are released from the round (免报)."""
    return tuple(name for name in office.owed(round_) if office.exempts(name, round_))


def template_of(workspace: Workspace, round_: Round) -> Template:
    """The template for a round's kind.  Raises TemplateError where it cannot be read or filled."""
    from toolkit.forms.fill import Template  # late: who asks for a round by its name fills nothing

    name = kind_of(round_).template
    return Template(workspace.template(name), f"templates/{name}", kind_of(round_).block)


@contextmanager
def making(
    workspace: Workspace,
    office: Office,
    round_: Round,
    division: str | None = None,
    progress: Callable[[int, int, str], None] = lambda *_: None,
) -> Iterator[Made]:
    """Make the forms of a round, or one division's; they come into outbox/ROUND/ when the block is through.

    So a template or a name that is wrong, or what the block finds wrong, leaves everything as it was.  A form that
    differs from the one there is set aside into 旧版 first; one that does not is left alone.
    """
    known_leads(office)
    names = form_files(office, round_)
    if division:
        only = owing(office, round_, division)
        names = {only: names[only]}
    folder = workspace.outbox / round_.key
    placed: list[Placed] = []
    fresh = _is_empty(folder)
    with together() as files:
        for form, data in make_forms(office, round_, template_of(workspace, round_), workspace.secret(), names):
            progress(len(placed), len(names), form.division)
            path = folder / form.file_name
            placed.append(Placed(form, path, state := FormState.NEW if fresh else _state(path, data)))
            if state is not FormState.SAME:
                files.write(path, data)
        made = Made(tuple(placed), files)
        yield made
        if not made.wanted:
            files.forget()
        for updated in (p.path for p in placed if made.wanted and p.state is FormState.UPDATED):
            if (old := there(updated)) is not None:
                set_aside(updated, old)


def fan_out(workspace: Workspace, office: Office, round_: Round) -> tuple[Placed, ...]:
    """The forms of a round in outbox/ROUND/: `making`, with nothing more to look at."""
    with making(workspace, office, round_) as made:
        return made.placed


@dataclass(frozen=True, slots=True)
class PutAway:
    """The names of forms that were put into 旧版, or could not be."""

    no_more: tuple[str, ...] = ()  # of divisions that get none any more
    renamed: tuple[str, ...] = ()  # by an older name of a division, round or office that has one by its name of today
    stuck: tuple[str, ...] = ()  # … such ones that stay, since a program has them open

    @property
    def told(self) -> tuple[Text, ...]:
        """A sentence each, for a person."""
        found = []
        if self.no_more:
            found.append(tr("现在不用单独报的处室，以前的表移到了“旧版”：{listed}", listed=self.no_more))
        if self.renamed:
            told = tr("改名前的表移到了“旧版”，已经发出去的仍然能报：{listed}", listed=self.renamed)
            found.append(told)
        if self.stuck:
            told = tr("以前的表打开着，没有移到“旧版”，不要再发：{listed}。关上再运行一次", listed=self.stuck)
            found.append(told)
        return tuple(found)


def put_away_stale(workspace: Workspace, office: Office, round_: Round, placed: Iterable[Placed]) -> PutAway:
    """Put the forms of divisions that get none any more (merged, 免报), or another name's since, into 旧版.

    `placed`: the forms that all divisions get.  Only what bears annex2's own stamp for this round is such a form, and
    not a copy of one (…（1）.xlsx, … - 副本.xlsx).
    """
    formed, secret, kind = office.formed(round_), workspace.secret(), kind_of(round_)
    current, ending = {p.path.name for p in placed}, kind.ending or kind.subject
    stale: dict[Path, Division | None] = {}
    for path in sorted(p for p in (workspace.outbox / round_.key).glob("*.xlsx") if p.name not in current):
        try:
            line = Workbook.from_bytes(path.read_bytes()).properties.get(PROPERTY, "")
        except (OSError, WorkbookError):
            continue  # ~$… of a form that is open, and what else is none of ours
        stamp = read_stamp(line, secret)
        ours = stamp is not None and stamp.genuine and stamp.round == round_.key
        if stamp and ours and (stamp.division not in formed or path.stem.endswith(ending)):
            stale[path] = office.division(stamp.division)
    stuck = tuple(path.name for path in stale if not _put_away(workspace, path))
    moved = {path.name: owner for path, owner in stale.items() if path.name not in stuck}
    renamed = tuple(name for name, owner in moved.items() if owner and owner.name in formed)
    return PutAway(tuple(name for name in moved if name not in renamed), renamed, stuck)


def _put_away(workspace: Workspace, path: Path) -> bool:
    try:
        put(workspace, {}, (path,))
    except WorkspaceError:
        return False
    return True


def _is_empty(folder: Path) -> bool:
    """Whether no form can be there, so that none needs to be looked at."""
    try:
        return not any(folder.iterdir())
    except FileNotFoundError:
        return True
    except OSError as e:
        raise cannot_read(folder, e) from None


def _state(path: Path, data: bytes) -> FormState:
    if (old := there(path)) is None:
        return FormState.NEW
    return FormState.SAME if old == data or same_content(old, data) else FormState.UPDATED
