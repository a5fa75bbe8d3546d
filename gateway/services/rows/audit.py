"""How the audit and callers' keys lie in their columns: values to rows, and back."""

from gateway.services.core.model.records import AuditEntry, IdempotencyKey, IdempotencyRecord
from gateway.services.core.model.values import Actor
from gateway.services.rows.columns import Columns, word
from gateway.services.rows.layouts import Layout

RECORD = Layout(IdempotencyRecord, key=Layout(IdempotencyKey))
ENTRY = Layout(AuditEntry, actor=Layout(Actor, id="actor_id", role="actor_role"))


def record_columns(record: IdempotencyRecord) -> Columns:
    return {
        **key_columns(record.key),
        "fingerprint": record.fingerprint,
        "result_id": record.result_id,
        "created_at": record.created_at,
    }


def key_columns(key: IdempotencyKey) -> Columns:
    return {"actor_id": key.actor_id, "operation": key.operation, "key": key.key}


def audit_columns(entry: AuditEntry) -> Columns:
    return {
        "subject_id": entry.subject_id,
        "id": entry.id,
        "at": entry.at,
        "actor_id": entry.actor.id,
        "actor_role": word(entry.actor.role),
        "action": entry.action,
        "reason": entry.reason,
        "changes": entry.changes,
    }
