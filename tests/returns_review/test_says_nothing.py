"""Answers that only fill their cell, or point at what is not there, and those that merely look like it."""

from __future__ import annotations

import pytest

from toolkit.returns.statuses import is_placeholder


@pytest.mark.parametrize(
    "text",
    [
        *("见附件1", "见附件2。", "详见附件一", "详见附件《情况表》", "具体情况见附件", "具体情况见附件1", "请见附件"),
        *("完成情况见附件", "如附件", "附件1", "见Sheet2", "见附页", "见附图", "见批注", "见右", "见左", "见图片"),
        *("同第2项", "同序号2", "见第2项", "与一季度相同", "同一季度情况", "同一季度，无变化", "与上季度一致", "同上"),
        *("《办法》同上", "︽办法︾同上", "同上第2点", "与第一项合并填报", "按时序进度推进"),
        *("另附", "（此处填写完成情况）"),
        *("没有变化", "本季度无", "本期无", "暂无进展", "本季度无进展", "无新进展", "同上一项", "如图", "同第一季度"),
        *("待补充", "后补", "稍后补报", "另报", "已报送", "已发微信", "测试", "同上季度", "详见附表", "无", "略"),
    ],
)
def test_these_say_nothing(text: str) -> None:
    assert is_placeholder(text)


@pytest.mark.parametrize(
    "text",
    [
        *("见附件，已完成30户", "同一供养机构已统一标准", "没有困难群众遗漏", "已报送市局30件", "如期完成20个"),
        *("与一季度相比增加20户", "图书室建成", "无障碍改造完成30户", "下设3个站点", "已上报市局审批项目2个"),
        *("与第三项目部合并办公", "另附小区3个", "按时序进度完成30户"),
        *("同第三方机构签约", "表彰3人", "如表1所列共建成3个", "《实施办法》已印发"),
    ],
)
def test_these_say_something(text: str) -> None:
    assert not is_placeholder(text)
