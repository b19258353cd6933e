// What `cloud policies` prints, attached to users and buckets of a real server, and every cell of the policy table done for real by an S3
// client: `node test/cloud/policies/enforce.ts radosgw|minio URL [path of mc]`, on a fresh server of test/servers. Ends with 0 when all was as
// the table says, apart from the server's own deviations, and each of those was seen.

import { DEVIATIONS } from './deviations.ts';
import { SIDE } from './example-side.ts';
import { tryFirstArticle } from './first-article-for-real.ts';
import { minioAccount } from './minio-account.ts';
import { policyTable } from './policy-table.ts';
import { radosgwAccount } from './radosgw-account.ts';
import { setUpAccount } from './set-up-account.ts';
import { type Attempt, tryActs } from './try-acts.ts';

const [flavour = '', endpoint = '', mc = ''] = process.argv.slice(2);
if (flavour !== 'radosgw' && flavour !== 'minio') throw new Error('enforce.ts radosgw|minio URL [path of mc]');
const account = flavour === 'minio' ? minioAccount(endpoint, mc) : radosgwAccount(endpoint);
const deviations = new Map(DEVIATIONS[flavour].map((deviation) => [deviation, 0]));
const counts = { done: 0, refused: 0 };
const wrong: string[] = [];

const stage = await setUpAccount(account);
for (const attempt of await tryActs(policyTable(flavour), stage)) {
  if (isAsTheTableSays(attempt)) {
    counts[attempt.cell.allowed ? 'done' : 'refused'] += 1;
    continue;
  }
  const known = DEVIATIONS[flavour].find((deviation) => deviation.fits(attempt));
  if (known === undefined) wrong.push(inOneLine(attempt));
  else deviations.set(known, (deviations.get(known) ?? 0) + 1);
}

say(`${flavour}: ${counts.done} acts that are allowed were done, ${counts.refused} that are not were refused`);
for (const [{ name }, times] of deviations) {
  say(`known deviation, seen ${times} times: ${name}`);
  if (times === 0) wrong.push(`a deviation that is none any more: ${name}`);
}
wrong.push(...(await readableByEverybody()));
if (flavour === 'radosgw') wrong.push(...(await tryFirstArticle(account, stage.root)));
for (const line of wrong) say(`WRONG: ${line}`);
process.exitCode = wrong.length === 0 && counts.done > 50 && counts.refused > 500 ? 0 : 1;

function isAsTheTableSays({ cell, outcome, isPointless }: Attempt): boolean {
  return cell.allowed ? outcome === 'done' || isPointless : outcome === 'refused';
}

/** By then uploads with all kinds of ACLs were tried under every key of the table. */
async function readableByEverybody(): Promise<string[]> {
  const readable: string[] = [];
  const places = new Set(policyTable('aws').map(({ bucket, key }) => `${SIDE[bucket ?? 'inbox']}/${key ?? ''}`));
  for (const place of places) {
    const { status } = await fetch(`${endpoint}/${place}`);
    if (status !== 403 && status !== 404) readable.push(`without any key, ${place} answers ${status}`);
  }
  say(`${places.size} places tried without any key`);
  return readable;
}

function inOneLine({ cell, act, ofOwn, outcome }: Attempt): string {
  const { who, action, bucket, key, context, allowed } = cell;
  const place = `${bucket ?? ''}/${key ?? ''} ${JSON.stringify(context)}${ofOwn ? ' of its own' : ''}`;
  return `${who} ${allowed ? 'may' : 'may not'} ${action}, but ${act} on ${place}: ${outcome}`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
