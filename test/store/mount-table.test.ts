import t from 'tap';
import { findMount, parseMountTable, readMountTable } from '../../src/store/mount-table.ts';

/** As initramfs leaves it: /dev and /proc were mounted before the root that they lie in. */
const TABLE = `22 27 0:21 / /proc rw,relatime - proc proc rw
24 27 0:6 / /dev rw,nosuid shared:2 master:1 - devtmpfs devtmpfs rw,size=4k
27 1 179:2 / / rw,noatime shared:1 - ext4 /dev/root rw
30 27 8:1 / /srv/archive rw,noatime shared:9 - ext4 /dev/sda1 rw,errors=remount-ro
31 27 8:2 / /mnt/two\\040words\\134x rw - xfs /dev/sda2 rw
32 30 0:50 / /srv/archive rw - tmpfs tmpfs rw
40 27 0:60 / /home/me/deep rw - tmpfs below rw
41 27 0:61 / /home ro - nfs4 nas:/home rw,vers=4.2
rubbish
`;

const mounts = parseMountTable(TABLE);

t.test('lines are read, rubbish is left out', async (t) => {
  t.equal(mounts.length, 8);
  t.same(mounts[3], {
    id: 30,
    parentId: 27,
    deviceNumber: '8:1',
    mountPoint: '/srv/archive',
    options: ['rw', 'noatime'],
    type: 'ext4',
    source: '/dev/sda1',
    superOptions: ['rw', 'errors=remount-ro'],
  });
});

t.test('the mount of a path', async (t) => {
  const table: readonly (readonly [string, number])[] = [
    ['/', 27],
    ['/srv', 27],
    ['/srv/archive', 32],
    ['/srv/archive/web', 32],
    ['/srv/archive2', 27],
    ['/proc/self', 22],
    ['/mnt/two words\\x/a', 31],
    ['/home/me/deep', 41],
  ];
  for (const [path, id] of table) t.equal(findMount(mounts, path)?.id, id, path);
  t.equal(findMount([], '/'), null);
});

t.test('this machine’s own table', async (t) => {
  const own = readMountTable('/proc/self/mountinfo');
  t.equal(findMount(own, '/proc/self')?.type, 'proc');
  t.equal(findMount(own, '/')?.mountPoint, '/');
});
