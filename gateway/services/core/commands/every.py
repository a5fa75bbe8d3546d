"""Every command that can be submitted. A new one is a file beside this one, and a line in the union."""

from gateway.services.core.commands.adopt_payment import AdoptPayment
from gateway.services.core.commands.amend_purchase import CorrectPurchaseMetadata, ExtendPurchase, RevokePurchase
from gateway.services.core.commands.confirm_payment import ConfirmPayment
from gateway.services.core.commands.create_purchase import CreatePurchase
from gateway.services.core.commands.imports.import_purchase import ImportPurchase
from gateway.services.core.commands.imports.rehearse_import import RehearseImport
from gateway.services.core.commands.jobs.asks import PlanAsk
from gateway.services.core.commands.jobs.claims import ClaimJobs, DeferJob, EndJob
from gateway.services.core.commands.jobs.renewals import RenewLeases
from gateway.services.core.commands.jobs.retries import CancelJob, RetryJob
from gateway.services.core.commands.jobs.sweeps import EndSweep, StartSweep
from gateway.services.core.commands.jobs.verifications import EndVerification
from gateway.services.core.commands.lapse_purchases import LapsePurchases
from gateway.services.core.commands.open_payment import OpenPayment, RecordIntent, RefusePrice
from gateway.services.core.commands.privacy.erase_student import EraseStudent
from gateway.services.core.commands.privacy.prune import Prune
from gateway.services.core.commands.provider_events import EndEvent, StoreEvent
from gateway.services.core.commands.reconcile import Reconcile
from gateway.services.core.commands.refund_payment import RefundPayment
from gateway.services.core.commands.save_course import SaveCourse
from gateway.services.core.commands.sessions.record import RecordSession
from gateway.services.core.commands.sessions.withdraw import WithdrawSession
from gateway.services.core.commands.settle_refund import SettleRefund

Command = (
    OpenPayment
    | RecordIntent
    | RefusePrice
    | AdoptPayment
    | ConfirmPayment
    | Reconcile
    | CreatePurchase
    | ExtendPurchase
    | CorrectPurchaseMetadata
    | RevokePurchase
    | RecordSession
    | WithdrawSession
    | SaveCourse
    | RefundPayment
    | SettleRefund
    | LapsePurchases
    | StoreEvent
    | EndEvent
    | ClaimJobs
    | RenewLeases
    | DeferJob
    | EndJob
    | StartSweep
    | EndSweep
    | EndVerification
    | PlanAsk
    | EraseStudent
    | Prune
    | RetryJob
    | CancelJob
    | ImportPurchase
    | RehearseImport
)
