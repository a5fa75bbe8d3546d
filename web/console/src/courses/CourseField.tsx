// The choice of a course of the catalogue; where that did not come, it says so.

import { SelectField } from "../actions/fields";
import type { Known } from "./catalogue";

interface Props {
  known: Known;
  value: string;
  set: (value: string) => void;
  /** What stands for no choice. */
  none: string;
  problem?: string | undefined;
}

export function CourseField({ known, value, set, none, problem }: Props) {
  const { courses, isWhole, error, ask } = known;
  const isUnknown = value !== "" && !courses.some(({ id }) => id === value);
  const options = [["", none], ...courses.map(({ id, title }) => [id, title] as const), ...(isUnknown ? [[value, value] as const] : [])] as const;
  const hint = error ? (
    <>
      Not all courses came.{" "}
      <button type="button" className="quiet" onClick={ask}>
        Try again
      </button>
    </>
  ) : (
    !isWhole && "One moment…"
  );
  return <SelectField label="Course" value={value} set={set} options={options} hint={hint} problem={problem} />;
}
