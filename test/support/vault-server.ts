import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { systemClock } from '../../src/commands/system-clock.ts';
import { type S3Server, startS3Server } from '../../src/demo/s3-server/start-s3-server.ts';

/** An S3 server for all tests of a file, with the user that a command fixture's credentials name, and no bucket yet. */
export async function startVaultServer(t: Pick<Test, 'teardown'>): Promise<S3Server> {
  const dataDir = mkdtempSync(join(tmpdir(), 'pullmirror-s3-'));
  const users = [{ accessKeyId: 'AKTEST', secretAccessKey: 'secret-of-the-test' }];
  const server = await startS3Server({ dataDir, users, clock: systemClock });
  t.teardown(async () => {
    await server.close();
    rmSync(dataDir, { recursive: true, force: true });
  });
  return server;
}
