// Where one logs in: by the issuer, where there is one, and by pasting a token.

import { useId, useState, type FormEvent } from "react";
import { configured } from "../config";
import { logIn, Refused } from "./login";
import { issuerName, leaveForIssuer } from "./oidc";

export function LogIn({ why }: { why: string | null }) {
  const { oidc } = configured();
  const [pasted, setPasted] = useState("");
  const [trouble, setTrouble] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const field = useId();

  const attempt = async (work: () => Promise<void>) => {
    if (isBusy) return;
    setBusy(true);
    setTrouble(null);
    try {
      await work();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      setTrouble(error.message);
    } finally {
      setBusy(false);
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (pasted.trim() === "") setTrouble("Paste a token first.");
    else void attempt(() => logIn(pasted));
  };
  const said = trouble ?? why;

  return (
    <div className="login">
      <div role="alert">{said && <p className="said">{said}</p>}</div>
      {oidc && (
        <>
          <button className="primary" type="button" aria-disabled={isBusy} onClick={() => void attempt(() => leaveForIssuer(oidc))}>
            Log in with {issuerName(oidc)}
          </button>
          <p className="or">or</p>
        </>
      )}
      <form onSubmit={submit}>
        <label htmlFor={field}>Access token of role ADMIN</label>
        <textarea
          id={field}
          value={pasted}
          onChange={(event) => setPasted(event.target.value)}
          rows={4}
          spellCheck={false}
          autoCapitalize="off"
          autoComplete="off"
          placeholder="eyJhbGciOi…"
          aria-invalid={trouble !== null}
        />
        <p className="hint">
          It is kept in this tab until you close it, and sent to this gateway only.
          {configured().isDevelopment && !oidc && (
            <>
              {" "}
              To make one here: <code>gateway token --role admin --subject you --ttl 28800</code>
            </>
          )}
        </p>
        <button className={oidc ? "" : "primary"} type="submit" aria-disabled={isBusy}>
          {isBusy ? "One moment…" : "Log in"}
        </button>
      </form>
    </div>
  );
}
