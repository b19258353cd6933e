import { formatDuration, MINUTE_MS } from './duration.ts';
import { bad, type Finding, ok, unknown, warn } from './finding.ts';

/** S3 refuses requests whose time is further off (RequestTimeTooSkewed). */
const REFUSED_MS = 15 * MINUTE_MS;
const NOTICED_MS = MINUTE_MS;

/**
 * This machine's clock against a server's.
 *
 * @param offsetMs the server's clock minus this machine's, or null when the server did not say
 */
export function judgeClock(check: string, offsetMs: number | null): Finding {
  if (offsetMs === null) return unknown(check, 'the server did not tell its time');
  const words = `this machine's clock is ${formatDuration(Math.abs(offsetMs))} ${offsetMs > 0 ? 'behind' : 'ahead of'} the vault's`;
  const next =
    'Let systemd set it: `timedatectl set-ntp true`; a Raspberry Pi has no clock of its own while it is off.';
  if (Math.abs(offsetMs) > REFUSED_MS) return bad(check, 'VAULT_CLOCK_SKEW', words, next);
  if (Math.abs(offsetMs) > NOTICED_MS) return warn(check, words, next);
  return ok(check, `within ${formatDuration(Math.max(1000, Math.abs(offsetMs)))} of the vault's`);
}
