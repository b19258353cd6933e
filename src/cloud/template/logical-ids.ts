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
 * A logical id made of a name from the description. It depends on that name only: an id that changed with the place in a list would make
 * another user of it. Two names never share one.
 */
export function logicalId(kind: string, name: string): string {
  return kind + [...name].map((character) => (/[A-WYZa-z0-9]/.test(character) ? character : hex(character))).join('');
}

/** `-` is `X2D`; a capital X is written so, too. */
function hex(character: string): string {
  return `X${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}
