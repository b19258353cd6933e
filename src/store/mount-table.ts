import { readFileSync } from 'node:fs';

/** One line of /proc/self/mountinfo (proc_pid_mountinfo(5)). */
export interface Mount {
  readonly id: number;
  readonly parentId: number;
  /** `major:minor` of the filesystem (s_dev: on btrfs not what stat shows). */
  readonly deviceNumber: string;
  readonly mountPoint: string;
  readonly options: readonly string[];
  readonly type: string;
  readonly source: string;
  readonly superOptions: readonly string[];
}

/** Reads a mount table; lines of an unknown shape are left out. */
export function readMountTable(path: string): Mount[] {
  return parseMountTable(readFileSync(path, 'utf8'));
}

export function parseMountTable(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const [before, after] = line.split(' - ', 2);
    const [id, parentId, deviceNumber, , mountPoint, options] = before?.split(' ') ?? [];
    const [type, source, superOptions] = after?.split(' ') ?? [];
    if (deviceNumber === undefined || mountPoint === undefined || options === undefined || type === undefined)
      return [];
    return [
      {
        id: Number(id),
        parentId: Number(parentId),
        deviceNumber,
        mountPoint: unquote(mountPoint),
        options: options.split(','),
        type,
        source: unquote(source ?? ''),
        superOptions: superOptions?.split(',') ?? [],
      },
    ];
  });
}

/**
 * The mount that an absolute real path lies on, or null. Follows the tree of mounts from its root, because the order of the lines means nothing and
 * a later mount over a folder hides those below it.
 */
export function findMount(mounts: readonly Mount[], path: string): Mount | null {
  const covering = mounts.filter((mount) => covers(mount.mountPoint, path));
  const ids = new Set(mounts.map((mount) => mount.id));
  const roots = covering.filter((mount) => mount.parentId === mount.id || !ids.has(mount.parentId));
  let current = roots.toSorted((a, b) => b.mountPoint.length - a.mountPoint.length)[0] ?? null;
  while (current !== null) {
    const { id } = current;
    const children = covering.filter((mount) => mount.parentId === id && mount.id !== id);
    // Of two children on the way the one nearer to the root was mounted later, and hides the other.
    const next = children.toSorted((a, b) => a.mountPoint.length - b.mountPoint.length)[0];
    if (next === undefined) return current;
    current = next;
  }
  return null;
}

function covers(mountPoint: string, path: string): boolean {
  return mountPoint === '/' || path === mountPoint || path.startsWith(`${mountPoint}/`);
}

/** Blank, tab, newline and backslash are written as three octal digits. */
function unquote(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
