// Which screen: the catalogue, or the course that the address names.

import { useEffect, useState } from "react";
import { useQuery } from "urql";
import { CourseList } from "./CourseList";
import { CourseScreen } from "./CourseScreen";
import icon from "./icon.svg";
import { Catalogue } from "./operations";
import { adviceOn } from "./trouble";
import { TroubleNotice } from "./TroubleNotice";

export function App() {
  const courseId = useHash();
  const [{ data, error, fetching }, ask] = useQuery({ query: Catalogue });
  const course = data?.courses.nodes.find(({ id }) => id === courseId);

  return (
    <>
      <header className="top">
        <a className="brand" href="#">
          <img src={icon} alt="" width="28" height="28" />
          Courses
        </a>
        <p className="sandbox">Sandbox: no money moves</p>
      </header>
      <main>
        {error && !data ? (
          <TroubleNotice advice={adviceOn(error)} askAgain={ask} />
        ) : !data ? (
          <p className="loading" aria-live="polite">
            {fetching ? "One moment…" : ""}
          </p>
        ) : course ? (
          <CourseScreen key={course.id} course={course} />
        ) : (
          <CourseList courses={data.courses.nodes} isUnknown={courseId !== ""} />
        )}
      </main>
    </>
  );
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
