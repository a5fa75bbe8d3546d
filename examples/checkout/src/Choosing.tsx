// The form: tier, slot and card; its button opens the payment.

import { useEffect, useRef, useState, type FormEvent } from "react";
import { useClient, type Client } from "urql";
import { opened, type Opened } from "./answers";
import { Bought } from "./Bought";
import { CardChoice } from "./CardChoice";
import { CARDS, TWICE, TWICE_CARD, WORKS } from "./cards";
import type { Course } from "./CourseList";
import { money, tierName } from "./format";
import { read, type FragmentType } from "./gql";
import { ScreenHeading } from "./heading";
import type { Checkout } from "./memory";
import { Notice } from "./Notice";
import { ConfirmPayment, CreatePayment, MoneyParts, TierParts, type OwnedParts } from "./operations";
import { OwnedNote } from "./Owned";
import { Picture } from "./Picture";
import { SlotFields } from "./SlotFields";
import { TierChoice } from "./TierChoice";
import { adviceOn } from "./trouble";
import { TroubleNotice } from "./TroubleNotice";
import { firstWish, inputOf, type Wish } from "./wish";

interface Props {
  course: Course;
  owned: FragmentType<typeof OwnedParts> | null;
  checkout: Checkout;
  keep: (checkout: Checkout) => void;
  startAgain: () => void;
  onOpen: (paymentId: string, wish: Wish, token: string) => void;
}

export function Choosing({ course, owned, checkout, keep, startAgain, onOpen }: Props) {
  const client = useClient();
  const tiers = read(TierParts, course.tiers);
  const [token, setToken] = useState(WORKS);
  const [outcome, setOutcome] = useState<Opened | null>(null);
  const [isAsking, setIsAsking] = useState(false);
  const [wanted, setWanted] = useState<Wish | null>(null); // what was asked for last, which may be a renewal
  const answer = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (outcome !== null) answer.current?.scrollIntoView({ block: "nearest" }); // the button may be far from it
  }, [outcome]);
  const isUnderWay = useRef(false); // of two clicks in one frame, the second sees this and not yet the state

  const wish = knownWish(checkout.wish, tiers.map(({ code }) => code));
  const tier = tiers.find(({ code }) => code === wish?.tier);
  if (wish === null || tier === undefined) {
    return <Notice tone="warn" title="This course is not on offer just now" text="Please look in again later." />;
  }

  const change = (changes: Partial<Wish>) => {
    keep({ ...checkout, wish: { ...wish, ...changes } });
    setOutcome(null);
  };
  const pay = async (wanting: Wish) => {
    if (isUnderWay.current) return;
    isUnderWay.current = true;
    setWanted(wanting);
    setIsAsking(true);
    setOutcome(null);
    const result = await open(client, course.id, wanting, checkout.id);
    if (result.is === "open") {
      if (token === TWICE) await payElsewhere(client, course.id, wanting, checkout.id);
      onOpen(result.paymentId, wanting, token === TWICE ? WORKS : token);
      return;
    }
    isUnderWay.current = false;
    setIsAsking(false);
    if (result.is === "refused" && result.isKeySpent) startAgain();
    setOutcome(result);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void pay({ ...wish, isRenewal: false });
  };

  const price = money(read(MoneyParts, tier.price));
  const problems = outcome?.is === "refused" ? (outcome.advice.fields ?? []) : [];
  return (
    <>
      <div className="banner">
        <Picture id={course.id} />
      </div>
      <ScreenHeading>{course.title}</ScreenHeading>
      {course.description && <p className="about">{course.description}</p>}
      {owned && outcome?.is !== "yours already" && <OwnedNote purchase={owned} />}
      <form className="columns" onSubmit={submit}>
        <div>
          <TierChoice tiers={tiers} chosen={wish.tier} choose={(code) => change({ tier: code })} />
          <SlotFields wish={wish} change={change} problems={problems} />
        </div>
        <div className="pay">
          <CardChoice cards={[...CARDS, TWICE_CARD]} chosen={token} choose={setToken} />
          <div className="paybar">
            <span className="hint" aria-hidden="true">
              {tierName(tier.code)}, {tier.sessionCount} sessions
            </span>
            <button type="submit" className="primary" aria-disabled={isAsking}>
              {isAsking ? "Starting the payment…" : `Pay ${price}`}
            </button>
          </div>
          <div className="answer" ref={answer} aria-live="polite">
            {outcome?.is === "refused" && (
              <TroubleNotice advice={outcome.advice} askAgain={() => void pay(wanted ?? wish)}>
                {problems.length > 0 && (
                  <ul>
                    {problems.map(({ name, message }) => (
                      <li key={name}>
                        {LABELS[name] ?? name}: {message}
                      </li>
                    ))}
                  </ul>
                )}
              </TroubleNotice>
            )}
            {outcome?.is === "yours already" && (
              <Notice
                tone="warn"
                title={outcome.isLower ? "You have a higher tier of this course" : "You have this course already"}
                text={outcome.isLower ? HIGHER : SAME}
              >
                {!outcome.isLower && (
                  <button type="button" onClick={() => void pay({ ...wish, isRenewal: true })}>
                    Renew: {tier.sessionCount} more sessions for {price}
                  </button>
                )}
              </Notice>
            )}
          </div>
        </div>
      </form>
      {outcome?.is === "yours already" && outcome.purchase && <Bought purchase={outcome.purchase} />}
    </>
  );
}

const SAME = "Nothing was paid. You can have more sessions of it, or a higher tier, which keeps those that you have used.";
const HIGHER = "Nothing was paid: what you have goes further than what you chose.";

/** The API's fields, as the form calls them. */
const LABELS: Record<string, string> = {
  date: "First day",
  provider: "Payment",
  sessionDuration: "Length",
  start: "Time",
  tier: "Tier",
  timeZone: "Time zone",
};

/** What was chosen before a reload, as far as the catalogue still has it; null where it has nothing. */
function knownWish(kept: Wish | null, codes: readonly string[]): Wish | null {
  if (kept !== null && codes.includes(kept.tier)) return kept;
  const [first, second] = codes;
  return first === undefined ? null : { ...(kept ?? firstWish(first)), tier: second ?? first };
}

async function open(client: Client, courseId: string, wish: Wish, checkoutId: string): Promise<Opened> {
  const input = inputOf(courseId, wish, checkoutId);
  const { data, error } = await client.mutation(CreatePayment, { input });
  if (error) return { is: "refused", advice: adviceOn(error) };
  if (!data) throw new Error("an answer has data or an error");
  return opened(data.createPayment);
}

/** For the card that pays twice: another checkout for the same, paid before this one is. */
async function payElsewhere(client: Client, courseId: string, wish: Wish, checkoutId: string): Promise<void> {
  const other = await open(client, courseId, wish, `${checkoutId} elsewhere`);
  if (other.is === "open") await client.mutation(ConfirmPayment, { input: { paymentId: other.paymentId } });
}
