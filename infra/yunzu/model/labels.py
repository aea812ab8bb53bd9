"""What enumerated values are called: one Chinese label and one English word each, for command and pages."""

from collections.abc import Mapping
from typing import NamedTuple

from yunzu.model.actors import AnyRole
from yunzu.model.items import CaseKind, StepRole, Subject
from yunzu.model.requests import Clock, Move, Mover, State
from yunzu.model.rules import RuleName, Verdict


class Label(NamedTuple):
    """A value's names for people."""

    zh: str
    en: str

    def __str__(self) -> str:
        return f"{self.zh} {self.en}"


STATE_LABELS: Mapping[State, Label] = {
    "draft": Label("草稿", "draft"),
    "submitted": Label("已申请", "submitted"),
    "returned": Label("待补正", "returned"),
    "accepted": Label("办理中", "accepted"),
    "paused": Label("特别程序", "paused"),
    "waitlisted": Label("等待", "waiting for room"),
    "granted": Label("准予", "granted"),
    "delivering": Label("交付中", "being delivered"),
    "failed": Label("交付失败", "delivery failed"),
    "done": Label("办结", "done"),
    "refused": Label("不予受理", "refused"),
    "denied": Label("不予许可", "denied"),
    "withdrawn": Label("已撤回", "withdrawn"),
    "abandoned": Label("终止办理", "abandoned"),
}
MOVE_LABELS: Mapping[Move, Label] = {
    "submit": Label("申请", "submit"),
    "accept": Label("受理", "accept"),
    "return": Label("补正告知", "return"),
    "resubmit": Label("补正", "resubmit"),
    "refuse": Label("不予受理", "refuse"),
    "approve": Label("通过", "approve"),
    "pause": Label("启动特别程序", "pause"),
    "extend": Label("延长审批", "extend"),
    "resume": Label("结束特别程序", "resume"),
    "wait": Label("列入等待", "wait"),
    "admit": Label("等待结束", "admit"),
    "grant": Label("准予许可", "grant"),
    "deny": Label("不予许可", "deny"),
    "withdraw": Label("撤回", "withdraw"),
    "deliver": Label("交付", "deliver"),
    "complete": Label("验收办结", "complete"),
    "fail": Label("验收未过", "fail"),
    "retry": Label("重新交付", "retry"),
    "abandon": Label("终止", "abandon"),
    "emergency": Label("紧急办理", "emergency"),
}
MOVER_LABELS: Mapping[Mover, Label] = {
    "applicant": Label("申请人", "applicant"),
    "decider": Label("环节处理人", "decider"),
    "operator": Label("系统管理员", "operator"),
    "system": Label("系统", "system"),
}
CLOCK_LABELS: Mapping[Clock, Label] = {
    "none": Label("未计时", "none"),
    "acceptance": Label("受理时限", "acceptance"),
    "promise": Label("承诺时限", "promise"),
    "stopped": Label("停止计时", "stopped"),
    "ended": Label("计时结束", "ended"),
}
ROLE_LABELS: Mapping[AnyRole, Label] = {
    "applicant": Label("申请人", "applicant"),
    "reviewer": Label("审核人", "reviewer"),
    "approver": Label("批准人", "approver"),
    "steward": Label("数据专员", "steward"),
    "developer": Label("开发人员", "developer"),
    "operator": Label("系统管理员", "operator"),
    "security": Label("安全管理员", "security officer"),
    "auditor": Label("审计员", "auditor"),
}
STEP_ROLE_LABELS: Mapping[StepRole, Label] = {
    "operator": ROLE_LABELS["operator"],
    "security": ROLE_LABELS["security"],
    "second-operator": Label("第二系统管理员", "second operator"),
    "second-security": Label("第二安全管理员", "second security officer"),
    "department.reviewer": Label("部门审核人", "department's reviewer"),
    "department.approver": Label("部门批准人", "department's approver"),
    "department.steward": Label("部门数据专员", "department's steward"),
}
CASE_KIND_LABELS: Mapping[CaseKind, Label] = {
    "instant": Label("即办件", "instant"),
    "promised": Label("承诺件", "promised"),
}
SUBJECT_LABELS: Mapping[Subject, Label] = {
    "environment": Label("环境", "environment"),
    "department": Label("部门", "department"),
    "plan": Label("套餐", "plan"),
    "price": Label("价格", "price"),
    "item": Label("事项", "item"),
    "calendar": Label("日历", "calendar"),
    "quota": Label("配额", "quota"),
    "register": Label("三员名册", "register of officers"),
}
VERDICT_LABELS: Mapping[Verdict, Label] = {
    "grant": Label("自动准予", "granted by rule"),
    "people": Label("转人工", "left to people"),
    "wait": Label("等待", "waiting for room"),
}
RULE_LABELS: Mapping[RuleName, Label] = {
    "manifest.valid": Label("申请材料合规", "the manifest is valid"),
    "stage.not_production": Label("非生产环境", "not a production environment"),
    "plan.self_service": Label("自助套餐", "the plan is self-service"),
    "quota.fits": Label("部门配额充足", "the department's quota suffices"),
    "capacity.fits": Label("资源池容量充足", "the pool has room"),
    "environment.standard": Label("标准申请", "a standard case"),
    "department.standard": Label("标准入驻", "a standard registration"),
    "lease.ended": Label("使用权已到期", "the right of use has ended"),
    "lease.kept": Label("使用权不缩短", "no right of use becomes shorter"),
    "nothing.added": Label("只减不增", "it only takes away"),
    "amount.within_limit": Label("一人批准限额内", "one approver is enough"),
}
