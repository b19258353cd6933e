import { REGION } from './s3-key.ts';

export const INBOX = 'example-inbox';
export const VAULT = 'example-vault';
export const LOCK_DAYS = 30;
/** Above it an upload of a database stays in the inbox. */
export const MAX_SQL_BYTES = 2_000_000;

/** The upload side's description as its owner writes it; `suffix` is what encrypted files end in. */
export function uploadSideText(suffix: string): string {
  return `region: ${REGION}
timezone: UTC
inbox: ${INBOX}
vault: ${VAULT}
servers:
  - name: web1
    promote:
      - { upload: backup.tar.gz.${suffix}, becomes: "{date}.tar.gz.${suffix}", minSize: 1kB, maxSize: 50MB }
      - { upload: etc.tar.gz.${suffix}, becomes: "{date}.etc.tar.gz.${suffix}", minSize: 100B, maxSize: 1MB }
      - { upload: sql.gz.${suffix}, becomes: "{date}.{hour}.sql.gz.${suffix}", minSize: 1kB, maxSize: ${MAX_SQL_BYTES / 1e6}MB }
  - name: web2
    promote:
      - { upload: backup.tar.gz.${suffix}, becomes: "{date}.tar.gz.${suffix}" }
      - { upload: sql.gz.${suffix}, becomes: "{date}.{hour}.sql.gz.${suffix}" }
mirrors: [{ name: home-pi, mayBeAway: 14d }]
lock: { mode: governance, days: ${LOCK_DAYS} }
lifecycle: { inboxExpire: 30d, expire: 400d }
notifyEmail: you@example.org
`;
}
