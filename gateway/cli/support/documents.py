"""What is asked of the API about each kind of thing, and what is done to it."""

ACTOR = "{ id role }"
MONEY = "{ amountMinor currency }"
HISTORY = f"""history(last: 100) {{
  nodes {{ at action actor {ACTOR} reason changes }} pageInfo {{ hasPreviousPage }}
}}"""
COURSE = "course { id title }"
FAILURE = "failure { code message }"
REFUND = f"id status origin amount {MONEY} reason createdAt settledAt providerReference {FAILURE}"
OF_ACCESS = "access { status sessionsTotal sessionsUsed startsAt expiresAt }"
METADATA = """metadata {
  isSundayOnly sessionDuration timeSlot { start end timeZone } date labels { key value }
}"""
PAYMENT = f"""id student {{ id }} {COURSE} tier purpose status fulfilment {FAILURE} amount {MONEY}
  amountCaptured {MONEY} amountRefunded {MONEY} provider providerReference providerAttempt createdAt confirmedAt"""
PURCHASE = f"""id student {{ id }} {COURSE} tier status origin {METADATA} {OF_ACCESS} createdAt endedAt
  createdBy {ACTOR} payment {{ id status }} supersedes {{ id status }} supersededBy {{ id status }}"""
JOB = """id kind state attempts runAt lastError createdAt finishedAt subscriber
  payment { id status } purchase { id status }"""

SHOWN = {
    "payment": f"""query ($id: ID!) {{ found: payment(id: $id) {{
        {PAYMENT} purchase {{ id status }} refunds {{ {REFUND} }} {HISTORY} }} }}""",
    "purchase": f"""query ($id: ID!) {{ found: purchase(id: $id) {{
        {PURCHASE}
        sessions(first: 100) {{ number startsAt isUsed record {{ heldAt recordedBy {ACTOR} }} }}
        {HISTORY} }} }}""",
    "refund": f"""query ($id: ID!) {{ found: node(id: $id) {{ ... on Refund {{
        {REFUND} payment {{ {PAYMENT} purchase {{ id status }} {HISTORY} }} }} }} }}""",
    "job": f"query ($id: ID!) {{ found: node(id: $id) {{ ... on Job {{ {JOB} }} }} }}",
    "student": f"""query ($id: ID!) {{ found: student(id: $id) {{
        id
        purchases(first: 100) {{ nodes {{
          id status tier origin {COURSE} {OF_ACCESS} createdAt payment {{ id status }} }} pageInfo {{ hasNextPage }} }}
        payments(first: 100) {{ nodes {{
          id status fulfilment tier {COURSE} amount {MONEY} amountRefunded {MONEY} provider providerReference createdAt
          }} pageInfo {{ hasNextPage }} }}
        refunds(first: 100) {{ nodes {{ {REFUND} payment {{ id status }} }} pageInfo {{ hasNextPage }} }}
        history(first: 50) {{
          nodes {{ at action subject {{ id }} actor {ACTOR} reason changes }} pageInfo {{ hasNextPage }} }} }} }}""",
}
"""By the kind of thing; each answers under `found`."""

SEARCH = "query ($text: String!) { search(text: $text, first: 20) { __typename ... on Node { id } } }"

ATTENTION = f"""query ($first: Int!) {{ needsAttention(first: $first) {{
    nodes {{ id kind reason since
      job {{ id kind state lastError }} payment {{ id status student {{ id }} }}
      purchase {{ id status student {{ id }} }}
      refund {{ id status amount {MONEY} }} calls {{ mutation effect variables }} }}
    pageInfo {{ hasNextPage }} }} }}"""

_PROBLEM = "... on Problem { code message retryable } ... on InvalidInput { fields { path message } }"


def _mutation(name: str, success: str) -> str:
    kind = name[0].upper() + name[1:]
    return f"""mutation ($input: {kind}Input!) {{ done: {name}(input: $input) {{
        __typename ... on {kind}Success {{ {success} }} {_PROBLEM} }} }}"""


REFUND_PAYMENT = _mutation(
    "refundPayment", f"alreadyProcessed refund {{ {REFUND} }} payment {{ id status amountRefunded {MONEY} }}"
)
REVOKE_PURCHASE = _mutation("revokePurchase", f"alreadyProcessed purchase {{ id status endedAt {OF_ACCESS} }}")
EXTEND_PURCHASE = _mutation("extendPurchase", f"alreadyProcessed purchase {{ id status {OF_ACCESS} }}")
RETRY_JOB = _mutation("retryJob", f"job {{ {JOB} }}")
CANCEL_JOB = _mutation("cancelJob", f"job {{ {JOB} }}")
