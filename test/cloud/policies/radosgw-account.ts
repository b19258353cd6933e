import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { AccessKey, ServerAccount } from './server-account.ts';

const run = promisify(execFile);
const ROOT: AccessKey = { accessKeyId: 'AKroot', secretAccessKey: 'SKroot' };

/** A radosgw that test/servers/rgw-up.sh has started; CEPH_CONF names its configuration. */
export function radosgwAccount(endpoint: string): ServerAccount {
  const environment = {
    ...process.env,
    AWS_ACCESS_KEY_ID: ROOT.accessKeyId,
    AWS_SECRET_ACCESS_KEY: ROOT.secretAccessKey,
    AWS_DEFAULT_REGION: 'us-east-1',
  };
  return {
    flavour: 'radosgw',
    endpoint,
    region: 'us-east-1',
    rootKey: ROOT,
    async createUser(name, { accessKeyId, secretAccessKey }) {
      const key = [`--access-key=${accessKeyId}`, `--secret-key=${secretAccessKey}`];
      await run('radosgw-admin', [
        '-n',
        'client.rgw',
        'user',
        'create',
        `--uid=${name}`,
        `--display-name=${name}`,
        ...key,
      ]);
    },
    async attach(user, policyName, document) {
      const what = ['--user-name', user, '--policy-name', policyName, '--policy-document', JSON.stringify(document)];
      await run('aws', ['--endpoint-url', endpoint, 'iam', 'put-user-policy', ...what], { env: environment });
    },
  };
}
