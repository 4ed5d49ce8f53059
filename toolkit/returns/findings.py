"""Everything review can find, in one table: stable code, severity, sentence for the division, remedy.

The sentences are filled with `str.format`; the table in docs/findings.md is generated from here.
"""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.model import Finding, Severity


@dataclass(frozen=True, slots=True)
class Kind:
    severity: Severity
    message: str
    remedy: str


_H, _C, _R, _I = Severity.HOLD, Severity.CORRECT, Severity.REMARK, Severity.IGNORE

KINDS: dict[str, Kind] = {
    "unreadable": Kind(_H, "文件打不开：{why}", "请报送单位重新保存为 .xlsx 后再报"),
    "encrypted": Kind(_H, "文件设有打开密码，无法读取", "请报送单位去掉密码后再报"),
    "no_form": Kind(
        _H, "没有找到附件2的表格（表头应有：责任事项、完成情况）；找到的是：{found}", "请用发放的表格填报"
    ),
    "identity_conflict": Kind(
        _H,
        "{field}说法不一：{evidence}{guess}",
        "核对后在“处理意见”选“接收此件”（将按 {proposal} 记入）或“不接收”",
    ),
    "unknown_round": Kind(_H, "看不出是哪个节点的报送：{evidence}", "请报送单位用本季度发放的表格填报"),
    "unknown_division": Kind(_H, "看不出是哪个处室的报送：{evidence}", "请报送单位用发放的表格填报，或在“处室”表补上别名"),
    "wrong_year": Kind(_H, "这是 {found} 年的表，本工作区是 {year} 年", "请报送单位用今年发放的表格填报"),
    "owes_nothing": Kind(_H, "{division}在{round}没有应报的任务", "核对处室和任务台账；如不需要，选“不接收”"),
    "stamp_not_genuine": Kind(_R, "表格的校验码不符，可能由别处复制或手工改动", "核对内容是否本处室本期的表"),
    "no_stamp": Kind(_R, "表格不带身份标记（重新打字或另存过），已按标题和内容识别", "核对识别是否正确"),
    "file_name_differs": Kind(_R, "文件名写的是“{found}”，表内是“{actual}”，以表内为准", "下次请改正文件名"),
    "missing_task": Kind(_C, "缺少任务 {label}：{text}", "请补上这一行及其完成情况"),
    "unknown_row": Kind(_C, "这一行的责任事项对不上任何应报任务：{text}", "请勿改动责任事项；多出的行请删去"),
    "repeated_task": Kind(_C, "任务 {label} 出现了不止一行", "请合并到一行填写"),
    "key_and_text_differ": Kind(
        _C, "这一行的责任事项是任务 {by_text} 的，隐藏编号却是任务 {by_key} 的", "请用发放的表格重新填写，不要在行间复制"
    ),
    "empty_status": Kind(_C, "任务 {label} 没有填写完成情况", "请填写后重新报送"),
    "formula_error": Kind(_C, "完成情况是公式错误 {value}", "请改为文字"),
    "item_altered": Kind(_R, "责任事项与下发的不同：{text}", "台账仍以下发的责任事项为准"),
    "number_altered": Kind(
        _R, "责任事项里的数字与下发的不同：下发 {issued}，报来 {returned}", "核对目标数字；台账仍以下发的为准"
    ),
    "too_long": Kind(_R, "完成情况共 {length} 字，超过 {limit} 字", "请精简，打印时可能放不下"),
    "not_approved": Kind(_R, "没有填写{what}", "按通知要求经分管局领导审定后报送"),
    "late": Kind(_R, "逾期 {days} 天（截止 {due}）", "下次请按时报送"),
    "recorded": Kind(_R, "已登记为第 {no} 号收件，没有变化", "不用处理"),
    "duplicate": Kind(_I, "与第 {no} 号收件内容完全相同", "不用处理"),
    "supersedes": Kind(_R, "替代第 {no} 号收件", "不用处理"),
    "no_extractor": Kind(_H, "这是 {kind}，本机缺少打开它的程序（{tool}）", "{remedy}"),
    "not_a_table": Kind(_H, "这是{kind}，不是可以编辑的表格", "请报送单位附上可编辑的表格（.xlsx 或 .docx）"),
    "bomb": Kind(_H, "展开后超过限度（{why}），可能不安全，没有展开", "请报送单位把表格直接作为附件发送，不要层层压缩"),
    "too_big": Kind(_H, "文件太大（{why}），没有读取", "请报送单位删去图片和空白的行列，重新保存后再报"),
    "too_slow": Kind(_H, "{seconds} 秒内没有读完，已停止", "请报送单位用 Excel 或 WPS 打开，另存为新的 .xlsx 后再报"),
    "reader_crashed": Kind(
        _H, "读取这个文件时程序出错（{why}），已停止读取", "请报送单位用 Excel 或 WPS 打开，另存为新的 .xlsx 后再报"
    ),
    "cloud_attachment": Kind(
        _H, "附件是网盘或超大附件的链接（{link}），程序不会下载", "请报送单位把表格作为普通附件发送"
    ),
    "no_column": Kind(_H, "{round}在任务台账里没有完成情况这一列，没有写入", "核对“报送节点”的表种；不用这份文件就选“不接收”"),
    "container": Kind(_I, "{kind}，里面的 {n} 份文件逐份处理", "不用处理"),
    "empty_container": Kind(_H, "{kind}里没有文件", "请报送单位重新发送"),
    "mail_without_files": Kind(_I, "邮件“{subject}”没有附件", "不用处理"),
    "automatic_reply": Kind(_I, "自动回复“{subject}”，不是报送", "不用处理"),
    "bounce": Kind(_H, "退信“{subject}”：发出的邮件没有送到", "核对“处室”里的邮箱，改正后重新发送，再选“已处理”"),
    "inline_picture": Kind(_I, "邮件正文里的图片（签名、截图）", "不用处理"),
    "evidence": Kind(_I, "随表格附来的{kind}，已存档备查", "不用处理"),
    "not_applied": Kind(
        _R, "任务 {label} 的台账文字已由人工修改，报来的新文字没有写入", "在“待处理”里选择保留台账或采用报送"
    ),
}


def finding(code: str, where: str = "", **details: object) -> Finding:
    """A Finding of the kind `code`, its sentences filled with `details`."""
    kind = KINDS[code]
    return Finding(code, kind.severity, kind.message.format(**details), kind.remedy.format(**details), where)
