import t from 'tap';
import { AppError } from '../../src/core/errors.ts';
import { translateFsError } from '../../src/store/translate-fs-error.ts';

function systemError(code: string, errno: number): Error {
  return Object.assign(new Error(`${code}: something`), { code, errno });
}

t.test('errors of the disk get their words', async (t) => {
  const table: readonly (readonly [string, number, string])[] = [
    ['ENOSPC', -28, 'STORE_FULL'],
    ['Unknown system error -122', -122, 'STORE_FULL'],
    ['EROFS', -30, 'STORE_READ_ONLY'],
    ['EACCES', -13, 'STORE_FORBIDDEN'],
    ['EPERM', -1, 'STORE_FORBIDDEN'],
    ['EIO', -5, 'STORE_IO'],
    ['Unknown system error -117', -117, 'STORE_IO'],
    ['ENODEV', -19, 'STORE_MISSING'],
    ['ENXIO', -6, 'STORE_MISSING'],
    ['Unknown system error -116', -116, 'STORE_MISSING'],
    ['ENOTCONN', -107, 'STORE_MISSING'],
    ['ELOOP', -40, 'STORE_SYMLINK'],
  ];
  for (const [code, errno, expected] of table) {
    const cause = systemError(code, errno);
    const translated = translateFsError(cause, 'writing /srv/archive/a');
    t.ok(translated instanceof AppError && translated.code === expected, `${code} is ${expected}`);
    t.ok(
      translated instanceof AppError &&
        translated.cause === cause &&
        translated.message.startsWith('writing /srv/archive/a: '),
    );
  }
});

t.test('a permission gets another hint than a read-only disk', async (t) => {
  const denied = translateFsError(systemError('EACCES', -13), 'writing');
  t.match(denied, { hint: /chown/ });
  const unseen = translateFsError(systemError('EACCES', -13), 'reading', 'read');
  t.match(unseen, { code: 'STORE_FORBIDDEN', hint: 'Run it with sudo, or as the user that owns the store.' });
  t.match(translateFsError(systemError('ELOOP', -40), 'reading', 'read'), { hint: /symbolic link/ });
});

t.test('everything else passes unchanged', async (t) => {
  for (const error of [
    systemError('ENOENT', -2),
    new TypeError('x'),
    new AppError('STORE_WRONG', 'x'),
    'text',
    undefined,
  ]) {
    t.equal(translateFsError(error, 'writing'), error);
  }
});
