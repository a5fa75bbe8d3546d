"""Histories: what the audit says was done to each of many things, a page of each by one statement."""

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.tables import AuditEntryRow
from gateway.services.core.model.pages import Page, Place, Window
from gateway.services.core.model.records import AuditEntry
from gateway.services.core.model.values import Actor, Role
from gateway.services.reading.windows import Order, View

SUBJECT, ID = col(AuditEntryRow.subject_id), col(AuditEntryRow.id)


async def histories(engine: AsyncEngine, subject_ids: Collection[UUID], window: Window) -> dict[UUID, Page[AuditEntry]]:
    """The same window of the history of each: one statement, and one more for each bound of the window."""
    view = View(Order(ID), window)
    async with AsyncSession(engine) as session:
        counted = await _counted(session, subject_ids, view)
        before = await _having(session, subject_ids, view.up_to(window.after)) if window.after else set()
        after = await _having(session, subject_ids, view.from_(window.before)) if window.before else set()
    return {key: _page(view, counted[key], key in before, key in after) for key in subject_ids}


async def _counted(session: AsyncSession, subject_ids: Collection[UUID], view: View) -> dict[UUID, list[AuditEntry]]:
    """Each subject's entries of the window and one more, counted as the window counts."""
    rank = func.row_number().over(partition_by=SUBJECT, order_by=view.counted()).label("rank")
    inside = select(SUBJECT, ID, rank).where(SUBJECT.in_(subject_ids), *view.inside()).subquery()
    is_shown = and_(inside.c.subject_id == SUBJECT, inside.c.id == ID, inside.c.rank <= view.window.size + 1)
    counted: dict[UUID, list[AuditEntry]] = {subject_id: [] for subject_id in subject_ids}
    for row in await session.exec(select(AuditEntryRow).join(inside, is_shown).order_by(inside.c.rank)):
        counted[row.subject_id].append(_entry(row))
    return counted


async def _having(session: AsyncSession, subject_ids: Collection[UUID], beyond: ColumnElement[bool]) -> set[UUID]:
    """The subjects that have an entry there."""
    return set(await session.exec(select(SUBJECT).where(SUBJECT.in_(subject_ids), beyond).distinct()))


def _page(view: View, counted: Iterable[AuditEntry], has_before: bool, has_after: bool) -> Page[AuditEntry]:
    found = {entry.id: entry for entry in counted}
    keys = view.keys([Place(key) for key in found], has_before=has_before, has_after=has_after)
    return Page([found[place.id] for place in keys.places], keys.places, keys.has_previous, keys.has_next)


def _entry(row: Any) -> AuditEntry:
    actor = Actor(row.actor_id, Role(row.actor_role))
    return AuditEntry(row.id, row.subject_id, row.at, actor, row.action, row.reason, row.changes)
