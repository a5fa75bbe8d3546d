// One course: first its form, then, once a payment is open, how that stands.

import { useState } from "react";
import { Choosing } from "./Choosing";
import type { Course } from "./CourseList";
import type { FragmentType } from "./gql";
import { checkoutOf, forget, remember } from "./memory";
import type { OwnedParts } from "./operations";
import { Paying } from "./Paying";

interface Props {
  course: Course;
  owned: FragmentType<typeof OwnedParts> | null;
  refresh: () => void;
}

export function CourseScreen({ course, owned, refresh }: Props) {
  const [checkout, setCheckout] = useState(() => checkoutOf(course.id));
  const [token, setToken] = useState<string | null>(null); // the card just chosen: not kept, as no card is

  const keep = (changed: typeof checkout) => {
    remember(course.id, changed);
    setCheckout(changed);
  };
  const startAgain = () => {
    forget(course.id);
    setToken(null);
    keep({ ...checkoutOf(course.id), wish: checkout.wish });
    refresh();
  };

  return (
    <>
      <nav aria-label="Back">
        <a href="#">All courses</a>
      </nav>
      {checkout.paymentId === null ? (
        <Choosing
          course={course}
          owned={owned}
          checkout={checkout}
          keep={keep}
          startAgain={startAgain}
          onOpen={(paymentId, wish, chosen) => {
            setToken(chosen);
            keep({ ...checkout, wish, paymentId });
          }}
        />
      ) : (
        <Paying
          key={checkout.paymentId}
          course={course}
          paymentId={checkout.paymentId}
          token={token}
          startAgain={startAgain}
        />
      )}
    </>
  );
}
