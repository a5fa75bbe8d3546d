// A mutation sent, and what it came to: what every action may be refused by is told alike, the rest by the action.

import type { AnyVariables, Client, TypedDocumentNode } from "urql";
import { refused, unanswered, type Refusal, type Told } from "./answers";

interface Answer {
  __typename: string;
}

const REFUSALS: ReadonlySet<string> = new Set<Refusal["__typename"]>(["InvalidInput", "NotFound", "IdempotencyKeyReused"]);

/** @param answerOf where the answer lies in the data */
export async function sent<Data, Variables extends AnyVariables, Its extends Answer>(
  client: Client,
  mutation: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  answerOf: (data: Data) => Its,
  told: (answer: Exclude<Its, { __typename: Refusal["__typename"] }>) => Told,
): Promise<Told> {
  const { data, error } = await client.mutation(mutation, variables).toPromise();
  if (!data) return unanswered(error);
  const answer = answerOf(data);
  return REFUSALS.has(answer.__typename)
    ? refused(answer as unknown as Refusal)
    : told(answer as Exclude<Its, { __typename: Refusal["__typename"] }>);
}
