"""How the audit and callers' keys lie in their columns: values to rows, and back."""

from typing import Any

from gateway.services.core.model.records import AuditEntry, IdempotencyKey, IdempotencyRecord
from gateway.services.rows import Columns


def record_from(row: Any) -> IdempotencyRecord:
    key = IdempotencyKey(row.actor_id, row.operation, row.key)
    return IdempotencyRecord(key, row.fingerprint, row.result_id, row.created_at)


def record_columns(record: IdempotencyRecord) -> Columns:
    return {
        "actor_id": record.key.actor_id,
        "operation": record.key.operation,
        "key": record.key.key,
        "fingerprint": record.fingerprint,
        "result_id": record.result_id,
        "created_at": record.created_at,
    }


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
