// A vault to pull from, inside the container: the embedded S3 server of the clone, which is no part of an installation.
import { startS3Server } from './s3-server.mjs';

const server = await startS3Server({
  dataDir: '/tmp',
  users: [{ name: 'mirror', accessKeyId: 'AK', secretAccessKey: 'SK' }],
  clock: { now: Date.now, sleep: () => Promise.reject(new Error('not used')) },
  port: 9000,
});
server.addBucket('example-vault', { versioning: 'Enabled' });
server.seed('example-vault', [
  ...Array.from({ length: 20 }, (_, index) => ({ key: `web1/small-${index}.gpg`, body: `archive ${index}` })),
  { key: 'web1/large.tar.gz.gpg', body: { sizeBytes: 64 * 1024 * 1024, seed: 7 } },
]);
process.on('SIGTERM', () => server.close());
