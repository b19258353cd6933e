/** The names of resources inside the stack. Letters and digits only (CloudFormation user guide, "Resources"). */
export const IDS = {
  inbox: 'Inbox',
  inboxPolicy: 'InboxBucketPolicy',
  vault: 'Vault',
  vaultPolicy: 'VaultBucketPolicy',
  role: 'PromoterRole',
  promoter: 'Promoter',
  retries: 'PromoterRetries',
  log: 'PromoterLog',
  deadLetters: 'FailedEvents',
  deadLettersPolicy: 'FailedEventsPolicy',
  inboxMayCall: 'InboxMayCallPromoter',
  sweep: 'DailySweep',
  sweepMayCall: 'DailySweepMayCallPromoter',
  topic: 'Alarms',
  mail: 'AlarmMail',
} as const;

/**
 * A logical id made of a name from the description, for example `ServerwebDash1` for web-1. It depends on that name only: an id that changed
 * with the place in a list would make another user of it. Two names never share one: words that stand for characters begin with a capital,
 * and so do capitals of the name (`CapitalA`).
 */
export function logicalId(kind: string, name: string): string {
  return kind + [...name].map((character) => (/[a-z0-9]/.test(character) ? character : word(character))).join('');
}

const WORDS: Readonly<Record<string, string>> = { '-': 'Dash', '.': 'Dot', _: 'Line' };

function word(character: string): string {
  return WORDS[character] ?? `Capital${character}`;
}
