// The sandbox's test cards: what each does is what it is called.

export interface Card {
  token: string;
  name: string;
  what: string;
}

export const WORKS = "tok_succeed";

/** Not a token of the provider's: two payments are opened before either is paid, as two devices would. */
export const TWICE = "twice";

export const CARDS: readonly Card[] = [
  { token: WORKS, name: "Works", what: "The money is taken at once." },
  { token: "tok_decline_insufficient_funds", name: "Is declined", what: "Not enough money in the account." },
  { token: "tok_process_2", name: "Takes a while", what: "The bank is still checking, for some seconds." },
  { token: "tok_timeout", name: "Gives no answer", what: "The money is taken, but the answer gets lost." },
  { token: "tok_capture_100_INR", name: "Charges another amount", what: "Not the price: all of it goes back." },
  { token: "tok_cancel", name: "Closes the checkout", what: "Nothing is taken, and this checkout is over." },
];

export const TWICE_CARD: Card = {
  token: TWICE,
  name: "Pays twice",
  what: "You paid on your phone as well: one of the two goes back.",
};
