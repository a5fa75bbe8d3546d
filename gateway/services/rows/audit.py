"""How the audit and callers' keys lie in their columns: values to rows, and back."""

from datetime import datetime
from typing import Any
from uuid import UUID

from gateway.services.core.model.records import AuditEntry, IdempotencyKey, IdempotencyRecord
from gateway.services.core.model.values import Actor, Role
from gateway.services.rows.columns import Columns


def record_from(
    actor_id: str, operation: str, key: str, fingerprint: bytes, result_id: UUID, created_at: datetime
) -> IdempotencyRecord:
    return IdempotencyRecord(IdempotencyKey(actor_id, operation, key), fingerprint, result_id, created_at)


def record_columns(record: IdempotencyRecord) -> Columns:
    return {
        "actor_id": record.key.actor_id,
        "operation": record.key.operation,
        "key": record.key.key,
        "fingerprint": record.fingerprint,
        "result_id": record.result_id,
        "created_at": record.created_at,
    }


def entry_from(
    id: UUID,  # noqa: A002  as its column
    subject_id: UUID,
    at: datetime,
    actor_id: str,
    actor_role: str,
    action: str,
    reason: str | None,
    changes: dict[str, Any] | None,
) -> AuditEntry:
    return AuditEntry(id, subject_id, at, Actor(actor_id, Role(actor_role)), action, reason, changes)


def audit_columns(entry: AuditEntry) -> Columns:
    return {
        "subject_id": entry.subject_id,
        "id": entry.id,
        "at": entry.at,
        "actor_id": entry.actor.id,
        "actor_role": entry.actor.role.value,
        "action": entry.action,
        "reason": entry.reason,
        "changes": entry.changes,
    }
