"""The doors by which the provider's word on a payment comes in. All lead to the same decision; the audit says which."""

from enum import StrEnum


class Door(StrEnum):
    """Who asked the provider: the student's page, or one of those that ask after it."""

    CONFIRM_PAYMENT = "confirmPayment"
    WEBHOOK = "webhook"
    CHECK_JOB = "check job"
    REFUND_JOB = "refund job"
    SCHEDULE = "schedule"
    """Each payment has its own, soon at first and ever more rarely."""
    CHANGE_LIST = "change list"
    """What the provider itself lists as changed, for whoever missed a webhook."""
