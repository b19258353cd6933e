import t from 'tap';
import { startS3Server } from '../../src/demo/s3-server/start-s3-server.ts';
import { testS3Contract } from './s3-contract.ts';

const credentials = { accessKeyId: 'AKcontract', secretAccessKey: 'secret of the contract' };

t.test('the embedded server keeps the contract, without exceptions', async (t) => {
  const clock = { now: () => Date.now(), sleep: () => Promise.reject(new Error('the server does not sleep')) };
  const server = await startS3Server({ dataDir: t.testdir(), users: [credentials], clock });
  t.teardown(() => server.close());
  const target = { endpoint: server.url, region: 'eu-central-1', credentials, checksums: 'WHEN_SUPPORTED' } as const;
  await testS3Contract(t, target, []);
});
