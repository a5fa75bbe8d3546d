// What a text may mean: the id of something, or a student.

import { useEffect } from "react";
import { useQuery } from "urql";
import { pageOf } from "../parts/bits";
import { Loaded } from "../parts/Loaded";
import { Screen } from "../parts/Screen";
import { Table } from "../parts/Table";
import { PAYMENT_COLUMNS } from "../payments/PaymentList";
import { PURCHASE_COLUMNS } from "../purchases/PurchaseList";
import { go, link } from "../router";
import { StudentById } from "./operations";

export function Search({ text }: { text: string }) {
  const page = pageOf(text);
  useEffect(() => {
    if (page !== null) go(page);
  }, [page]);
  const [{ data, error }, ask] = useQuery({ query: StudentById, variables: { id: text }, pause: page !== null || text === "" });
  if (page !== null) return null;
  const student = data?.student;
  return (
    <Screen title={`“${text}”`} kind="Search">
      <Loaded error={error} isThere={data !== undefined} askAgain={ask}>
        {student ? (
          <>
            <p role="status">
              A student: <a href={link(["students", text])}>{text}</a>
            </p>
            <Table caption="Purchases" columns={PURCHASE_COLUMNS} rows={student.purchases.nodes} keyOf={({ id }) => id} empty="No purchases." />
            <Table caption="Payments" columns={PAYMENT_COLUMNS} rows={student.payments.nodes} keyOf={({ id }) => id} empty="No payments." />
          </>
        ) : (
          <p className="empty" role="status">
            No student of this id has a purchase or a payment, and it is no id of a purchase, payment, job or course.
          </p>
        )}
      </Loaded>
    </Screen>
  );
}
