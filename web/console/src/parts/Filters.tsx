// Which ones: fields whose values are the address's query, so that a filtered list can be linked to and reloaded.

import { useState, type FormEvent } from "react";
import { SelectField, TextField } from "../actions/fields";
import { useCatalogue } from "../courses/catalogue";
import { CourseField } from "../courses/CourseField";
import { words } from "../format";
import { useNarrow } from "./useNarrow";
import { go, link, type Route } from "../router";

export type FilterField =
  | { name: string; label: string; is: "text" | "day"; hint?: string }
  | { name: string; label: string; is: "one of"; values: readonly string[] }
  | { name: string; label: string; is: "course" };

interface Props {
  route: Route;
  fields: FilterField[];
  /** What is shown where the address says nothing. */
  usual?: Record<string, string>;
}

export function Filters({ route, fields, usual = {} }: Props) {
  const first = Object.fromEntries(fields.map(({ name }) => [name, route.query.get(name) ?? usual[name] ?? ""]));
  const [values, setValues] = useState(first);
  const catalogue = useCatalogue();
  const isFiltered = fields.some(({ name }) => route.query.get(name));

  const apply = (event: FormEvent) => {
    event.preventDefault();
    go(link(route.path, Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value.trim()]))));
  };
  // On a phone they would fill the screen before the list begins.
  const isNarrow = useNarrow();
  return (
    <details className="filter-box" open={!isNarrow || isFiltered}>
      <summary>Filter</summary>
      <form className="filters" role="search" aria-label="Filter" onSubmit={apply}>
        {fields.map((field) => {
          const { name, label } = field;
          const its = { label, value: values[name] ?? "", set: (value: string) => setValues({ ...values, [name]: value }) };
          switch (field.is) {
            case "text":
              return <TextField key={name} {...its} hint={field.hint} />;
            case "day":
              return <TextField key={name} {...its} type="date" hint={field.hint} />;
            case "one of":
              return (
                <SelectField key={name} {...its} options={[["", "Any"], ...field.values.map((value) => [value, words(value)] as const)]} />
              );
            case "course":
              return <CourseField key={name} known={catalogue} value={its.value} set={its.set} none="Any" />;
          }
        })}
        <div className="actions">
          <button type="submit">Show</button>
          {isFiltered && <a href={link(route.path)}>{Object.keys(usual).length > 0 ? "As usual" : "Show all"}</a>}
        </div>
      </form>
    </details>
  );
}
