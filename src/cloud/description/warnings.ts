import type { KeyPath } from '../../core/config/mistake.ts';
import { isKnownRegion, nearestRegion } from './aws-names.ts';
import { lifecycleWarnings } from './lifecycle-warnings.ts';
import { serverWarnings } from './server-warnings.ts';
import type { UploadSide } from './upload-side.ts';
import type { Warning } from './warning.ts';

export type { Warning, WarningCode } from './warning.ts';

/** What is allowed but dangerous, or probably not meant, in plain language: never a reason to refuse the description. */
export function warnings(side: UploadSide): readonly Warning[] {
  return [
    ...bucketWarnings(side),
    ...side.servers.flatMap(serverWarnings),
    ...lifecycleWarnings(side),
    ...silenceWarnings(side),
  ];
}

function bucketWarnings(side: UploadSide): Warning[] {
  const found: Warning[] = [];
  if (!isKnownRegion(side.region)) {
    found.push({
      code: 'unknown-region',
      path: ['region'],
      message: `"${side.region}" is no region that this version knows; did you mean ${nearestRegion(side.region)}?`,
    });
  }
  for (const bucket of ['inbox', 'vault'] as const) {
    if (!side[bucket].includes('.')) continue;
    found.push({
      code: 'bucket-with-dot',
      path: [bucket],
      message: `"${side[bucket]}" has a dot: the certificate of S3 does not fit such names, and programs such as s3cmd may refuse to connect. Hyphens are better.`,
    });
  }
  return found;
}

function silenceWarnings({ mirrors, notifyEmail }: UploadSide): Warning[] {
  const found: Warning[] = [];
  const say = (code: Warning['code'], path: KeyPath, message: string) => found.push({ code, path, message });
  if (mirrors.length === 0) {
    say(
      'no-mirrors',
      ['mirrors'],
      'No mirror pulls the vault: everything depends on one AWS account, and on who holds its keys and pays its bills.',
    );
  }
  if (notifyEmail === null) {
    say(
      'no-notify-email',
      ['notifyEmail'],
      'Nobody is told when the promoter fails or uploads stay in the inbox: a promoter that has died looks like one with nothing to do.',
    );
  }
  return found;
}
