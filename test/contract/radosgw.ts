import t from 'tap';
import { testS3Contract } from './s3-contract.ts';

/**
 * The contract against a real, independent server, radosgw 16.2 or later of Debian, started by test/servers/rgw-up.sh:
 * `RGW_ENDPOINT=http://127.0.0.1:18480 npx tap test/contract/radosgw.ts`. Not part of `npm test`.
 */
const DEVIATIONS: readonly string[] = [];

const endpoint = process.env.RGW_ENDPOINT;
if (endpoint === undefined) throw new Error('set RGW_ENDPOINT to the URL of a radosgw made by test/servers/rgw-up.sh');

await testS3Contract(
  t,
  {
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKroot', secretAccessKey: 'SKroot' },
    checksums: 'WHEN_REQUIRED',
  },
  DEVIATIONS,
);
