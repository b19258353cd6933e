import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { FilesystemSources } from '../../src/store/filesystem-facts.ts';

export interface FakeMount {
  readonly at: string;
  readonly type: string;
  readonly source?: string;
  readonly device?: string;
  readonly options?: string;
  readonly superOptions?: string;
}

/**
 * What Linux would tell about mounts, as files in `folder`: a root filesystem (ext4 on /dev/root, 8:1) and the given mounts, each a child of the
 * nearest one before it. `uuids` become links in by-uuid.
 */
export function fakeFilesystem(
  folder: string,
  mounts: readonly FakeMount[],
  uuids: Readonly<Record<string, string>> = {},
): FilesystemSources {
  const byUuidFolder = join(folder, 'by-uuid');
  mkdirSync(byUuidFolder, { recursive: true });
  for (const [uuid, target] of Object.entries(uuids)) symlinkSync(target, join(byUuidFolder, uuid));
  const mountinfoPath = join(folder, 'mountinfo');
  const all: readonly FakeMount[] = [{ at: '/', type: 'ext4', source: '/dev/root', device: '8:1' }, ...mounts];
  const lines = all.map((mount, index) => {
    const parent = all.findLastIndex((other, n) => n < index && isAbove(other.at, mount.at));
    const {
      at,
      type,
      source = 'none',
      device = `0:${index + 40}`,
      options = 'rw,noatime',
      superOptions = 'rw',
    } = mount;
    const quoted = at.replace(/[ \t\n\\]/g, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`);
    return `${index + 20} ${parent === -1 ? 1 : parent + 20} ${device} / ${quoted} ${options} shared:1 - ${type} ${source} ${superOptions}`;
  });
  writeFileSync(mountinfoPath, `${lines.join('\n')}\n`);
  return { mountinfoPath, byUuidFolder };
}

function isAbove(upper: string, lower: string): boolean {
  return upper === '/' || upper === lower || dirname(lower) === upper || lower.startsWith(`${upper}/`);
}
