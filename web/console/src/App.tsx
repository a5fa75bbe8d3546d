// The frame: where one can go, who one is, and the screen that the address names.

import { useEffect, useMemo, useRef, useState, type FormEvent, type ReactNode } from "react";
import { Provider } from "urql";
import { useUnanswered } from "./actions/draft";
import { titleOfForm } from "./actions/names";
import { CourseForm } from "./courses/CourseForm";
import { CourseList } from "./courses/CourseList";
import { Attention } from "./finding/Attention";
import { Erase } from "./finding/Erase";
import { Search } from "./finding/Search";
import { StudentScreen } from "./finding/StudentScreen";
import { clockTime } from "./format";
import { newClient } from "./gateway";
import icon from "./icon.svg";
import { JobList } from "./jobs/JobList";
import { JobAction, JobScreen } from "./jobs/JobScreen";
import { Numbers } from "./numbers/Numbers";
import { Notice } from "./parts/Notice";
import { Screen } from "./parts/Screen";
import { PaymentList } from "./payments/PaymentList";
import { PaymentScreen } from "./payments/PaymentScreen";
import { RefundForm } from "./payments/RefundForm";
import { Correct } from "./purchases/Correct";
import { Extend } from "./purchases/Extend";
import { Grant } from "./purchases/Grant";
import { PurchaseList } from "./purchases/PurchaseList";
import { PurchaseScreen } from "./purchases/PurchaseScreen";
import { Revoke } from "./purchases/Revoke";
import { SessionAction } from "./sessions/SessionAction";
import { RefundList } from "./refunds/RefundList";
import { go, link, routeOf, useHash, type Route } from "./router";
import { Gate, TokenEnd } from "./session/Gate";
import { leave } from "./session/leaving";
import { useStanding, whoami } from "./session/session";

export function App() {
  const standing = useStanding();
  return (
    <Gate>
      <Visit key={standing.is === "out" ? "" : standing.session.id} />
    </Gate>
  );
}

/** What one person sees: another person's client would show them what the first one read. */
function Visit() {
  const client = useMemo(newClient, []);
  const hash = useHash();
  const route = useMemo(() => routeOf(hash), [hash]);
  const at = link(route.path);
  useEffect(() => {
    void window.scrollTo(0, 0); // which returns a promise in some browsers, and an effect must not
  }, [at]);
  return (
    <Provider value={client}>
      <a className="skip" href="#page" onClick={skip}>
        To the content
      </a>
      <Top route={route} />
      <TokenEnd />
      <main id="content" tabIndex={-1}>
        <Unanswered at={hash} />
        <div key={at}>{screenOf(route)}</div>
      </main>
    </Provider>
  );
}

/** The hash is the address, so it is no place on the page. */
function skip(event: { preventDefault: () => void }): void {
  event.preventDefault();
  document.getElementById("content")?.focus();
}

function screenOf(route: Route): ReactNode {
  const [what = "", id, action, number, ...more] = route.path;
  if (more.length > 0) return <Nowhere />;
  if (number !== undefined) {
    const isSession = what === "purchases" && (action === "record" || action === "withdraw") && /^[1-9]\d{0,4}$/.test(number);
    return isSession ? <SessionAction id={id!} number={Number(number)} what={action} /> : <Nowhere />;
  }
  switch (`${what}${id === undefined ? "" : "/:"}${action === undefined ? "" : `/${action}`}`) {
    case "":
      return <Attention route={route} />;
    case "search":
      return <Search key={route.query.get("for")} text={route.query.get("for") ?? ""} />;
    case "students/:":
      return <StudentScreen id={id!} />;
    case "students/:/erase":
      return <Erase id={id!} />;
    case "purchases":
      return <PurchaseList route={route} />;
    case "purchases/:":
      return <PurchaseScreen id={id!} />;
    case "purchases/:/revoke":
      return <Revoke id={id!} />;
    case "purchases/:/extend":
      return <Extend id={id!} />;
    case "purchases/:/correct":
      return <Correct id={id!} />;
    case "grant":
      return <Grant route={route} />;
    case "payments":
      return <PaymentList route={route} />;
    case "payments/:":
      return <PaymentScreen id={id!} />;
    case "payments/:/refund":
      return <RefundForm id={id!} />;
    case "refunds":
      return <RefundList route={route} />;
    case "jobs":
      return <JobList route={route} />;
    case "jobs/:":
      return <JobScreen id={id!} />;
    case "jobs/:/retry":
      return <JobAction id={id!} what="retry" />;
    case "jobs/:/cancel":
      return <JobAction id={id!} what="cancel" />;
    case "courses":
      return <CourseList />;
    case "courses/:":
      return <CourseForm id={id === "new" ? null : id!} />;
    case "numbers":
      return <Numbers route={route} />;
    default:
      return <Nowhere />;
  }
}

function Nowhere() {
  return (
    <Screen title="There is no such page">
      <p>
        The address may have been cut. <a href={link([])}>What needs attention</a>
      </p>
    </Screen>
  );
}

const PLACES: [path: string[], name: string][] = [
  [[], "Attention"],
  [["purchases"], "Purchases"],
  [["payments"], "Payments"],
  [["refunds"], "Refunds"],
  [["jobs"], "Jobs"],
  [["courses"], "Courses"],
  [["numbers"], "Numbers"],
];

function Top({ route }: { route: Route }) {
  const standing = useStanding();
  const endsAt = standing.is === "in" ? standing.session.endsAt : null;
  return (
    <header className="top">
      <a className="brand" href={link([])}>
        <img src={icon} alt="" width="26" height="26" />
        Console
      </a>
      <nav aria-label="Main">
        <ul>
          {PLACES.map(([path, name]) => (
            <li key={name}>
              <a href={link(path)} aria-current={(route.path[0] ?? "") === (path[0] ?? "") ? "page" : undefined}>
                {name}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <SearchBox key={route.query.get("for")} text={route.query.get("for") ?? ""} />
      <p className="who">
        <span title={endsAt === null ? "" : `The token ends at ${clockTime(new Date(endsAt))}`}>{whoami()}</span>
        <button className="quiet" onClick={() => void leave()}>
          Log out
        </button>
      </p>
    </header>
  );
}

function SearchBox({ text }: { text: string }) {
  const [typed, setTyped] = useState(text);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const isTyping = event.target instanceof HTMLElement && /^(input|textarea|select)$/i.test(event.target.tagName);
      if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      field.current?.focus();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (typed.trim() !== "") go(link(["search"], { for: typed.trim() }));
  };
  return (
    <form className="search" role="search" aria-label="Everything" onSubmit={submit}>
      <input
        ref={field}
        type="search"
        aria-label="Search: a student, a course, or any id"
        placeholder="Student, course, or any id ( / )"
        value={typed}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => setTyped(event.target.value)}
      />
    </form>
  );
}

/** Whoever left a form whose answer never came is led back to it. */
function Unanswered({ at }: { at: string }) {
  const names = useUnanswered().filter((name) => `#/${name}` !== at);
  if (names.length === 0) return null;
  return (
    <Notice tone="warn" title="Something was sent, and no answer came">
      <p>Nobody knows whether it was done. Send it again as it is, where it was sent: it is not done twice.</p>
      <ul>
        {names.map((name) => (
          <li key={name}>
            <a href={`#/${name}`}>{titleOfForm(name)}</a>
          </li>
        ))}
      </ul>
    </Notice>
  );
}
