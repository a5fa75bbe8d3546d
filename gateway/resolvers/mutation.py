"""The mutations, put together of each subject's own."""

import strawberry

from gateway.resolvers.mutations.courses import CourseMutations
from gateway.resolvers.mutations.jobs import JobMutations
from gateway.resolvers.mutations.payments import PaymentMutations
from gateway.resolvers.mutations.purchases import PurchaseMutations
from gateway.resolvers.mutations.refunds import RefundMutations
from gateway.resolvers.mutations.sessions import SessionMutations
from gateway.resolvers.mutations.students import StudentMutations


@strawberry.type(description="The two flows, what an admin may do afterwards, and the catalogue.")
class Mutation(
    PaymentMutations,
    PurchaseMutations,
    SessionMutations,
    CourseMutations,
    RefundMutations,
    JobMutations,
    StudentMutations,
):
    """Printed in the order of its bases, and of the methods in each."""
