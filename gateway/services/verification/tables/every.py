"""All tables in the order in which they are checked: money first."""

from functools import cache

from gateway.services.verification.model import Table
from gateway.services.verification.tables.audit_entries import audit_entries
from gateway.services.verification.tables.catalogue import courses, tiers
from gateway.services.verification.tables.idempotency_records import idempotency_records
from gateway.services.verification.tables.jobs import jobs
from gateway.services.verification.tables.payments.table import payments
from gateway.services.verification.tables.provider_events import provider_events
from gateway.services.verification.tables.purchases.accesses import orphans
from gateway.services.verification.tables.purchases.recorded_sessions import recorded_sessions
from gateway.services.verification.tables.purchases.table import purchases
from gateway.services.verification.tables.refunds import refunds
from gateway.services.verification.tables.singles import changes, compatibility, installation
from gateway.services.verification.words import Words

_ALL = (
    *(payments, purchases, orphans, recorded_sessions, refunds, jobs, provider_events, courses, tiers),
    *(idempotency_records, audit_entries, installation, compatibility, changes),
)


@cache
def tables(w: Words) -> tuple[Table, ...]:
    return tuple(table(w) for table in _ALL)
