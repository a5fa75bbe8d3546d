// The whole catalogue, page after page: forms and filters choose from it.

import { useCallback, useEffect, useState } from "react";
import { useClient, type CombinedError, type OperationResult } from "urql";
import type { CatalogueQuery, CoursePartsFragment } from "../gql/graphql";
import { Catalogue } from "../operations";

export interface Known {
  courses: CoursePartsFragment[];
  isWhole: boolean;
  error: CombinedError | undefined;
  ask: () => void;
}

/** Read anew where a course was saved meanwhile, else as it was read. */
const KEPT = { requestPolicy: "cache-first" } as const;
const ANEW = { requestPolicy: "network-only" } as const;

export function useCatalogue(): Known {
  const client = useClient();
  const [times, setTimes] = useState(0); // that it was asked for anew, past what is kept
  const [known, setKnown] = useState<Omit<Known, "ask">>({ courses: [], isWhole: false, error: undefined });
  useEffect(() => {
    let isGone = false;
    const read = async () => {
      const courses: CoursePartsFragment[] = [];
      let after: string | null = null;
      do {
        const answer: OperationResult<CatalogueQuery> = await client.query(Catalogue, { after }, times === 0 ? KEPT : ANEW).toPromise();
        const { data, error } = answer;
        if (isGone) return;
        if (!data) return setKnown({ courses, isWhole: false, error });
        courses.push(...data.courses.nodes);
        after = data.courses.pageInfo.hasNextPage ? (data.courses.pageInfo.endCursor ?? null) : null;
      } while (after);
      setKnown({ courses, isWhole: true, error: undefined });
    };
    void read();
    return () => {
      isGone = true;
    };
  }, [client, times]);
  const ask = useCallback(() => setTimes((so) => so + 1), []);
  return { ...known, ask };
}
