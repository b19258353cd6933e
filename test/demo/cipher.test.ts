import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { chooseCipher } from '../../src/demo/cipher.ts';
import { runProgram } from '../../src/demo/run-program.ts';

const { signal } = new AbortController();
const plain = Buffer.from('an archive'.repeat(1000));

async function chosen(dir: string) {
  const passphrase = 'correct horse';
  writeFileSync(join(dir, 'passphrase.txt'), `${passphrase}\n`);
  return chooseCipher({ passphrase, passphraseFile: 'passphrase.txt', dir, homeDir: join(dir, 'gnupg'), signal });
}

t.test('where there is no gpg: AES in the format of openssl', async (t) => {
  const dir = t.testdir({});
  const path = process.env.PATH;
  mkdirSync(join(dir, 'empty'));
  process.env.PATH = join(dir, 'empty');
  const cipher = await chosen(dir).finally(() => {
    process.env.PATH = path;
  });
  t.equal(cipher.suffix, 'enc');
  const sealed = await cipher.encrypt(plain);
  t.equal(sealed.indexOf('an archive'), -1);
  t.same(await cipher.decrypt(sealed), plain);
  await t.rejects(cipher.decrypt(Buffer.concat([sealed.subarray(0, 8), Buffer.alloc(8), sealed.subarray(16)])));
});

t.test('on this machine: what it writes is opened by the command that it names, where that is installed', async (t) => {
  const dir = t.testdir({});
  const cipher = await chosen(dir);
  const sealed = await cipher.encrypt(plain);
  t.same(await cipher.decrypt(sealed), plain);
  writeFileSync(join(dir, 'archive'), sealed);
  const { status, stdout, text } = await runProgram('sh', ['-c', cipher.command('archive')], { cwd: dir, signal });
  if (status === 127) t.comment('neither gpg nor openssl is here');
  else t.same(stdout, plain, text);
});
