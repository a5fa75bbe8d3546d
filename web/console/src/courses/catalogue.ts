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
const POLICY = { requestPolicy: "cache-first" } as const;

export function useCatalogue(): Known {
  const client = useClient();
  const [times, setTimes] = useState(0);
  const [known, setKnown] = useState<Omit<Known, "ask">>({ courses: [], isWhole: false, error: undefined });
  useEffect(() => {
    let isGone = false;
    const read = async () => {
      const courses: CoursePartsFragment[] = [];
      let after: string | null = null;
      do {
        const answer: OperationResult<CatalogueQuery> = await client.query(Catalogue, { after }, POLICY).toPromise();
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
