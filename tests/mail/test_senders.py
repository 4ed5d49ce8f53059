"""Whose an address is."""

from __future__ import annotations

from dataclasses import replace

from toolkit.mail.settings import in_cell
from toolkit.model import Division, Office, Task
from toolkit.senders import Senders

ELDERLY = Division("养老服务处", mail="yl@mzj.example; chuzhang@mzj.example", copies=("zhuren@mzj.example",))
RELIEF = Division("社会救助处", mail="jz@qq.com", copies=("zhuren@mzj.example",))
HOME = Division("福利院", mail="fly@home.example")
SETTINGS = {"邮箱地址": "office@bureau.example"}


def senders(*divisions: Division, settings: dict[str, str] = SETTINGS) -> Senders:
    return Senders(Office("市民政局", 2023, "Asia/Shanghai", (), (), divisions, settings))


def whose(of: Senders, address: str) -> str | None:
    found = of.of(address)
    return found.name if found else None


def test_by_address_and_by_a_domain_of_its_own() -> None:
    of = senders(ELDERLY, RELIEF, HOME)
    assert whose(of, "JZ@qq.com") == "社会救助处"
    assert whose(of, "other@qq.com") is None  # anybody's
    assert whose(of, "kuaiji@home.example") == "福利院"


def test_addresses_with_names_before_them_are_known() -> None:
    of = senders(replace(HOME, mail="张三 <fly@163.com>,fly2@163.com", copies=in_cell("李 四 <kj@126.com>")))
    assert [whose(of, a) for a in ("fly@163.com", "fly2@163.com", "kj@126.com")] == ["福利院"] * 3


def test_a_domain_names_nobody_while_addresses_are_missing() -> None:
    """Most bureaus share one domain, of which often only one division's address is filled in."""
    of = senders(ELDERLY, replace(RELIEF, mail="", copies=()), HOME)
    assert whose(of, "yl@mzj.example") == "养老服务处"
    assert whose(of, "zhangsan@mzj.example") is None


def test_the_offices_own_address_and_domain_are_nobodys() -> None:
    of = senders(replace(HOME, mail="fly@bureau.example", copies=("office@bureau.example",)))
    assert whose(of, "fly@bureau.example") == "福利院"
    assert whose(of, "office@bureau.example") is None
    assert whose(of, "renshi@bureau.example") is None


def test_who_is_copied_in_by_several() -> None:
    of = senders(ELDERLY, RELIEF, HOME)
    assert of.copied("zhuren@mzj.example")
    assert not of.copied("chuzhang@mzj.example")
    assert of.sharing("zhuren@mzj.example") == ("养老服务处", "社会救助处")


def test_units_that_never_report_need_no_address() -> None:
    task = Task("2023-01", 1, True, "", "工作", None, "", "福利院")
    office = Office("市民政局", 2023, "Asia/Shanghai", (task,), (), (HOME, Division("市低保中心")), SETTINGS)
    assert whose(Senders(office), "kuaiji@home.example") == "福利院"
