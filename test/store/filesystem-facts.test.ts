import { statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { filesystemFacts, formatDeviceNumber, LINUX_SOURCES } from '../../src/store/filesystem-facts.ts';
import { fakeFilesystem } from '../support/fake-filesystem.ts';

t.test('a disk of its own', async (t) => {
  const folder = t.testdir({ disk: { web: {} }, 'fake-sda1': '' });
  const device = join(folder, 'fake-sda1');
  const at = join(folder, 'disk');
  const sources = fakeFilesystem(folder, [{ at, type: 'ext4', source: device, device: '8:17' }], {
    'aaaa-1111': '/dev/null',
    'cafe-0001': device,
  });
  t.same(filesystemFacts(at, sources), {
    type: 'ext4',
    isMountPoint: true,
    mountPoint: at,
    readOnly: false,
    device,
    deviceNumber: '8:17',
    uuid: 'cafe-0001',
    isNetwork: false,
  });
  t.equal(filesystemFacts(join(at, 'web'), sources).isMountPoint, false);
});

t.test('a bind mount of the same filesystem is no disk', async (t) => {
  const folder = t.testdir({ disk: {} });
  const at = join(folder, 'disk');
  const sources = fakeFilesystem(folder, [{ at, type: 'ext4', source: '/dev/root', device: '8:1' }]);
  t.equal(filesystemFacts(at, sources).isMountPoint, false, 'systemd makes one for ReadWritePaths');
});

t.test('read-only: the mount, the filesystem, an emergency', async (t) => {
  const cases = [{ options: 'ro,noatime' }, { superOptions: 'ro' }, { superOptions: 'rw,emergency_ro' }];
  for (const options of cases) {
    const at = t.testdir();
    const sources = fakeFilesystem(at, [{ at, type: 'ext4', ...options }]);
    t.equal(filesystemFacts(at, sources).readOnly, true, JSON.stringify(options));
  }
});

t.test('network filesystems', async (t) => {
  const at = t.testdir();
  for (const type of ['nfs', 'nfs4', 'cifs', 'smb3', '9p', 'fuse.sshfs', 'fuse.rclone', 'virtiofs']) {
    t.equal(filesystemFacts(at, fakeFilesystem(at, [{ at, type }])).isNetwork, true, type);
  }
  for (const type of ['ext4', 'xfs', 'btrfs', 'tmpfs', 'f2fs', 'zfs']) {
    t.equal(filesystemFacts(at, fakeFilesystem(at, [{ at, type }])).isNetwork, false, type);
  }
});

t.test('this machine', async (t) => {
  const facts = filesystemFacts(t.testdir());
  t.equal(facts.isMountPoint, false);
  t.equal(facts.readOnly, false);
  t.ok(facts.type.length > 0);
  t.equal(filesystemFacts('/proc').type, 'proc');
  t.equal(filesystemFacts('/proc').isMountPoint, true);
  t.equal(
    filesystemFacts('/proc', LINUX_SOURCES).deviceNumber,
    formatDeviceNumber(statSync('/proc', { bigint: true }).dev),
  );
  t.throws(() => filesystemFacts('/nowhere/at/all'), { code: 'ENOENT' });
});

t.test('device numbers beyond 8 bits', async (t) => {
  // makedev(3) of glibc: 259:300 and 4096:1048576
  t.equal(formatDeviceNumber((259n << 8n) | (300n & 0xffn) | ((300n & ~0xffn) << 12n)), '259:300');
  t.equal(formatDeviceNumber(2049n), '8:1');
});
