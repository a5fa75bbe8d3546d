// An action that wants a reason for the audit: its own fields, if it has any, and the reason after them.

import type { ReactNode } from "react";
import { ActionForm, type ActionProps, type Form, type Preview } from "./ActionForm";
import { ReasonField } from "./fields";

export const REASON_MISSING = "Say why, for the audit.";

interface Props<Values> extends Omit<ActionProps<Values>, "fields" | "preview"> {
  fields?: (form: Form<Values>) => ReactNode;
  /** What will happen; that the reason is missing goes without saying. */
  preview: (values: Values) => Preview;
}

export function ReasonedForm<Values extends { reason: string }>({ fields, preview, ...rest }: Props<Values>) {
  return (
    <ActionForm<Values>
      {...rest}
      fields={(form) => (
        <>
          {fields?.(form)}
          <ReasonField
            value={form.values.reason}
            set={(reason) => form.set({ reason } as Partial<Values>)}
            problem={form.problemOf("reason")}
          />
        </>
      )}
      preview={(values) => {
        const seen = preview(values);
        const missing = seen.missing ?? (values.reason.trim() === "" ? REASON_MISSING : undefined);
        return { ...seen, ...(missing !== undefined && { missing }) };
      }}
    />
  );
}
