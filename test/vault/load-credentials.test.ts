import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { AppError } from '../../src/core/errors.ts';
import { createVaultReader } from '../../src/vault/create-vault-reader.ts';
import type { VaultCredentials } from '../../src/vault/load-credentials.ts';
import { object, signal, startWireServer } from './wire-server.ts';

/** The access key that the server saw, or the error. */
async function keyOf(
  t: Parameters<typeof startWireServer>[0],
  credentials: VaultCredentials,
): Promise<string | AppError> {
  let seen = '';
  const server = await startWireServer(t, (request, response) => {
    seen = /Credential=([^/]+)/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    response.setHeader('etag', '"abc"');
    response.setHeader('content-length', 10);
    response.end();
  });
  const reader = createVaultReader({
    name: 'web',
    bucket: 'vault',
    region: 'us-east-1',
    prefix: '',
    endpoint: server.endpoint,
    credentials,
    idleTimeoutMs: 2000,
    connectTimeoutMs: 2000,
    maxSockets: 2,
    clock: { now: () => 0 },
  });
  try {
    await reader.head(object(), signal);
    return seen;
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  } finally {
    reader.close();
  }
}

const FILE = `[default]
aws_access_key_id = AKDEFAULT
aws_secret_access_key = secret-of-default

[mirror]
aws_access_key_id = AKMIRROR
aws_secret_access_key = secret-of-mirror
[profile long-form]
aws_access_key_id = AKLONG
aws_secret_access_key = secret-of-long
[half]
aws_access_key_id = AKHALF
[command]
credential_process = /bin/sh -c 'echo "{\\"Version\\":1,\\"AccessKeyId\\":\\"AKPROCESS\\",\\"SecretAccessKey\\":\\"x\\"}"'
`;

t.test('a file, by profile or by default', async (t) => {
  const file = join(t.testdir({ credentials: FILE }), 'credentials');
  process.env.AWS_ACCESS_KEY_ID = 'AKENVIRONMENT';
  process.env.AWS_SECRET_ACCESS_KEY = 'x';
  t.equal(await keyOf(t, { file }), 'AKDEFAULT', 'the environment plays no part');
  t.equal(await keyOf(t, { file, profile: 'mirror' }), 'AKMIRROR');
  t.equal(await keyOf(t, { file, profile: 'long-form' }), 'AKLONG');
  t.equal(await keyOf(t, { file, profile: 'command' }), 'AKPROCESS');
  t.equal(await keyOf(t, {}), 'AKENVIRONMENT', 'nothing named: the SDK’s own chain');
  writeFileSync(file, FILE.replace('AKDEFAULT', 'AKROTATED'));
  t.equal(await keyOf(t, { file }), 'AKROTATED', 'a new reader reads the file anew');
});

t.test('a profile of the user’s own files', async (t) => {
  const dir = t.testdir({ credentials: FILE, config: '[profile other]\nregion = x\n' });
  process.env.AWS_SHARED_CREDENTIALS_FILE = join(dir, 'credentials');
  process.env.AWS_CONFIG_FILE = join(dir, 'config');
  t.teardown(() => {
    delete process.env.AWS_SHARED_CREDENTIALS_FILE;
    delete process.env.AWS_CONFIG_FILE;
  });
  t.equal(await keyOf(t, { profile: 'mirror' }), 'AKMIRROR');
  t.match(await keyOf(t, { profile: 'mirrored' }), {
    code: 'VAULT_NO_CREDENTIALS',
    message: /vault web: no usable profile \[mirrored\] in the AWS credentials/,
  });
});

t.test('what is missing is named, what is there is not shown', async (t) => {
  const file = join(t.testdir({ credentials: FILE }), 'credentials');
  const gone = await keyOf(t, { file: `${file}-gone` });
  t.match(gone, { code: 'VAULT_NO_CREDENTIALS', message: /credentials-gone does not exist/ });
  for (const profile of ['half', 'absent']) {
    const error = await keyOf(t, { file, profile });
    t.match(error, { code: 'VAULT_NO_CREDENTIALS', hint: /aws_secret_access_key/ });
    t.ok(error instanceof AppError && error.message.includes(`[${profile}]`) && error.message.includes(file));
    t.notMatch(JSON.stringify(error, Object.getOwnPropertyNames(error)), /secret-of|AKHALF/);
  }
  t.match(await keyOf(t, { file: t.testdir({}) }), { code: 'VAULT_NO_CREDENTIALS', message: /EISDIR/ });
});

t.test('a file that this user may not read', async (t) => {
  const file = join(t.testdir({ credentials: FILE }), 'credentials');
  chmodSync(file, 0o000);
  // Root reads everything, so root is nobody for a moment.
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65534);
  try {
    t.match(await keyOf(t, { file }), { code: 'VAULT_NO_CREDENTIALS', message: /may not be read/ });
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
});
