// A frontend's code against the generated types: every result is narrowed by its `__typename`, and none is forgotten.
import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { print } from "graphql";

import type { ConfirmTypedPaymentMutation } from "../generated/typed/gql/graphql.js";
import { ConfirmTypedPayment, OpenTypedPayment, SaveTypedCourse } from "./operations.js";

declare const process: { env: Record<string, string | undefined>; exitCode?: number };

async function send<Data, Variables>(
  token: string | undefined,
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
): Promise<Data> {
  const response = await fetch(process.env["GATEWAY_URL"] ?? "", {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json", Authorization: `Bearer ${token}` },
    body: JSON.stringify({ query: print(document), variables }),
  });
  const answer = (await response.json()) as { data: Data; errors?: unknown };
  if (answer.errors) throw new Error(JSON.stringify(answer.errors));
  return answer.data;
}

/** What a page would say. It does not compile unless every type of the union is answered. */
function said(result: ConfirmTypedPaymentMutation["confirmPayment"]): string {
  switch (result.__typename) {
    case "ConfirmPaymentSuccess":
      return `bought, begins ${result.purchase.access?.schedule[0]?.startsAt ?? "never"}`;
    case "PaymentPending":
      return `wait ${result.retryAfterSeconds} s`;
    case "PaymentDeclined":
      return `declined: ${result.payment.failure?.code ?? result.code}`;
    case "DuplicatePayment":
      return `bought before: ${result.existingPurchase?.id}, refund ${result.refund?.status}`;
    case "MetadataConflict":
      return result.fields.map((each) => each.field).join();
    case "InvalidInput":
      return result.invalid.map((each) => each.path).join();
    case "NotFound":
      return result.message;
    default:
      return result satisfies never;
  }
}

async function main(): Promise<void> {
  const { saveCourse } = await send(process.env["ADMIN_TOKEN"], SaveTypedCourse, {
    input: {
      title: "Typed",
      tiers: [{ code: "BASIC", sessionCount: 4, price: { amountMinor: 199900, currency: "INR" }, rank: 1 }],
    },
  });
  if (saveCourse.__typename !== "SaveCourseSuccess") throw new Error(saveCourse.message);
  const { createPayment } = await send(process.env["STUDENT_TOKEN"], OpenTypedPayment, {
    input: {
      courseId: saveCourse.course.id,
      tier: "BASIC",
      metadata: { isSundayOnly: false, sessionDuration: 60, timeSlot: { start: "17:30", timeZone: "Asia/Kolkata" } },
    },
  });
  if (createPayment.__typename !== "CreatePaymentSuccess") throw new Error(createPayment.message);
  const paymentId = createPayment.payment.id;
  const { confirmPayment } = await send(process.env["STUDENT_TOKEN"], ConfirmTypedPayment, { input: { paymentId } });
  if (!said(confirmPayment).startsWith("bought, begins 2")) throw new Error(said(confirmPayment));
}

const what = "@graphql-codegen/client-preset: the compiled program opens and confirms a payment";
main().then(
  () => console.log(`ok ${what}`),
  (error: unknown) => {
    console.log(`${String(error)}\nfailed ${what}`);
    process.exitCode = 1;
  },
);
