"""Everything review can find, in one table: stable code, severity, sentence for the division, remedy.

The sentences are templates of the console's catalogue (`toolkit.language`); docs/findings.md is this table, by
`python -m toolkit.returns.findings`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from string import Formatter

from toolkit.language import Text
from toolkit.model import Finding, Severity, Verdict


@dataclass(frozen=True, slots=True)
class Kind:
    severity: Severity
    message: str
    remedy: str


EVIDENCE, PAGE_BEHIND = "随表格附来的", "表格以后来的"
"""How 原因 of a page begins that came beside a report."""
MAIL_WORDS = "来信里写着"
"""Begins what a report's mail says beside it."""
HEADERS = {"item": "责任事项", "status": "完成情况"}
"""How sentences call what is to be done and what is reported: by Annex 2's headers, unless a form has others."""

_H, _C, _R, _I = Severity.HOLD, Severity.CORRECT, Severity.REMARK, Severity.IGNORE

KINDS: dict[str, Kind] = {
    "unreadable": Kind(_H, "文件打不开：{why}", "请报送单位重新保存为 .xlsx 后再报"),
    "encrypted": Kind(_H, "文件设有打开密码，无法读取", "请报送单位去掉密码后再报"),
    "no_form": Kind(
        _H, "没有找到报送的表格（表头应有：{item}、{status}）；找到的是：{found}", "请用发放的表格填报"
    ),
    "identity_conflict": Kind(
        _H,
        "{field}说法不一：{evidence}{guess}",
        "核对后在“处理意见”选“接收此件”（将按 {proposal} 记入）或“不接收”",
    ),
    "named_for_another": Kind(
        _H,
        "{place}是“{found}”的，表是“{actual}”的；{actual}{round}已经报过，照这份会改掉 {n} 项",
        "核对是谁的情况：确是{actual}的更正，在“处理意见”选“接收此件”（将按 {proposal} 记入）；"
        "是{found}用错了表，选“不接收”，请{found}用自己的表再报",
    ),
    "named_for_one_who_owes": Kind(
        _H,
        "{place}是“{found}”的，表是“{actual}”的；{found}{round}还没有报，可能是{found}用错了表",
        "核对是谁的情况：是{actual}的，在“处理意见”选“接收此件”（将按 {proposal} 记入）；"
        "是{found}用错了表，选“不接收”，请{found}用自己的表再报",
    ),
    "came_before": Kind(
        _H,
        "{received} 就收到了，比第 {no} 号收件早，有 {n} 项写得不一样：很可能是以前的一份",
        "确要改回这一份，在“处理意见”选“接收此件”（将按 {proposal} 记入，代替第 {no} 号的）；是以前的，选“不接收”",
    ),
    "of_another_workspace": Kind(
        _H,
        "表格的校验码不是本工作区的，{division}{round}已经报过，照这份会改掉第 {no} 号收件写的 {n} 项：可能是上级、"
        "下级或别的工作区的表；本工作区换过文件夹、丢了里面的 .annex2，也会这样",
        "打开原件核对：确是报给这里的更正，在“处理意见”选“接收此件”（将按 {proposal} 记入）；不是，选“不接收”",
    ),
    "two_versions": Kind(
        _H,
        "同一封邮件或压缩包里有两份这张表，“{other}”已经收下，这份有 {n} 项写得不一样，看不出哪一份是定稿",
        "问清楚：这份是定稿，在“处理意见”选“接收此件”（将按 {proposal} 记入，代替那一份）；不是，选“不接收”",
    ),
    "earlier_form": Kind(
        _H,
        "用的是{earlier}的表，{why}；{round}还没有收到：很可能是在上次的表里填了{round}的情况",
        "核对后在“处理意见”填写：是{round}的，写“接收此件 {round}”；确是更正{earlier}的，选“接收此件”（将按 {proposal} "
        "记入）；都不是，选“不接收”",
    ),
    "of_another_round": Kind(
        _H,
        "这份读作{actual}的表里，“{columns}”也写着 {n} 项，{round}还没有收到：一份文件只能记入一个节点",
        "核对后在“处理意见”填写：报的是{round}，写“接收此件 {round}”；报的是{actual}，选“接收此件”（将按 {proposal} "
        "记入），{round}的请另报一份；都不是，选“不接收”",
    ),
    "later_form": Kind(
        _H,
        "用的是{round}的表，{why}；{earlier} {due} 截止，还没有收到：很可能拿错了表",
        "核对后在“处理意见”填写：是{earlier}的，写“接收此件 {earlier}”；确是提前报{round}，选“接收此件”"
        "（将按 {proposal} 记入）；都不是，选“不接收”",
    ),
    "task_lost": Kind(
        _H,
        "有一行是表发出以后从“任务台账”里删去的任务：{text}",
        "误删的，先把那一行抄回“任务台账”，再选“接收此件”（将按 {proposal} 记入）；确实不要的，就选“接收此件”，"
        "那一行不写入台账",
    ),
    "duplicate_of_earlier": Kind(
        _H,
        "与第 {no} 号收件内容完全相同，而第 {no} 号已由第 {later} 号代替",
        "要改回这一份，在“处理意见”写“接收此件 {proposal}”；只是误发，选“不接收”",
    ),
    "duplicate_but_gone": Kind(
        _H,
        "与第 {no} 号收件内容完全相同，可是它写的有 {n} 格现在空着",
        "误删的，要填回去，在“处理意见”写“接收此件 {proposal}”；本来就不要的，选“不接收”",
    ),
    "duplicate_of_taken_back": Kind(
        _H,
        "与第 {no} 号收件内容完全相同，而第 {no} 号已由人撤回",
        "又要用了，在“处理意见”写“接收此件 {proposal}”；不用，选“不接收”",
    ),
    "duplicate_of_put_aside": Kind(
        _H,
        "与第 {no} 号收件内容完全相同，第 {no} 号已由人处理，没有算报送",
        "要算报送的选“接收此件”，不算的选“不接收”",
    ),
    "duplicate_of_refused": Kind(
        _H,
        "与第 {no} 号收件内容完全相同，第 {no} 号已由人裁定不接收",
        "这次要算报送的选“接收此件”，不算的选“不接收”",
    ),
    "unknown_round": Kind(
        _H,
        "看不出是哪个节点的报送：{evidence}",
        "认得出的，在“处理意见”写：接收此件 处室名称 节点名称；不然请报送单位用本季度发放的表格填报",
    ),
    "no_such_round": Kind(
        _H,
        "这是{kind}的表，“报送节点”里没有这一表种的节点",
        "要收就在“报送节点”加一行，表种选“{word}”，再选“接收此件”；不要就选“不接收”",
    ),
    "unknown_division": Kind(
        _H,
        "看不出是哪个处室的报送：{evidence}",
        "认得出的，在“处理意见”写：接收此件 处室名称 节点名称，或在“处室”表补上别名；不然请报送单位用发放的表格填报",
    ),
    "wrong_year": Kind(
        _H,
        "这是 {found} 年的表，本工作区是 {year} 年",
        "报的是那一年的，由那一年的工作区收；用错了表的，请报送单位用今年发放的表格填报",
    ),
    "owes_nothing": Kind(_H, "{division}在{round}没有应报的任务", "核对处室和任务台账；如不需要，选“不接收”"),
    "all_handed_over": Kind(
        _H,
        "表里的任务在表发出以后都交给{successor}了，{division}在{round}没有要报的；没有写入台账",
        "这里写的请转给{successor}，由{successor}用自己的表报",
    ),
    "other_office": Kind(_H, "这是“{found}”的表，不是{ours}的", "核对来源；不是本单位的选“不接收”"),
    "a_master": Kind(
        _H,
        "这是总表或它的副本（有工作表“任务台账”“收件记录”），不是报送的表",
        "误放进来的，选“不接收”；是处室填在总表里的，请报送单位用发放的表格填报，或自己抄进“任务台账”",
    ),
    "several_forms": Kind(
        _H,
        "一个文件里有 {n} 张填好的表：{sheets}",
        "请报送单位每张表存成一个文件再报；只要其中一张，在“处理意见”写明是哪一张，如：接收此件 处室名称 节点名称",
    ),
    "unknown_column": Kind(
        _H,
        "看不出哪一列是“{status}”，可能是“{columns}”",
        "核对后选“接收此件”，按“{column}”一列写入；不是的选“不接收”，请报送单位写在“{status}”一列再报",
    ),
    "hidden_table": Kind(
        _H,
        "报表在隐藏的工作表“{sheet}”里，看得见的工作表里没有",
        "打开原件核对：确是要报的选“接收此件”；不是的选“不接收”，请报送单位写在看得见的工作表里再报",
    ),
    "column_of_others": Kind(
        _H,
        "表里是“{columns}”，没有{round}的",
        "请报送单位把{round}的写在“{status}”一列再报；其实就是{round}的，改好表头放进 inbox",
    ),
    "unknown_sender": Kind(
        _H, "发件人 {sender} 不在“处室”的邮箱里", "核实发件人后选“接收此件”或“不接收”；是处室的邮箱就补进“处室”表"
    ),
    "sender_differs": Kind(_R, "发件邮箱 {sender} 是{owner}的，表是{actual}的", "核对是否代为报送"),
    "file_name_differs": Kind(_R, "文件名写的是“{found}”，表内是“{actual}”，以表内为准", "下次请改正文件名"),
    "sheet_name_differs": Kind(_R, "工作表名写的是“{found}”，表内是“{actual}”，以表内为准", "下次请改正工作表名"),
    "merged_since": Kind(_R, "表是{found}的，{found}已并入{actual}，按{actual}的报送收", "不用处理"),
    "subject_differs": Kind(_R, "邮件主题写的是“{found}”，表内是“{actual}”，以表内为准", "下次请改正邮件主题"),
    "stamp_not_genuine": Kind(_R, "表格的校验码不符，可能由别处复制或手工改动", "核对内容是否本处室本期的表"),
    "no_stamp": Kind(_R, "表格不带身份标记（重新打字或另存过），已按标题和内容识别", "核对识别是否正确"),
    "missing_task": Kind(_C, "缺少{label}这一行", "请补上这一行及其{status}"),
    "unknown_row": Kind(_C, "这一行的{item}对不上任何应报任务：{text}", "请勿改动{item}；多出的行请删去"),
    "foreign_row": Kind(_C, "这一行是{division}的任务：{text}", "请只填本处室的任务；这一行请交{division}填报"),
    "handed_over": Kind(
        _R, "这一行的任务在表发出以后交给{division}了：{text}；没有写入台账", "这里写的请转给{division}，由{division}报"
    ),
    "withdrawn_row": Kind(_R, "这一行的任务在表发出以后撤销了：{text}；没有写入台账", "不用处理"),
    "row_without_item": Kind(
        _C, "这一行没有{item}，{status}写着“{text}”", "是上一项的，请接着写在上一项的格子里；是另一项的，请补上{item}"
    ),
    "not_asked_here": Kind(_R, "这一行不是这张表要报的任务：{text}；没有写入台账", "这一项请用它自己的表报送"),
    "uncertain_row": Kind(_C, "{row}分不清是哪一项，可能是{labels}", "请照下发的表格恢复这一行的{item}"),
    "repeated_task": Kind(_C, "{label}出现了不止一行，内容不同", "请合并到一行填写"),
    "key_and_text_differ": Kind(
        _C, "{row}的{item}与隐藏编号对不上，隐藏编号是{by_key}的", "请用发放的表格重新填写，不要在行间复制"
    ),
    "key_ignored": Kind(_R, "{by_text}这一行的隐藏编号是{by_key}的，以{item}的文字为准", "核对是否只移动了一部分列"),
    "key_only": Kind(_R, "{label}这一行没有{item}，只按隐藏编号对应", "核对{status}写的是不是这一项"),
    "empty_status": Kind(_C, "{label}没有填写{status}", "请填写后重新报送"),
    "placeholder": Kind(_C, "{label}的{status}只写了“{text}”", "请写明截至本期末的进展：数字和做法"),
    "picture": Kind(_C, "{label}的{status}是图片，没有文字", "请把图片里的内容打成文字"),
    "shared_status": Kind(
        _C, "{label}的{status}与别的任务合并在一个单元格里", "请取消合并，每项任务分别填写{status}"
    ),
    "formula_error": Kind(_C, "{label}的{status}是公式错误 {value}", "请改为文字"),
    "formula_unsaved": Kind(
        _C, "{label}的{status}是公式，文件里没有存它的结果", "请用 Excel 或 WPS 打开表格，把公式改为文字，保存后再报"
    ),
    "struck_out": Kind(
        _C, "{label}的{status}里有加删除线的文字“{text}”", "不要的请删去，要的请取消删除线，再报一次"
    ),
    "too_long_for_cell": Kind(_C, "{label}的{status}共 {length} 字，一个单元格最多 {limit} 字", "请精简后重新报送"),
    "too_long": Kind(_R, "{label}的{status}共 {length} 字，超过 {limit} 字", "请精简，打印时可能放不下"),
    "number_only": Kind(
        _R, "{label}的{status}只有一个数、日期、时间或逻辑值：{text}", "请写成一句话，写明是什么"
    ),
    "picture_beside": Kind(_R, "{label}的{status}上有图片，只收文字", "需要的内容请打成文字"),
    "unchanged": Kind(_R, "{label}的{status}与上一期一字不差", "核对是否忘了更新"),
    "lower_figure": Kind(_R, "{label}“{what}”由上一期的 {before} 变成 {now}，少了", "核对是否漏了累计"),
    "no_contact": Kind(
        _R, "{label}没有写{answer}", "请写明何时、与市牵头单位的谁联系、商定了什么；还没有对接的写明原因"
    ),
    "contact_undated": Kind(_R, "{label}的{answer}没有写时间", "请写明是哪一天对接的"),
    "contact_unexplained": Kind(
        _R, "{label}的{answer}写了没有对接，没有写原因", "请写明为什么、打算什么时候对接"
    ),
    "answer_missing": Kind(
        _C, "{label}这次没有写{answer}，台账里有上次报的，没有改动", "请把各栏都写全再报，没有变化的照抄上次的"
    ),
    "joined_columns": Kind(
        _R, "{status}分在几列里写，“{columns}”接在后面，一并写入", "核对台账里的文字；下次请写在“{status}”一列"
    ),
    "extra_columns": Kind(_R, "表里多了“{columns}”，没有写入台账", "要报的内容请写进“{status}”"),
    "round_left_out": Kind(
        _R,
        "另有“{columns}”，写着 {n} 项，没有写入台账：{why}",
        "那一期也要报、要改的，请用那一期的表另报一份",
    ),
    "column_left_out": Kind(
        _R,
        "写入的是“{taken}”一列；“{columns}”也写着 {n} 项，没有写入台账",
        "对照原件看用哪一列；要用另一列的，自己改“任务台账”，或请处室只留一列再报",
    ),
    "form_left_out": Kind(
        _R,
        "同一文件里还有填好的表没有收：{sheets}",
        "那也是要报的：从原件里把它另存成一个文件，放进 inbox；不是要报的不必理会",
    ),
    "sheet_left_out": Kind(_R, "另有工作表“{sheets}”，没有写入台账", "要报的内容请写进“{status}”"),
    "hidden_row": Kind(_R, "隐藏的行里写着“{text}”，没有写入台账", "要报的请取消隐藏，写进“{status}”"),
    "comment": Kind(_R, "批注“{text}”没有写入台账", "要报的内容请写进“{status}”"),
    "mail_words": Kind(_R, f"{MAIL_WORDS}“{{text}}”", "看要不要照办：表里的已照常写入"),
    "text_outside": Kind(_R, "表格之外还写了“{text}”，没有写入台账", "要报的内容请写进“{status}”"),
    "step_undated": Kind(
        _C, "{label}的“{step}”没有写完成时间节点", "请补上日期；没有具体日期的写明，如 6月底、第二季度、持续推进"
    ),
    "step_day_unread": Kind(
        _C,
        "{label}的“{step}”，完成时间节点“{when}”看不出是哪一天",
        "请写成 6月30日、6月底、第二季度这样；长期的写“持续推进”",
    ),
    "step_without_words": Kind(
        _C, "{label}有一行只写了时间或责任人，没有写工作内容", "请写上这一步做什么；多余的行清空"
    ),
    "step_says_nothing": Kind(
        _C, "{label}有一步的工作内容只写了“{text}”", "请写上这一步做什么；没有这一步就清空这一行"
    ),
    "step_of_another_year": Kind(_R, "{label}的“{step}”，完成时间节点 {when} 不在 {year} 年", "核对年份"),
    "step_of_nobody": Kind(_R, "{label}的“{step}”没有写责任人", "下次补上"),
    "step_dropped": Kind(
        _R,
        "{label}的“{step}”这次的方案里没有了，进度写着“{progress}”，“办理方案”里留着",
        "漏写的请补上再报；确实不做的，由办公室在“办理方案”里删去那一行",
    ),
    "plan_kept": Kind(
        _R,
        "{label}的方案还要改，没有写入台账，“办理方案”里仍是以前报的",
        "改好后重报；就用这一份的，由办公室选“接收此件”",
    ),
    "item_altered": Kind(_R, "{label}的{item}与下发的不同：{text}", "台账仍以下发的{item}为准"),
    "number_altered": Kind(
        _R,
        "{label}的{item}里，数字与下发的不同：下发 {issued}，报来 {returned}",
        "核对目标数字；台账仍以下发的为准",
    ),
    "not_approved": Kind(_R, "没有填写{what}", "按通知要求经分管领导审定后报送"),
    "approver_missing": Kind(
        _R,
        "审定人是“{found}”，表里还有{leaders}分管的任务，没有看到他们审定",
        "请{leaders}也审定；已经审定的，由办公室在“收件记录”选“已审定”",
    ),
    "approver_differs": Kind(_R, "审定人“{found}”不是这些任务的分管领导（{leaders}）", "核对审定人"),
    "late": Kind(_R, "逾期 {days} 天（截止 {due}）", "下次请按时报送"),
    "recorded": Kind(_R, "已登记为第 {no} 号收件，没有变化", "不用处理"),
    "duplicate": Kind(_I, "与第 {no} 号收件内容完全相同", "不用处理"),
    "supersedes": Kind(_R, "替代第 {no} 号收件", "不用处理"),
    "after_upstream": Kind(
        _R, "上报截止（{due}）以后改写了 {n} 项文字", "已经向上级报过的，看要不要更正；汇总、通报也要重新生成"
    ),
    "no_extractor": Kind(_H, "这是 {kind}，本机缺少打开它的程序（{tool}）", "{remedy}"),
    "not_a_table": Kind(_H, "这是{kind}，不是可以编辑的表格", "请报送单位附上可编辑的表格（.xlsx 或 .docx）"),
    "volume": Kind(
        _H,
        "这是分卷压缩包中的一份，单独一份打不开",
        "请报送单位不要分卷，重新压缩成一个 zip 再报，或直接把表格作为附件发送",
    ),
    "bomb": Kind(_H, "展开后超过限度（{why}），可能不安全，没有展开", "请报送单位把表格直接作为附件发送，不要层层压缩"),
    "too_big": Kind(_H, "文件太大（{why}），没有读取", "请报送单位删去图片和空白的行列，重新保存后再报"),
    "too_slow": Kind(_H, "{seconds} 秒内没有读完，已停止", "请报送单位用 Excel 或 WPS 打开，另存为新的 .xlsx 后再报"),
    "reader_crashed": Kind(
        _H, "读取这个文件时程序出错（{why}），已停止读取", "请报送单位用 Excel 或 WPS 打开，另存为新的 .xlsx 后再报"
    ),
    "cloud_attachment": Kind(
        _H, "附件是网盘或超大附件的链接（{link}），程序不会下载", "请报送单位把表格作为普通附件发送"
    ),
    "sealed_mail": Kind(
        _H, "邮件加了密，或整封加了数字签名（S/MIME），程序打不开", "请报送单位不加密、不加签名，把表格作为普通附件再发"
    ),
    "no_column": Kind(
        _H, "{round}报来的内容不写入任务台账", "核对“报送节点”的表种；不用这份文件就选“不接收”"
    ),
    "container": Kind(_I, "{kind}，里面的 {n} 份文件逐份处理", "不用处理"),
    "empty_container": Kind(_H, "{kind}里没有文件（是空的，或没有传完整）", "请报送单位重新发送"),
    "mail_without_files": Kind(_I, "邮件“{subject}”没有附件", "不用处理"),
    "letter": Kind(
        _H,
        "{division}来信，没有附件：“{text}”",
        "看要不要答复；写着要报的内容，就请对方填表再报，或自己填进“任务台账”；办完了选“已处理”，这一条不算报送",
    ),
    "quoted_table": Kind(
        _H,
        "邮件正文所引的邮件里有一张填好的表，看不出是不是这次报的{words}",
        "打开原件看；是这次报的选“接收此件”（将按 {proposal} 记入），不是选“不接收”",
    ),
    "letter_with_blank": Kind(
        _H, "{division}来信，附的是空表：“{text}”", "看要不要答复；办完了选“已处理”，这一条不算报送"
    ),
    "automatic_reply": Kind(_I, "自动回复“{subject}”，不是报送", "不用处理"),
    "bounce": Kind(
        _H, "退信“{subject}”：发出的邮件没有送到{addresses}", "核对“处室”里的邮箱，改正后重新发送，再选“已处理”"
    ),
    "inline_picture": Kind(_I, "邮件正文里的图片（签名、截图）", "不用处理"),
    "page_behind": Kind(
        _I,
        f"{PAGE_BEHIND}{{kind}}：{{division}}{{round}}的报送在等审定，那一份的“原因”里写着",
        "核对签字，审定了选“已审定”",
    ),
    "blank_form": Kind(_I, "空表，什么都没有填：{division}{round}报来的是第{no}号收件", "不用处理"),
    "blank_but_there": Kind(
        _I,
        "空表，什么都没有填；{division}{round}要报的台账里都有了，是办公室填的",
        "就算它报过了，在“报送情况”填收到的日期",
    ),
    "in_a_bounce": Kind(_I, "退信或回执带回来的空表，不是报送", "不用处理"),
    "quoted_blank": Kind(_I, "邮件所引的空表，不是报送", "不用处理"),
    "quoted_again": Kind(_I, "邮件所引的表，{division}{round}的第{no}号收件报过", "不用处理"),
    "blank_came_back": Kind(_I, "空表，什么都没有填，不是处室的邮箱发来的（{sender}），不算报送", "不用处理"),
    "beside_a_form": Kind(_I, "随报送附来的材料，里面没有报送的表格，已存档备查", "不用处理"),
    "evidence": Kind(_I, f"{EVIDENCE}{{kind}}，已存档备查", "不用处理"),
    "figure_unknown": Kind(_R, "“指标数据”里的“{what}”对不上应报的指标，没有写入", "请用发放的表格填写，不要改动指标"),
    "figure_twice": Kind(_C, "“指标数据”里的“{what}”出现了不止一行，数不同", "请只填一行"),
    "figure_not_number": Kind(
        _C, "“{what}”的累计完成填的是“{text}”，不是一个数", "请只填数字；约数、说明写在右边的“说明”里"
    ),
    "figure_negative": Kind(
        _C, "“{what}”的累计完成填的是“{text}”，累计数不能是负数", "请填从年初累计到本期末的数；情况写在右边的“说明”里"
    ),
    "figure_note": Kind(_R, "“{what}”的说明写着“{text}”，没有写入台账", "看一眼；要记的，由办公室填进“指标”或台账"),
    "figure_far": Kind(_R, "“{what}”的累计完成 {now}，目标只有 {goal}", "核对单位；填的是别的单位的数，请换算后再报"),
    "figure_unit": Kind(_C, "“{what}”的累计完成是“{text}”，下发的单位是“{unit}”", "请按下发的单位换算，只填数字"),
    "figure_scale": Kind(
        _C,
        "“{what}”的累计完成填的是 {now}，{status}里写着“{text}”，差{times}倍：像是别的单位的数",
        "请按“{unit}”换算，只填数字",
    ),
    "figure_fraction": Kind(_C, "“{what}”的累计完成是 {text}，单位是%", "百分之三十五请填 35 或 35%"),
    "figure_fell": Kind(
        _R, "“{what}”的累计完成 {now}，比{round}的 {before} 还少", "核对填的是累计数还是当季数；上次报多了的请说明"
    ),
    "figure_differs": Kind(
        _R, "“{what}”在“指标数据”里填的是 {now}，{status}里写的是 {text}", "核对哪一个对，两处写成一样"
    ),
    "done_short": Kind(
        _R,
        "完成情况写着“{text}”，“{what}”的累计完成只有 {now}，目标 {goal}",
        "核对累计完成；没有完成的，完成情况照实写",
    ),
    "percent_differs": Kind(_R, "{status}里的百分数与数字对不上：{what}", "核对完成数、目标数和百分数，改正写错的一个"),
    "figure_not_applied": Kind(
        _R, "{what}的累计值已由人工填为 {now}，报来的 {returned} 没有写入", "在“待处理”里选择保留台账或采用报送"
    ),
    "not_applied": Kind(
        _R, "任务 {label} 的台账文字已由人工修改，报来的新文字没有写入", "在“待处理”里选择保留台账或采用报送"
    ),
}


NOT_GENUINE = KINDS["stamp_not_genuine"].message
"""Stands in 原因 of a form with a stamp that was not made with this workspace's key."""

UNSIGNED = frozenset(("not_approved", "approver_differs", "approver_missing"))
"""Findings of reports that not everybody has approved who answers for them."""

NO_REPORT = frozenset(
    ("no_form", "unreadable", "volume", "encrypted", "not_a_table", "too_big", "too_slow", "reader_crashed")
)
"""Findings of files that hold no report, whatever a person decides."""


def finding(code: str, where: str = "", **details: object) -> Finding:
    """A Finding of the kind `code`; its sentences are Chinese and remember `details`: a console can say them."""
    kind, values = KINDS[code], {**HEADERS, **details}
    return Finding(code, kind.severity, Text(kind.message, values), Text(kind.remedy, values), where)


def verdict_of(findings: Iterable[Finding]) -> Verdict:
    """The worst finding decides."""
    severities = {f.severity for f in findings}
    return next((verdict for severity, verdict in _DECIDES if severity in severities), Verdict.ACCEPTED)


_DECIDES = (
    (Severity.IGNORE, Verdict.IGNORED),
    (Severity.HOLD, Verdict.HELD),
    (Severity.CORRECT, Verdict.RETURNED),
    (Severity.REMARK, Verdict.ACCEPTED_WITH_REMARKS),
)


def left_to_another_year(findings: Iterable[Finding], received: datetime) -> bool:
    """Whether a file is of another year whose workspace, which may have the same mailbox, still collects, or does by
    now: the next year's, or last year's until the end of February."""
    for f in findings:
        if f.code == "wrong_year":
            found, year = (int(str(f.message.values[name])) for name in ("found", "year"))
            return found > year or received.replace(tzinfo=None) < datetime(found + 1, 3, 1)  # noqa: DTZ001
    return False


_MEANS = {
    _H: "待裁定：不写入台账，由办公室在“待处理”里决定",
    _C: "退回修改：合格的写入台账，这一处请处室改正",
    _R: "提示：照常写入台账",
    _I: "不处理：不是报送",
}

_FIELDS = {
    "why": "原因", "found": "所见", "field": "哪方面", "evidence": "证据", "guess": "推测", "proposal": "建议",
    "goal": "目标", "step": "步骤", "progress": "进度", "when": "时间",
    "year": "年度", "division": "处室", "round": "节点", "ours": "本单位", "n": "份数", "sheets": "工作表",
    "place": "哪里", "earlier": "上一个节点", "later": "编号",
    "sender": "邮箱", "owner": "邮箱的处室", "actual": "表内所写", "text": "文字", "label": "第几项", "row": "这一行",
    "labels": "哪几项", "by_text": "文字是哪一项", "by_key": "哪一项", "value": "错误值", "length": "字数",
    "limit": "上限", "what": "哪一样", "before": "上一期", "now": "这一期", "issued": "下发的数",
    "returned": "报来的数",
    "leaders": "分管领导", "days": "天数", "due": "截止日期", "no": "编号", "kind": "种类", "word": "表种",
    "tool": "程序", "remedy": "办法", "addresses": "地址", "columns": "哪几列", "column": "哪一列", "unit": "单位",
    "answer": "哪一栏", "other": "另一份文件", "successor": "接手的处室",
    "times": "多少",
    "seconds": "秒数", "link": "链接", "subject": "主题",
}  # fmt: skip


def table() -> str:
    """docs/findings.md: every finding, as staff and divisions read it."""
    lines = [
        "# 审核能发现的问题",
        "",
        "这一页由 `python -m toolkit.returns.findings` 从程序里生成，请勿手改。〔〕里的内容按实际情况填写。",
    ]
    for severity, means in _MEANS.items():
        lines += ["", f"## {means}", "", "| 代码 | 说明 | 怎么办 |", "| --- | --- | --- |"]
        lines += [
            f"| `{code}` | {_shown(k.message)} | {_shown(k.remedy)} |"
            for code, k in KINDS.items()
            if k.severity is severity
        ]
    return "\n".join(lines) + "\n"


def _shown(sentence: str) -> str:
    names = {name for _, name, _, _ in Formatter().parse(sentence) if name}
    return sentence.format(**{n: HEADERS.get(n) or f"〔{_FIELDS.get(n, n)}〕" for n in names})


def main() -> int:
    target = Path(__file__).resolve().parents[2] / "docs" / "findings.md"
    target.write_text(table(), "utf-8")
    print(target.name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
