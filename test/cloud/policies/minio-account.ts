import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { AccessKey, ServerAccount } from './server-account.ts';

const run = promisify(execFile);
const ROOT: AccessKey = { accessKeyId: 'AKroot', secretAccessKey: 'SKroot-secret' };

/** A MinIO that test/servers/minio-up.sh has started, ruled by `mc` (its path). A user's name is its access key there. */
export function minioAccount(endpoint: string, mc: string): ServerAccount {
  const { host } = new URL(endpoint);
  const env = { ...process.env, MC_HOST_test: `http://${ROOT.accessKeyId}:${ROOT.secretAccessKey}@${host}` };
  const admin = async (...args: readonly string[]) => {
    const config = await mkdtemp(join(tmpdir(), 'mc-'));
    try {
      await run(mc, ['--config-dir', config, 'admin', ...args], { env });
    } finally {
      await rm(config, { recursive: true });
    }
  };
  return {
    flavour: 'minio',
    endpoint,
    region: 'us-east-1',
    rootKey: ROOT,
    createUser: (_name, { accessKeyId, secretAccessKey }) => admin('user', 'add', 'test', accessKeyId, secretAccessKey),
    async attach(user, policyName, document) {
      const dir = await mkdtemp(join(tmpdir(), 'policy-'));
      try {
        const file = join(dir, 'policy.json');
        await writeFile(file, JSON.stringify(document));
        await admin('policy', 'create', 'test', policyName, file);
        await admin('policy', 'attach', 'test', policyName, '--user', user);
      } finally {
        await rm(dir, { recursive: true });
      }
    },
  };
}
