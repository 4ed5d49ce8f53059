"""说明 of a new master: all that a clerk without training needs, on A4."""

from __future__ import annotations

from openpyxl.utils import quote_sheetname
from openpyxl.workbook import Workbook
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from toolkit.master import schema
from toolkit.master.schema import Sheet
from toolkit.master.sheets import OURS, PEOPLE, Styles
from toolkit.master.titles import sheet_title
from toolkit.master.tracker_sheet import MARKS
from toolkit.master.waiting import NOT_DUE
from toolkit.model import Office
from toolkit.newbook import HEI, SONG, align, fill, fit_row, font, put, set_page
from toolkit.plans import SOON_DAYS

NAME_WIDTH, TEXT_WIDTH = 18, 66
PAGE_HEIGHT = 730.0
"""Points between the margins of an upright A4, less what programs lose by rounding."""
WIDEST_SCALE = 90.0
"""Per cent at which both columns fit an upright A4, whatever the width of a digit."""

SHEETS = (
    (Sheet.TRACKER, "各处室、各节点报了没有，是否按时。免报、纸质报送由人填写。"),
    (Sheet.TASKS, "全年任务，一行一项。任务由人填写；各节点的“完成情况”“报送状态”由 annex2 从处室报表里取来。"),
    (Sheet.ATTENTION, "拿不准、要由人决定的事。人只填“处理意见”。"),
    (Sheet.RECEIPTS, "收到的每一份文件：何时、从哪里、结论、原件存在哪里。annex2 填写。"),
    (Sheet.DIVISIONS, "处室（单位）名称、联系人、邮箱。由人填写，发表、催报都靠它。"),
    (Sheet.ROUNDS, "一年要报几次、各次的截止日期。由人填写。"),
    (Sheet.PLANS, "各项任务的办理方案，一行一个步骤。处室报来的由 annex2 写入，“进度”由人填写；可以不用。"),
    (Sheet.TARGETS, "任务里的量化指标。建总表时由原文提出，由人核对、修改；各节点的累计值、进度由 annex2 填写。"),
    (Sheet.CALENDAR, "与国家放假安排不同的上班、休息日。由人填写，可以不填。"),
    (Sheet.JOBS, "到点自动做的事：收表、催报。由人填写时间，annex2 schedule run 照着做，并写上结果。"),
    (Sheet.SETTINGS, "单位、年度等设置。由人填写，一般一年改一次。"),
    (Sheet.LAST_YEAR, "上年各项任务的完成情况，供对照。用 annex2 rollover 结转到下一年以后才有，平时隐藏着。"),
)

DECISIONS = (
    (schema.KEEP_MASTER, "台账里的文字不动，处室报来的不采用。"),
    (schema.TAKE_RETURN, "用处室报来的文字，换掉台账里的。"),
    (schema.ACCEPT_FILE, "这份文件算数，写入台账。"),
    (schema.REFUSE_FILE, "这份文件不算数，原件仍然保存。"),
    (schema.CLOSE_TASK, "这项任务办结：台账里改为“已销号”，记下日期，以后的节点不再催它。"),
    (schema.NOT_YET, "这项任务还不销号，也不再提出；以后要销，在台账里改“销号状态”。"),
    (schema.ADOPT, "完成情况里写的这几个数都对，写进“指标”的累计值。"),
    (schema.NOT_ADOPT, "这几个数不写；其中对的，由人自己填进“指标”。"),
    (schema.DONE, "已经用别的办法办妥（如打电话核实、补填邮箱），不用程序再做什么；待裁定的文件不算报送。"),
)

MUST_NOT = (
    "不要改工作表的名称和表头的文字，不要删除表头的行和列。",
    "不要改动、删除隐藏的列（任务编号等），程序靠它们认行。",
    "不要在“收件记录”里删行。要改收到时间，请填“认定时间”；分管领导审定了，在“审定”里选“已审定”。",
)
MAY = (
    "可以排序、筛选、移列、隐藏列、调列宽、涂颜色、加批注、加列、加工作表。",
    f"“{Sheet.ROUNDS}”里去掉了的节点，它在别的表里的列（如 第一季度完成情况、第一季度报送状态）用不着了，可以删掉。",
    "可以在表格下面接着写新的一行（新任务、新处室），任务编号自动补上。",
    "收错了一份，可以在“收件记录”里把它的“结论”改成“不处理”，再收一次，它写入的就改回以前的。",
)


def build_guide(workbook: Workbook, office: Office, title: str, issuer: str, styles: Styles) -> Worksheet:
    page = _Page(workbook.create_sheet(Sheet.GUIDE), styles)
    sheet = page.sheet
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = NAME_WIDTH, TEXT_WIDTH
    sheet.sheet_view.showGridLines = False
    heading = put(sheet, 1, 1, sheet_title(office.year, office.organisation, Sheet.GUIDE), styles.title)
    heading.alignment = align("centerContinuous", wrap=False)
    put(sheet, 1, 2, None, styles.title).alignment = align("centerContinuous", wrap=False)
    sheet.row_dimensions[1].height = 34
    page.row = 2
    example = office.rounds[0].key if office.rounds else f"{office.year}Q1"

    page.section("一、这是什么")
    page.line("方案", title)
    page.line("发文单位", issuer)
    page.line(
        "用途",
        "把任务分给各处室填报，收回来后自动核对、汇总到这一本工作簿里，看得出谁报了、谁没报、谁逾期。"
        "程序叫 annex2，所有数据都在这本工作簿里，平常用 Excel 或 WPS 打开即可。",
    )

    page.section("二、谁填哪里")
    page.line("黄色表头", "由人填写。", background=PEOPLE[0])
    page.line("灰色表头", "由 annex2 填写，人一般不用动。", background=OURS[0])
    page.line(
        "人改的算数",
        "灰色表头下面的格子人也可以改。凡是人改过的格子，annex2 绝不覆盖；"
        f"以后处室报来的内容与它不一致时，列入“{Sheet.ATTENTION}”由人决定。",
    )

    page.section("三、一年怎么做")
    page.line("年初，做一次", f"核对“{Sheet.TASKS}”“{Sheet.DIVISIONS}”“{Sheet.ROUNDS}”三张表，特别是邮箱和截止日期。")
    page.line(
        "要用邮箱",
        f"在“{Sheet.SETTINGS}”里填邮箱和服务器。密码（授权码）不写在表里，存入本机的密码保管库（换成自己的邮箱）：",
    )
    page.command("keyring set annex2 邮箱地址")
    page.line(
        "1 发表",
        f"给该报的处室各生成一份报表（在 outbox 的 {example} 文件夹），再用邮件发出"
        f"（{example} 换成“{Sheet.ROUNDS}”里要发的那个编号）：",
    )
    page.command(f"annex2 fanout {example}", f"annex2 send {example}")
    page.line("2 收表", "把收到的附件放进 inbox 文件夹（邮箱里的会自动收取）。保存并关闭本工作簿，然后运行：")
    page.command("annex2 collect")
    page.line(
        "3 处理",
        f"打开“{Sheet.ATTENTION}”，逐行看“问题”“怎么办”，在“处理意见”里选一项，保存关闭，再运行一次 annex2 collect。",
    )
    page.line("4 查看、催报", f"看“{Sheet.TRACKER}”，或运行下面的命令（催报加 --dry-run 是只看不发）：")
    page.command(f"annex2 status {example}", f"annex2 remind {example}")
    page.line("5 年末汇总", "各节点报齐以后，生成全年汇总表、汇总材料，放在 summary 文件夹：")
    page.command(f"annex2 summary {office.year}")
    page.line("6 下一年", "在旁边另建下一年的工作区，没有完成的任务、处室、设置带过去，这一年的不动：")
    page.command(f"annex2 rollover {office.year + 1}")

    page.section(f"四、“{Sheet.ATTENTION}”怎么填（每一条的下拉列表里只有适用的）")
    for decision, meaning in DECISIONS:
        page.line(decision, meaning)

    turn = page.row  # here the second page begins
    page.section(f"五、“{Sheet.TRACKER}”里的颜色和文字")
    for mark in MARKS:
        page.line(mark.sample, mark.meaning, background=mark.background, colour=mark.colour, name_font=SONG)
    page.line(NOT_DUE, "还没有收到，离截止日期还早", name_font=SONG)
    page.line(
        "✗1 ！2 ✓3 共10步",
        f"“{schema.TRACKER_STEPS}”：处室牵头的任务，办理方案的步骤里逾期（红）、{SOON_DAYS}天内到期（黄）、"
        "已完成的各几步；都完成了是绿的。没有办理方案的空着",
        name_font=SONG,
    )

    page.section("六、可以做的和不要做的")
    for text in MAY:
        page.line("可以", text)
    for text in MUST_NOT:
        page.line("不要", text)
    page.line(
        "新增节点",
        f"在“{Sheet.ROUNDS}”加一行（编号、名称、表种、截止日期），保存关闭；"
        f"“{Sheet.TRACKER}”“{Sheet.TASKS}”里的列，下次 annex2 collect 时自动添在最右边。",
    )

    page.section("七、各张表")
    for name, meaning in SHEETS:
        page.link(name, meaning)

    page.section("八、文件在哪里（都在本工作簿所在的文件夹里）")
    page.line("打开民政报送", "双击它，在窗口里按按钮，不用输入命令。")
    page.line("outbox", "发给各处室的报表，一个节点一个文件夹。")
    page.line("inbox", "收到的附件放在这里，annex2 collect 收进 archive；收过的可以留着，也可以删掉。")
    page.line("archive", "收到的原件，原样保存，请勿改动、删除。")
    page.line("summary", "年度汇总。")
    page.line("templates", "报表和邮件的样式，可以用 Excel、WPS 修改。")

    sheet.print_area = f"A1:B{page.row - 1}"
    set_page(sheet, landscape=False, margins=(2.0, 2.0, 1.8, 1.6), footer="第 &P 页，共 &N 页")
    _two_pages(sheet, turn)
    return sheet


def _two_pages(sheet: Worksheet, turn: int) -> None:
    """Print it on two pages, the second one from row `turn` on: fitting them alone would part a heading from its lines.

    A program that fits pages by itself minds no break, so the scale is stated.
    """
    heights = [sheet.row_dimensions[row].height or 0.0 for row in range(1, sheet.max_row + 1)]
    longest = max(sum(heights[: turn - 1]), sum(heights[turn - 1 :]))
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=False)
    sheet.page_setup.fitToWidth = sheet.page_setup.fitToHeight = None
    sheet.page_setup.scale = int(min(WIDEST_SCALE, 100 * PAGE_HEIGHT / longest))
    sheet.row_breaks.append(Break(id=turn - 1))


class _Page:
    """Lines of two cells, a name and a text, written top to bottom."""

    def __init__(self, sheet: Worksheet, styles: Styles) -> None:
        self.sheet, self.styles, self.row = sheet, styles, 1

    def section(self, text: str) -> None:
        put(self.sheet, self.row, 1, text, self.styles.heading).alignment = align(wrap=False)
        self.sheet.row_dimensions[self.row].height = 27
        self.row += 1

    def line(
        self, name: str, text: str, *, background: str | None = None, colour: str | None = None, name_font: str = HEI
    ) -> None:
        cell = put(self.sheet, self.row, 1, name, self.styles.strong)
        cell.font = font(name_font, 11, colour=colour)
        if background:
            cell.fill = fill(background)
        put(self.sheet, self.row, 2, text, self.styles.body)
        fit_row(self.sheet, self.row, [(text, TEXT_WIDTH, 11)], least=20)
        self.row += 1

    def command(self, *lines: str) -> None:
        text = "\n".join(lines)
        put(self.sheet, self.row, 1, "命令", self.styles.strong).font = font(SONG, 10, colour="7F7F7F")
        put(self.sheet, self.row, 2, text, self.styles.command)
        fit_row(self.sheet, self.row, [(text, TEXT_WIDTH, 11)], least=20)
        self.row += 1

    def link(self, name: Sheet, text: str) -> None:
        self.line(name, text, colour="0563C1")
        cell = self.sheet.cell(self.row - 1, 1)
        cell.hyperlink = Hyperlink(ref=cell.coordinate, location=f"{quote_sheetname(name)}!A1", display=str(name))
        cell.style, cell.font = self.styles.strong, font(HEI, 11, colour="0563C1")
