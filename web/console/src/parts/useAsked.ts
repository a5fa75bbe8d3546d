// What was asked for, as it was known last: an answer that does not come takes nothing away that came before.

import { useCallback, useRef } from "react";
import { useQuery, type AnyVariables, type CombinedError, type TypedDocumentNode } from "urql";

export interface Asked<Data> {
  data: Data | undefined;
  /** Why the last answer did not come. */
  error: CombinedError | undefined;
  /** Asks anew, past what is kept. */
  again: () => void;
  /** The variables that the data answers, as JSON. */
  of: string;
}

export function useAsked<Data, Variables extends AnyVariables>(
  query: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  pause = false,
): Asked<Data> {
  const [{ data, error, operation }, ask] = useQuery<Data, AnyVariables>({ query, variables, pause });
  const wanted = JSON.stringify(variables);
  const kept = useRef<{ of: string; data: Data } | null>(null);
  if (data != null) kept.current = { of: JSON.stringify(operation?.variables), data };
  const known = data ?? (kept.current?.of === wanted ? kept.current.data : undefined);
  const again = useCallback(() => ask({ requestPolicy: "network-only" }), [ask]);
  return { data: known, error, again, of: kept.current?.of ?? wanted };
}
