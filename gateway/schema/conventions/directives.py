"""Who may select a field: printed in the schema and enforced by one declaration."""

import strawberry
from strawberry.schema_directive import Location

from gateway.schema.conventions.enums import Role


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION, Location.OBJECT],
    name="requiresRole",
    repeatable=True,
    description="Only a caller of this role may select the field, or any field of the object; with several, a caller "
    "of any of them. Others get a GraphQL error whose `extensions.code` is UNAUTHENTICATED without a token, FORBIDDEN "
    "with one of another role.",
)
class RequiresRole:
    role: Role = strawberry.field(description="The role that is needed.")


ADMIN_ONLY = [RequiresRole(role=Role.ADMIN)]
SERVICE_OR_ADMIN = [RequiresRole(role=Role.SERVICE), RequiresRole(role=Role.ADMIN)]
STUDENT_OR_ADMIN = [RequiresRole(role=Role.STUDENT), RequiresRole(role=Role.ADMIN)]
STUDENT_ONLY = [RequiresRole(role=Role.STUDENT)]
