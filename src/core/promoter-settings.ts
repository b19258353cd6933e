/**
 * All that a promoter is told: made from the upload side's description (cloud/), obeyed by promoter/. Plain JSON, because it travels
 * inside a CloudFormation template.
 */
export interface PromoterSettings {
  /** Bucket that the servers write to. */
  readonly inbox: string;
  /** Bucket that only the promoter writes to. */
  readonly vault: string;
  /** IANA name; dates and hours in vault names are meant in it. */
  readonly timezone: string;
  readonly servers: readonly PromoterServer[];
}

export interface PromoterServer {
  readonly name: string;
  /** Ends in `/`; no server's prefix begins with another's. */
  readonly prefix: string;
  /** The first whose `upload` fits decides. */
  readonly rules: readonly PromotionRule[];
}

export interface PromotionRule {
  /** Name of the upload below the server's prefix; `{name}` and `{part}` may stand in it. */
  readonly upload: string;
  /** Name in the vault below the same prefix; has `{date}`, may have `{hour}`, and `{name}` and `{part}` where `upload` has them. */
  readonly becomes: string;
  /** At least 1: an empty upload is never promoted. */
  readonly minSizeBytes: number;
  readonly maxSizeBytes: number;
}
