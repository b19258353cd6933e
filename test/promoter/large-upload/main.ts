import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { parseArgs } from 'node:util';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { planCopy } from '../../../src/promoter/copy-plan.ts';
import { createPromoter } from '../../../src/promoter/create-promoter.ts';
import { createS3Storage } from '../../../src/promoter/s3-storage.ts';
import { putGenerated } from './put-generated.ts';
import { meterRequests } from './request-meter.ts';

/**
 * A large upload through the real promoter on a server that runs already (test/servers/versitygw-up.sh), and what follows from it for 50 GB:
 * `node test/promoter/large-upload/main.ts --endpoint URL [--bytes 6000000000]`. Takes twice so much room on the server's disk.
 */
const { values } = parseArgs({
  options: { endpoint: { type: 'string', default: '' }, bytes: { type: 'string', default: '6000000000' } },
});
const sizeBytes = Number(values.bytes);
const GB = 1e9;
/** Lambda's 900 s, less what the promoter keeps for tidying up (src/promoter/lambda.ts). */
const TIME_MS = 880_000;

const credentials = { accessKeyId: 'AKroot', secretAccessKey: 'SKroot-secret' };
const connect = () =>
  new S3Client({ endpoint: values.endpoint, region: 'us-east-1', credentials, forcePathStyle: true, maxAttempts: 1 });
const admin = connect();
const client = connect();
const counts = meterRequests(client);
const run = Date.now().toString(36);
const buckets = { inbox: `inbox-${run}`, vault: `vault-${run}` };
for (const Bucket of Object.values(buckets)) {
  await admin.send(new CreateBucketCommand({ Bucket }));
  await admin.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
}

const key = 'web1/backup.tar.gz.gpg';
let beganMs = performance.now();
const { versionId, sha256 } = await putGenerated(admin, { Bucket: buckets.inbox, Key: key }, sizeBytes);
tell(`uploaded ${sizeBytes / GB} GB in ${seconds(performance.now() - beganMs)}`);

const rule = { upload: 'backup.tar.gz.gpg', becomes: '{date}.tar.gz.gpg', minSizeBytes: 1, maxSizeBytes: 50 * GB };
const settings = { ...buckets, timezone: 'UTC', servers: [{ name: 'web1', prefix: 'web1/', rules: [rule] }] };
const now = Date.now;
const promoter = createPromoter({ settings, storage: createS3Storage(client, buckets), log: () => {}, now });
beganMs = performance.now();
const decision = await promoter.handle({ bucket: buckets.inbox, key, versionId, eventTimeMs: now() });
const tookMs = performance.now() - beganMs;
assert.equal(decision.kind, 'promoted');

const parts = planCopy(sizeBytes).length;
const copies = counts.get('UploadPartCopy') ?? assert.fail('no part was copied');
tell(`promoted in ${seconds(tookMs)}, compared by ${decision.proof}`);
for (const [operation, { requests, mostInFlight, durationsMs }] of counts) {
  const sorted = [...durationsMs].sort((a, b) => a - b);
  const [median = 0, longest = 0] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
  tell(
    `  ${operation}: ${requests}, at most ${mostInFlight} at a time, median ${seconds(median)}, longest ${seconds(longest)}`,
  );
}
assert.equal(copies.requests, parts);
assert.ok(copies.mostInFlight > 1, 'the parts were copied one after the other');
assert.equal(counts.get('CopyObject'), undefined);

// The same bytes, under the one new name, and nothing left over.
const vaultKey = decision.vaultKey ?? assert.fail('no name');
const got = await admin.send(new GetObjectCommand({ Bucket: buckets.vault, Key: vaultKey, Range: 'bytes=0-' }));
const hash = createHash('sha256');
for await (const chunk of got.Body as AsyncIterable<Uint8Array>) hash.update(chunk);
assert.equal(hash.digest('hex'), sha256);
const inbox = await admin.send(new ListObjectVersionsCommand({ Bucket: buckets.inbox }));
assert.deepEqual([inbox.Versions, inbox.DeleteMarkers], [undefined, undefined]);
const left = await admin.send(new ListMultipartUploadsCommand({ Bucket: buckets.vault }));
assert.equal(left.Uploads, undefined);

// What carries over to another server: how many requests there are, and how many of them go at a time. Not how fast this disk is.
const largeParts = planCopy(50 * GB).length;
const otherRequests = [...counts.values()].reduce((sum, { requests }) => sum + requests, 0) - copies.requests;
const rounds = Math.ceil(largeParts / copies.mostInFlight);
const partBytes = Math.ceil((50 * GB) / largeParts);
tell(
  `50 GB: ${largeParts} parts, ${largeParts + otherRequests} requests, ${rounds} rounds of ${copies.mostInFlight} parts`,
);
tell(`  at this server's rate ${seconds((tookMs / sizeBytes) * 50 * GB)} of ${seconds(TIME_MS)}`);
tell(
  `  ${seconds(TIME_MS)} are enough where a part of ${(partBytes / 1e6).toFixed(0)} MB is copied within ${seconds(TIME_MS / rounds)}`,
);
admin.destroy();
client.destroy();

function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
