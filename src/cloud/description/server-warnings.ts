import type { PromotionRule } from '../../core/promoter-settings.ts';
import { formatBytes } from '../../core/size.ts';
import { hasOpenName } from './maximum-monthly-cost.ts';
import type { ServerDescription } from './upload-side.ts';
import type { Warning } from './warning.ts';

/** Names of what people back up more often than daily. */
const OFTEN = /hour|sql|dump|mongo|redis|\bdb\b/i;
/** What 900 s, the longest that Lambda runs, leave at 250 MB/s; how fast S3 copies is nowhere promised. */
const SLOW_PROMOTION_BYTES = 200 * 1000 ** 3;

/** The price of what a server's key may do, and of its rules. */
export function serverWarnings(server: ServerDescription, index: number): Warning[] {
  const place = ['servers', index];
  const { name, prefix, level } = server;
  const found: Warning[] = [];
  if (level === 'list') {
    found.push({
      code: 'may-list',
      path: [...place, 'mayList'],
      message: `Whoever breaks into ${name} sees names, sizes and times of what waits below ${prefix} in the inbox: how often it backs up, and how much. The vault stays hidden.`,
    });
  }
  if (level === 'delete') {
    found.push({
      code: 'may-delete',
      path: [...place, 'mayDelete'],
      message:
        `Whoever breaks into ${name} can list and delete what waits below ${prefix} in the inbox, to keep you from recovering. The article on write-only keys ` +
        'recommends this only where the backups are copied home every day. The inbox is versioned: a deletion only hides an upload, and the ' +
        'promoter’s daily sweep still finds it. What is in the vault is out of reach. Use it only for a program that must delete old uploads itself.',
    });
  }
  if (server.mayKeepOwnerAcl) {
    found.push({
      code: 'owner-acl',
      path: [...place, 'ownerAcl'],
      message: `The key of ${name} may set one ACL, bucket-owner-full-control, which changes nothing in these buckets. Leave it out unless the program (Akeeba Backup) fails without.`,
    });
  }
  return [...found, ...server.rules.flatMap((rule, at) => ruleWarnings(rule, [...place, 'promote', at], name))];
}

function ruleWarnings(rule: PromotionRule, place: (string | number)[], server: string): Warning[] {
  const { upload, becomes, maxSizeBytes } = rule;
  const found: Warning[] = [];
  if (hasOpenName(becomes)) {
    found.push({
      code: 'any-number-of-names',
      path: [...place, 'becomes'],
      message: `Part of the name is chosen by ${server}: if it is hacked, it can fill the vault with any number of archives, each of up to ${formatBytes(maxSizeBytes)} and locked, at your cost.`,
    });
  }
  if (!becomes.includes('{hour}') && OFTEN.test(upload)) {
    found.push({
      code: 'one-a-day',
      path: [...place, 'becomes'],
      message: `Only the first "${upload}" of a day is kept. If ${server} uploads it more often, write {hour} as well: "{date}.{hour}…" keeps one an hour.`,
    });
  }
  if (maxSizeBytes > SLOW_PROMOTION_BYTES) {
    found.push({
      code: 'slow-promotion',
      path: [...place, 'maxSize'],
      message: `${formatBytes(maxSizeBytes)} may be more than the promoter can copy in the 900 s that Lambda gives it; such an upload would stay in the inbox and raise an alarm.`,
    });
  }
  return found;
}
