import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { runProgram as runCommand } from '../../src/demo/run-program.ts';
import { runProgram } from '../support/command-fixture.ts';

const temporary = realpathSync(mkdtempSync(join(tmpdir(), 'pullmirror-demo-test-')));
process.env.TMPDIR = temporary;
t.teardown(() => rmSync(temporary, { recursive: true, force: true }));

/** Directories that the demo made. */
const leftovers = () => readdirSync(temporary).filter((name) => name.startsWith('pullmirror-demo-'));

/** Processes that have one of our directories open, stand in it, or were started with its name. */
function processesAt(dir: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid) || pid === String(process.pid)) return false;
    try {
      const cmdline = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      return cmdline.includes(dir) || readlinkSync(`/proc/${pid}/cwd`).startsWith(dir);
    } catch {
      return false; // it ended just now, or belongs to somebody else
    }
  });
}

t.test('the whole story, in time, and nothing left running', { timeout: 100_000 }, async (t) => {
  const startedMs = performance.now();
  const { status, stdout, stderr } = await runProgram(['demo'], { cwd: temporary, restarts: true });
  const lastedMs = performance.now() - startedMs;
  t.equal(status, 0, stderr + stdout);
  // Half a minute on a machine that has nothing else to do; others may be at work on this one.
  const crowd = Math.max(1, (loadavg()[0] ?? 0) / availableParallelism());
  t.ok(lastedMs < 30_000 * crowd, `it took ${Math.round(lastedMs)} ms, ${crowd.toFixed(1)} times crowded`);
  t.notOk(stdout.includes('\x1b') || stdout.includes('\\x1b'), 'plain lines where there is no terminal');

  for (const line of [
    /✓ the 8 documents attached to users, role and buckets are those in policies\/, word for word/,
    /✓ 12 archives are in the vault under the names that the clock gave them, byte for byte/,
    /✓ all 12 archives are plain files on the disk, equal to what the servers made/,
    /✓ coreutils agree: 12 of 12 OK/,
    /✓ it is last night’s archive, byte for byte/,
    /✓ every file of the site is back and equal to the original/,
    /✓ the bad download did not get its name/,
    /✓ it went on where it had stopped/,
    /✓ today’s real backup of the site comes too late/,
    /✓ \d+ attempts later all 14 earlier archives are in the vault, in one version each, byte for byte/,
    /✓ and at home, too/,
    /✓ the bucket’s policy binds administrators, too: .*OnlyThePromoterWrites/,
    /✓ both are kept, in two files; exit status 3/,
    /CONFLICT, the key was known with other content: 1/,
    /✓ the disk still holds all 15 archives/,
    /GONE from the vault, kept here: 6/,
    /✓ a POSIX shell and coreutils suffice/,
  ])
    t.match(stdout, line);

  const table = stdout.slice(stdout.indexOf('is taken over'), stdout.indexOf('What it did achieve'));
  const rows = table.match(/^ {2}✓ .{50} .+$/gm) ?? [];
  t.ok(rows.length > 40, `${rows.length} attempts`);
  t.ok(Math.max(...rows.map((row) => row.length)) <= 100, 'the table fits 100 columns');
  for (const row of [
    /✓ list the inbox +pullmirror-writers-strict: RefuseAllElse$/m,
    /✓ delete an archive’s version, past its lock +pullmirror-writers-strict: RefuseTheVault$/m,
    /✓ write into another server’s folder +no statement allows it$/m,
    /✓ upload in a class that the promoter cannot read +pullmirror-writers-strict: RefuseOtherClasses$/m,
    /✓ overwrite this hour’s backup before its promotion +promoter: name-taken, by the real one$/m,
    /✓ choose the date by itself, in the name +promoter: unknown-name$/m,
    /✓ sign as if it were yesterday \(x-amz-date\) +S3: RequestTimeTooSkewed$/m,
    /✓ the same, and S3’s message gets lost +sweep of the inbox: time-unknown$/m,
    /✓ upload the same name 50 times +promoter: name-taken, 50 times$/m,
    /✓ garbage as today’s site, before the real one +promoted, as \d{4}-\d\d-\d\d\.tar\.gz\.\w+ only$/m,
  ])
    t.match(table, row);
  t.match(stdout, /✓ far too large garbage as today’s settings +mirror: held/);

  const [name = ''] = leftovers();
  t.same(leftovers(), [name], 'one directory is left');
  const dir = join(temporary, name);
  t.same(processesAt(dir), []);
  t.same(
    readdirSync(dir).sort(),
    ['mirror.yaml', 'passphrase.txt', 'policies', 'restored', 'state', 'store', 'upload-side.yaml'].sort(),
  );
  const [, endpoint = ''] = /endpoint: (\S+)/.exec(stdout) ?? [];
  await t.rejects(fetch(endpoint), 'its servers are gone');

  // What it tells the person to type does what it says, in one go from `cd` to `tar`; the restored archive is replaced by itself.
  const commands = [...stdout.matchAll(/^ {2}((?:cd|node|sh|cp|gpg|openssl) .*)$/gm)].map(
    ([, command = '']) => command,
  );
  const from = commands.indexOf(`cd ${dir}`);
  const typed = commands.slice(from).map((command) => command.replace(/^node /, `'${process.execPath}' `));
  t.equal(typed.length, 5, typed.join('\n'));
  const [cd = '', first = '', second = '', third = '', open = ''] = typed;
  for (const get of [first, second, third]) {
    const script = `${cd} && mkdir typed && cd typed && ln -s ../passphrase.txt ../mirror.yaml ../store . && ${get} && ${open}`;
    const { status, text } = await runCommand('sh', ['-c', script], { signal: AbortSignal.timeout(20_000) });
    t.equal(status, 0, `${get}\n${text}`);
    t.match(readFileSync(join(dir, 'typed/site/index.html'), 'utf8'), /News of/);
    rmSync(join(dir, 'typed'), { recursive: true, force: true });
  }
});

t.test('interrupted, it takes everything away', { timeout: 100_000 }, async (t) => {
  for (const name of leftovers()) rmSync(join(temporary, name), { recursive: true, force: true });
  const { status, stderr } = await runProgram(['demo'], {
    cwd: temporary,
    restarts: true,
    meanwhile: (child) => {
      child.stdout?.on('data', (text: string) => {
        if (text.includes('$ pullmirror')) child.kill('SIGINT');
      });
    },
  });
  t.equal(status, 75, stderr);
  t.same(leftovers(), []);
  t.notOk(existsSync(join(temporary, 'pullmirror-demo-')));
  t.same(processesAt(temporary), []);
});
