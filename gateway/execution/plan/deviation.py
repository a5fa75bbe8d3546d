"""What a plan does not know, when it is made and when it runs."""


class NotCovered(Exception):
    """No plan can be made of the operation; the text says why, for whoever looks after plans."""


class Deviation(Exception):
    """The run left what its plan knows: graphql-core has to answer, see `gateway.execution.plan.resuming`."""
