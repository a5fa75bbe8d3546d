// A payment under way: pays with the chosen card, then shows what the subscription says, whatever the answer was.

import { useCallback, useEffect, useRef, useState } from "react";
import { useClient } from "urql";
import { confirmed } from "./answers";
import { Bought } from "./Bought";
import { CardChoice } from "./CardChoice";
import { CARDS, WORKS } from "./cards";
import type { Course } from "./CourseList";
import { money, place, clock, tierName } from "./format";
import { read, type FragmentType } from "./gql";
import { ScreenHeading } from "./heading";
import { useLivePayment } from "./live";
import { Notice } from "./Notice";
import { ConfirmPayment, MetadataParts, MoneyParts, type PurchaseParts } from "./operations";
import { standingOf, type Payment } from "./payment";
import { Refunds } from "./Refunds";
import { adviceOn, type Advice } from "./trouble";
import { TroubleNotice } from "./TroubleNotice";

interface Props {
  course: Course;
  paymentId: string;
  /** The card that was chosen with the button just pressed; null after a reload. */
  token: string | null;
  startAgain: () => void;
}

export function Paying({ course, paymentId, token, startAgain }: Props) {
  const { payment, trouble, hear } = useLivePayment(paymentId);
  const { confirm, isAsking, advice, existing, isProviderSilent } = useConfirmation(paymentId, payment, hear);
  const [card, setCard] = useState(WORKS);

  const isBegun = useRef(false);
  useEffect(() => {
    if (token === null || isBegun.current) return; // a development build mounts twice
    isBegun.current = true;
    void confirm(token);
  }, [confirm, token]);

  const standing = payment && standingOf(payment);
  // What the student has already is in no payment: asked for again after a reload. That pays nothing: it is captured.
  const isUnknown = standing === "duplicate" && existing === null && !isAsking && advice === null;
  useEffect(() => {
    if (isUnknown) void confirm(null);
  }, [confirm, isUnknown]);

  // The last attempt may have taken the money: that card is asked about again, and no other one is offered.
  const isInDoubt = advice?.way === "ask again";
  const mine = standing === "bought" ? payment?.purchase : standing === "duplicate" ? existing : null;

  return (
    <>
      <ScreenHeading>{course.title}</ScreenHeading>
      {payment && standing !== "bought" && <Summary payment={payment} />}
      <div aria-live="polite">
        {payment && !isInDoubt ? (
          <Standing payment={payment} isAsking={isAsking} isProviderSilent={isProviderSilent} startAgain={startAgain} />
        ) : (
          !trouble &&
          !advice && <Notice tone="wait" title="One moment" text="We are looking up your payment." />
        )}
        {advice && <TroubleNotice advice={advice} askAgain={() => void confirm()} startAgain={startAgain} />}
        {!advice && trouble && <TroubleNotice advice={whileLost(adviceOn(trouble), payment)} startAgain={startAgain} />}
      </div>
      {mine && (
        <Bought purchase={mine}>
          <button type="button" className="quiet" onClick={startAgain}>
            Upgrade or renew
          </button>
        </Bought>
      )}
      {(standing === "declined" || standing === "unpaid") && !isAsking && !isInDoubt && (
        <form
          className="pay"
          onSubmit={(event) => {
            event.preventDefault();
            void confirm(card);
          }}
        >
          <CardChoice cards={CARDS} chosen={card} choose={setCard} />
          <button type="submit" className="primary">
            {standing === "declined" ? "Try again with this card" : "Pay with this card"}
          </button>
          <button type="button" className="quiet" onClick={startAgain}>
            Choose something else
          </button>
        </form>
      )}
    </>
  );
}

function Summary({ payment }: { payment: Payment }) {
  const { isSundayOnly, timeSlot } = read(MetadataParts, payment.metadata);
  return (
    <p className="summary">
      {tierName(payment.tier)}, {isSundayOnly ? "Sundays" : "every day"} at {clock(timeSlot.start)} (
      {place(timeSlot.timeZone)}), {money(read(MoneyParts, payment.amount))}
    </p>
  );
}

interface StandingProps {
  payment: Payment;
  isAsking: boolean;
  isProviderSilent: boolean;
  startAgain: () => void;
}

function Standing({ payment, isAsking, isProviderSilent, startAgain }: StandingProps) {
  const price = money(read(MoneyParts, payment.amount));
  const again = (
    <button type="button" onClick={startAgain}>
      Start again
    </button>
  );
  const standing = standingOf(payment);
  switch (standing) {
    case "bought":
      return <Notice tone="good" title="It is yours" text={`You paid ${price}. See you at the first session.`} />;
    case "processing":
      return (
        <Notice
          tone="wait"
          title={isProviderSilent ? "We have not heard from the bank yet" : "The bank is checking your payment"}
          text="Please do not pay again. This page shows it as soon as it is settled; the course is yours then, with or without it."
        />
      );
    case "declined":
      return isAsking ? (
        <Notice tone="wait" title="Paying…" text={`${price} with another card.`} />
      ) : (
        <Notice
          tone="bad"
          title="Your payment did not go through"
          text={`${payment.failure?.message ?? "The card was declined."} No money was taken. Choose another card below.`}
        />
      );
    case "unpaid":
      return isAsking ? (
        <Notice tone="wait" title="Paying…" text={`${price}. Please do not press again.`} />
      ) : (
        <Notice tone="warn" title="This is not paid yet" text="Your checkout is open. Choose a card below to go on." />
      );
    case "closed":
      return (
        <Notice tone="warn" title="This checkout was closed" text="No money was taken.">
          {again}
        </Notice>
      );
    case "duplicate":
      return (
        <Notice
          tone="warn"
          title="You have this course already"
          text="This payment was one too many, so all of it goes back to you. There is nothing to do."
        >
          <Refunds payment={payment} />
        </Notice>
      );
    case "unfulfillable":
      return (
        <Notice
          tone="bad"
          title="We could not sell you this"
          text="What was charged does not fit the price, or the course is gone. All of it goes back to you."
        >
          <Refunds payment={payment} />
          {again}
        </Notice>
      );
    case "given back":
      return (
        <Notice tone="warn" title="This was refunded" text="The course is no longer yours.">
          <Refunds payment={payment} />
          {again}
        </Notice>
      );
  }
}

/** The stream is begun again by itself; a payment that does not exist is not waited for. */
function whileLost(advice: Advice, payment: Payment | null): Advice {
  if (advice.way !== "ask again") return advice;
  const text = `${advice.text} We keep trying by ourselves; if you have paid, do not pay again.`;
  return { ...advice, text, way: payment === null ? "start again" : "none" };
}

/** Confirms a payment; one at a time, and again with the same card unless another is given. */
function useConfirmation(paymentId: string, payment: Payment | null, hear: (payment: Payment) => void) {
  const client = useClient();
  const [isAsking, setIsAsking] = useState(false);
  const [advice, setAdvice] = useState<Advice | null>(null);
  const [existing, setExisting] = useState<FragmentType<typeof PurchaseParts> | null>(null);
  const [isProviderSilent, setIsProviderSilent] = useState(false);
  const isUnderWay = useRef(false);
  const latest = useRef<string | null>(null);

  const confirm = useCallback(
    async (token: string | null = latest.current) => {
      if (isUnderWay.current) return;
      isUnderWay.current = true;
      latest.current = token;
      setIsAsking(true);
      setAdvice(null);
      const proof = token === null ? null : { sandbox: { token } };
      const { data, error } = await client.mutation(ConfirmPayment, { input: { paymentId, proof } });
      if (error) setAdvice(adviceOn(error));
      if (data) {
        const said = confirmed(data.confirmPayment);
        if (said.payment) hear(said.payment);
        setExisting(said.existing);
        setAdvice(said.advice);
        setIsProviderSilent(said.isProviderSilent);
      }
      isUnderWay.current = false;
      setIsAsking(false);
    },
    [client, hear, paymentId],
  );
  // What an answer that was lost would have said, the stream says when it comes.
  useEffect(() => setAdvice((current) => (current?.way === "ask again" ? null : current)), [payment]);

  return { confirm, isAsking, advice, existing, isProviderSilent };
}
