// What `sync --json` (first and second pass) and `list --json` say about a vault whose uploads are known: .ci/suites/clients.sh calls it
// with a directory that holds uploads.tsv, first.json, second.json and list.json. Ends with 0 when all of it is right.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OUTPUT_SCHEMAS } from '../../src/core/output-schemas.ts';

interface Upload {
  readonly vault: string;
  readonly key: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly proof: string;
}

/** Its archives have to be known by their versions. */
const VERSIONED_VAULT = 'versioned';

const [dir = '.'] = process.argv.slice(2);
const read = (name: string): string => readFileSync(join(dir, name), 'utf8');

const uploads = read('uploads.tsv').trim().split('\n').map(parseUpload);
const first = OUTPUT_SCHEMAS.sync.parse(JSON.parse(read('first.json')));
const second = OUTPUT_SCHEMAS.sync.parse(JSON.parse(read('second.json')));
const list = OUTPUT_SCHEMAS.list.parse(JSON.parse(read('list.json')));

for (const pass of [first, second]) {
  assert.deepEqual([pass.stopped, pass.afterwards, pass.attention], [null, null, []]);
  for (const { problem, failures, adopted } of pass.vaults)
    assert.deepEqual([problem, failures, adopted], [null, [], 0]);
}
for (const vault of first.vaults) {
  const own = uploads.filter((upload) => upload.vault === vault.vault);
  assert.ok(own.length > 0, `nothing was uploaded to ${vault.vault}`);
  assert.deepEqual([vault.downloaded, vault.downloadedBytes], [own.length, totalBytes(own)], vault.vault);
}
for (const { vault, listed, newArchives, downloaded } of second.vaults) {
  assert.ok(listed > 0, `${vault}: nothing is listed`);
  assert.deepEqual([newArchives, downloaded], [0, 0], `${vault}: the second pass has nothing to do`);
}

const found = list.archives.map(({ vault, key, sizeBytes, sha256, proof }) => ({
  vault,
  key,
  sizeBytes,
  sha256,
  proof,
}));
assert.deepEqual(found.map(inOneLine).sort(), uploads.map(inOneLine).sort());
for (const { key, vault, path, state, versionId, suspect, conflictAt, damagedAt, goneAt } of list.archives) {
  assert.deepEqual([state, suspect, conflictAt, damagedAt, goneAt], ['stored', null, null, null, null], key);
  assert.equal(versionId !== null, vault === VERSIONED_VAULT, `${vault}/${key}: version ${versionId}`);
  assert.ok(path?.startsWith(key), `${key} lies at ${path}`);
}
process.stdout.write(`${uploads.length} archives, ${totalBytes(uploads)} bytes: reported as they are\n`);

function parseUpload(line: string): Upload {
  const [vault = '', key = '', size = '', sha256 = '', proof = ''] = line.split('\t');
  return { vault, key, sizeBytes: Number(size), sha256, proof };
}

function totalBytes(some: readonly Upload[]): number {
  return some.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

function inOneLine({
  vault,
  key,
  sizeBytes,
  sha256,
  proof,
}: Omit<Upload, 'sha256' | 'proof'> & { sha256: string | null; proof: string | null }) {
  return [vault, key, sizeBytes, sha256, proof].join(' ');
}
