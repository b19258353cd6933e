/** What is known of the time. All in milliseconds since 1970 UTC. */
export interface ClockEvidence {
  /** This machine's clock. */
  readonly localNowMs: number;
  /** Each vault's clock minus this machine's, from its Date header just now; null: it did not answer or did not say. */
  readonly offsetsMs: readonly (number | null)[];
  /** The latest time that was ever trusted before (kept in the catalog), or null. */
  readonly lastTrustedMs: number | null;
}

export type TrustedNow =
  | { readonly trusted: true; readonly nowMs: number }
  /** `why` is for a person. */
  | { readonly trusted: false; readonly why: string };
