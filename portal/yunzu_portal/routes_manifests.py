"""Departments and environments as they should be: asked for, removed, and what is approved of them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Literal

from fastapi import APIRouter, Path

from yunzu import naming
from yunzu.errors import UsageError
from yunzu.model.answers.filing import AskingWords, RemovalWords, Wanted
from yunzu.model.answers.manifests import (
    AskedAnswer,
    DepartmentAnswer,
    DepartmentsAnswer,
    ManifestAnswer,
    ManifestsAnswer,
)
from yunzu.model.manifests import Department, Environment
from yunzu.records.requests import Request
from yunzu.services import removal
from yunzu.services.requests import approved_manifests, asking
from yunzu_portal import answering_manifests, understanding
from yunzu_portal.identity import Desk, DryRun, Visitor

router = APIRouter(tags=["manifests"])

Owner = Annotated[str, Path(description="The department's id.")]
Kind = Annotated[Literal["Department", "Environment"], Path(description="What it is a manifest of.")]
Hash = Annotated[str, Path(description="SHA-256 of its canonical JSON, 64 hex digits.")]
Name = Annotated[str, Path(description="The environment's, without its department's.")]


@router.get("/departments", response_model_exclude_none=True)
def list_departments(visitor: Visitor) -> DepartmentsAnswer:
    """List the approved departments that you may see, with their people and environments."""
    found = approved_manifests.departments(actor=visitor.actor, office=visitor.office)
    return DepartmentsAnswer(items=tuple(answering_manifests.department(one) for one in found))


@router.get("/departments/{department}", response_model_exclude_none=True)
def show_department(department: Owner, visitor: Visitor) -> DepartmentAnswer:
    """Show one of them."""
    found = approved_manifests.department(department, actor=visitor.actor, office=visitor.office)
    return answering_manifests.department(found)


@router.get("/manifests")
def list_manifests(visitor: Visitor) -> ManifestsAnswer:
    """List what is approved of departments and environments that you may see, in full."""
    found = approved_manifests.manifests(actor=visitor.actor, office=visitor.office)
    items = tuple(answering_manifests.manifest(one) for one in found)
    return ManifestsAnswer(department=visitor.actor.department, items=items)


@router.get("/manifests/{kind}/{content_hash}")
def show_manifest(kind: Kind, content_hash: Hash, visitor: Visitor) -> ManifestAnswer:
    """Show what was approved at some time, by its hash."""
    found = approved_manifests.manifest(kind, content_hash, actor=visitor.actor, office=visitor.office)
    return answering_manifests.manifest(found)


@router.post("/manifests")
def ask_for_manifest(body: Wanted, visitor: Visitor, dry_run: DryRun = False) -> AskedAnswer:
    """Ask for what a department or an environment should be, as far as it is not approved so.

    One request after the other is filed, as far as rules grant them. What is asked for already is not asked
    for twice: say it again after people have decided what waited.
    """
    if body.after and not dry_run:
        raise UsageError("after", "is what a dry run asks for before", "ask for one after the other")
    wanted = understanding.wanted(body.manifest)
    before = [understanding.wanted(one) for one in body.after]

    def act(desk: Desk) -> list[Request]:
        for one in before:
            _anyhow(one, desk, body)
        return asking.ask(wanted, replace(_asking(desk, body, body.bundle), base=body.base))

    return _asked(act, visitor, dry_run)


@router.post("/environments/{department}/{name}/removal")
def ask_for_removal(
    department: Owner, name: Name, body: RemovalWords, visitor: Visitor, dry_run: DryRun = False
) -> AskedAnswer:
    """Ask for an environment to be retired, or for its data to be erased too. No requests: it is retired."""
    identifier = naming.environment_id(department, name)
    removal.check_confirmed(identifier, erase=body.erase, confirm=body.confirm)

    def act(desk: Desk) -> list[Request]:
        return asking.ask_to_remove(identifier, erase=body.erase, asking=_asking(desk, body))

    return _asked(act, visitor, dry_run)


def _anyhow(wanted: Department | Environment, desk: Desk, words: Wanted) -> None:
    """Ask, as who has seen what is approved; one that waits is no reason to stop."""
    base = approved_manifests.hash_of(wanted, office=desk.office)
    try:
        asking.ask(wanted, replace(_asking(desk, words, words.bundle), base=base))
    except asking.UndecidedError:
        return


def _asking(desk: Desk, words: AskingWords, bundle: str | None = None) -> asking.Asking:
    return asking.Asking(desk.office, desk.actor, words.applicant, words.emergency, bundle)


def _asked(act: Callable[[Desk], list[Request]], visitor: Desk, dry_run: bool) -> AskedAnswer:
    with visitor.rehearsing(dry_run) as desk:
        try:
            return answering_manifests.asked(act(desk), desk, visitor, dry_run=dry_run)
        except asking.UndecidedError as error:
            return answering_manifests.undecided(error, visitor, dry_run=dry_run)
