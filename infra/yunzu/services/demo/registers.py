"""Registers of invented enterprises and persons; each row says so in a column that cannot be false."""

from yunzu.services.demo import invented
from yunzu.services.demo.shapes import Column, Table

_INVENTED = Column("invented", "boolean CHECK (invented)", "虚构数据标记，恒为真：本行不对应任何真实主体")

ENTERPRISES = Table(
    "enterprises",
    "经营主体登记（虚构）",
    (
        Column("uscc", "char(18)", "统一社会信用代码（GB 32100，虚构）"),
        Column("name", "text", "名称"),
        Column("district", "char(6)", "住所所在区县，见 divisions.code"),
        Column("trade", "text", "行业"),
        Column("form", "text", "组织形式"),
        Column("capital", "numeric(12,2)", "注册资本（万元）"),
        Column("founded", "date", "成立日期"),
        Column("state", "text", "登记状态"),
        _INVENTED,
    ),
    ("uscc",),
    lambda full: invented.enterprises(),  # noqa: ARG005
)

PERSONS = Table(
    "persons",
    "人口基本信息（虚构）",
    (
        Column("identity_number", "char(18)", "公民身份号码（GB 11643，虚构），个人信息"),
        Column("name", "text", "姓名，个人信息"),
        Column("sex", "text", "性别"),
        Column("born", "date", "出生日期，个人信息"),
        Column("district", "char(6)", "常住地区县，见 divisions.code"),
        Column("telephone", "text", "联系电话（虚构号段），个人信息"),
        _INVENTED,
    ),
    ("identity_number",),
    lambda full: invented.persons(),  # noqa: ARG005
)

APPLICATIONS = Table(
    "assistance_applications",
    "社会救助申请（虚构）",
    (
        Column("application", "text", "申请编号"),
        Column("identity_number", "char(18)", "申请人公民身份号码（虚构），个人信息，见公安局 persons"),
        Column("district", "char(6)", "受理区县，见 divisions.code"),
        Column("kind", "text", "救助类别"),
        Column("submitted", "date", "申请日期"),
        Column("amount", "numeric(10,2)", "申请金额（元）"),
        _INVENTED,
    ),
    ("application",),
    lambda full: invented.applications(),  # noqa: ARG005
)
