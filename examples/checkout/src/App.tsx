// Which screen: the catalogue, or the course that the address names.

import { useCallback, useEffect, useRef, useState } from "react";
import { useQuery } from "urql";
import { CourseList } from "./CourseList";
import { CourseScreen } from "./CourseScreen";
import icon from "./icon.svg";
import { read } from "./gql";
import { Catalogue, OwnedParts } from "./operations";
import { becomeNewStudent } from "./student";
import { adviceOn } from "./trouble";
import { TroubleNotice } from "./TroubleNotice";

export function App() {
  const courseId = useHash();
  const [{ data, error, fetching }, ask] = useQuery({ query: Catalogue });
  const course = data?.courses.nodes.find(({ id }) => id === courseId);
  const purchases = data?.viewer?.purchases.nodes ?? [];
  const owned = purchases.find((purchase) => read(OwnedParts, purchase).course.id === courseId);
  const refresh = useCallback(() => ask({ requestPolicy: "network-only" }), [ask]);
  useChanged(courseId, refresh); // what was bought meanwhile is among one's own

  return (
    <>
      <header className="top">
        <a className="brand" href="#">
          <img src={icon} alt="" width="28" height="28" />
          Courses
        </a>
        <p className="sandbox">Sandbox: no money moves</p>
        <p className="student">
          {data?.viewer && (
            <span className="hint">
              You are <strong>{data.viewer.id}</strong>
            </span>
          )}
          <button type="button" className="plain" onClick={becomeNewStudent}>
            Try as a new student
          </button>
        </p>
      </header>
      <main>
        {error && !data ? (
          <TroubleNotice advice={adviceOn(error)} askAgain={ask} />
        ) : !data ? (
          <p className="loading" aria-live="polite">
            {fetching ? "One moment…" : ""}
          </p>
        ) : course ? (
          <CourseScreen key={course.id} course={course} owned={owned ?? null} refresh={refresh} />
        ) : (
          <CourseList courses={data.courses.nodes} purchases={purchases} isUnknown={courseId !== ""} />
        )}
      </main>
    </>
  );
}

/** Calls back whenever a value is another than before, and not for the first one. */
function useChanged(value: string, call: () => void): void {
  const before = useRef(value);
  useEffect(() => {
    if (before.current !== value) call();
    before.current = value;
  }, [value, call]);
}

function useHash(): string {
  const [hash, setHash] = useState(location.hash.slice(1));
  useEffect(() => {
    const follow = () => {
      setHash(location.hash.slice(1));
      window.scrollTo(0, 0);
    };
    window.addEventListener("hashchange", follow);
    return () => window.removeEventListener("hashchange", follow);
  }, []);
  return hash;
}
