"""What a commit changed, by kind: what lists of such things are asked for again by."""

from enum import StrEnum


class ChangedKind(StrEnum):
    """A payment counts as changed with its refunds and its purchase, and a purchase with its sessions."""

    PURCHASE = "PURCHASE"
    PAYMENT = "PAYMENT"
    REFUND = "REFUND"
    JOB = "JOB"
    COURSE = "COURSE"
