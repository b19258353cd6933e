import { spawnSync } from 'node:child_process';

const NOBODY = 65534;

/**
 * What a module script prints when a user without privileges runs it: this user, or nobody where this one is root, whom no mode stops. null where
 * nobody cannot even reach this checkout (below /root): then there is nothing to test.
 */
export function runUnprivileged(script: string, modulePath: string): string | null {
  const asNobody = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  const options = { encoding: 'utf8', cwd: '/', ...asNobody } as const;
  const reaches = spawnSync(
    process.execPath,
    ['--input-type=module', '-e', `await import(${JSON.stringify(modulePath)})`],
    options,
  );
  if (reaches.status !== 0) return null;
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', script], options);
  if (status !== 0) throw new Error(`the script failed: ${stderr}`);
  return stdout;
}
