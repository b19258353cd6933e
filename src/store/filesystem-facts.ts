import { readdirSync, realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AppError, systemCode } from '../core/errors.ts';
import { findMount, type Mount, readMountTable } from './mount-table.ts';

/** Where Linux tells about filesystems; tests bring their own. */
export interface FilesystemSources {
  readonly mountinfoPath: string;
  readonly byUuidFolder: string;
}

export const LINUX_SOURCES: FilesystemSources = {
  mountinfoPath: '/proc/self/mountinfo',
  byUuidFolder: '/dev/disk/by-uuid',
};

export interface FilesystemFacts {
  /** As the kernel calls it: 'ext4', 'vfat', 'fuse.sshfs', … */
  readonly type: string;
  /** The directory is where a filesystem of its own is mounted; a bind mount of the parent's filesystem (systemd makes such) is none. */
  readonly isMountPoint: boolean;
  readonly mountPoint: string;
  readonly readOnly: boolean;
  /** What is mounted: '/dev/sda1', 'server:/export', 'tmpfs', … */
  readonly device: string;
  /** `major:minor`, decimal. */
  readonly deviceNumber: string;
  /** null where /dev/disk/by-uuid does not say (tmpfs, a service with PrivateDevices). */
  readonly uuid: string | null;
  /** Another machine, or a program, answers for this filesystem. */
  readonly isNetwork: boolean;
}

const NETWORK_TYPES: ReadonlySet<string> = new Set([
  ...['9p', 'afs', 'beegfs', 'ceph', 'cifs', 'coda', 'davfs', 'fuse', 'gfs2', 'glusterfs', 'lustre', 'ncp', 'ncpfs'],
  ...['nfs', 'nfs4', 'ocfs2', 'orangefs', 'smb3', 'smbfs', 'vboxsf', 'virtiofs', 'vmhgfs'],
]);

/**
 * What the kernel knows about the filesystem under an existing directory. Reads no disk beyond a stat. Throws the filesystem's own errors for the
 * directory.
 */
export function filesystemFacts(directory: string, sources: FilesystemSources = LINUX_SOURCES): FilesystemFacts {
  const path = realpathSync(directory);
  const mounts = readMountTable(sources.mountinfoPath);
  const mount = findMount(mounts, path);
  if (mount === null) throw new AppError('INTERNAL', `${sources.mountinfoPath} names no filesystem for ${path}`);
  const parent = path === '/' ? null : findMount(mounts, dirname(path));
  return {
    type: mount.type,
    isMountPoint: mount.mountPoint === path && parent?.deviceNumber !== mount.deviceNumber,
    mountPoint: mount.mountPoint,
    // newer kernels say emergency_ro where ext4 has stopped writing after an error.
    readOnly: [...mount.options, ...mount.superOptions].some((option) => option === 'ro' || option === 'emergency_ro'),
    device: mount.source,
    deviceNumber: mount.deviceNumber,
    uuid: findUuid(mount, sources.byUuidFolder),
    isNetwork: NETWORK_TYPES.has(mount.type) || mount.type.startsWith('fuse.'),
  };
}

/** `major:minor` of a 64-bit st_dev or st_rdev (gnu_dev_major, gnu_dev_minor of glibc). */
export function formatDeviceNumber(device: bigint): string {
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn);
  const minor = (device & 0xffn) | ((device >> 12n) & ~0xffn & 0xffffffffn);
  return `${major}:${minor}`;
}

function findUuid(mount: Mount, byUuidFolder: string): string | null {
  const device = realPathOrNull(mount.source);
  for (const uuid of listOrNothing(byUuidFolder)) {
    const link = join(byUuidFolder, uuid);
    const target = realPathOrNull(link);
    if (target === null) continue;
    if (target === device) return uuid;
    // The kernel may call the device /dev/root.
    const facts = statSync(target, { bigint: true });
    if (facts.isBlockDevice() && formatDeviceNumber(facts.rdev) === mount.deviceNumber) return uuid;
  }
  return null;
}

function realPathOrNull(path: string): string | null {
  if (!path.startsWith('/')) return null;
  try {
    return realpathSync(path);
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return null;
  }
}

function listOrNothing(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return [];
  }
}
