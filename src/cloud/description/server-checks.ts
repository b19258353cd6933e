import type { Finding, KeyPath } from '../../core/config/mistake.ts';
import type { Outline } from './outline.ts';

/** Buckets that are one, names used twice, folders inside each other. */
export function serverChecks({ inbox, vault, servers, mirrors }: Outline): Finding[] {
  return [
    ...(inbox !== null && inbox === vault ? [sameBucket(vault)] : []),
    ...repeatedNames(servers, 'servers'),
    ...repeatedNames(mirrors, 'mirrors'),
    ...nestedPrefixes({ servers }),
  ];
}

function sameBucket(vault: string): Finding {
  return finding(
    ['vault'],
    `"${vault}" is the inbox already; whoever may write to the inbox could write to the vault, so they must be two buckets`,
  );
}

function repeatedNames(items: readonly { readonly name: string | null }[], list: 'servers' | 'mirrors'): Finding[] {
  return items.flatMap(({ name }, index) => {
    if (name === null) return [];
    // IAM does not tell names by case (IAM user guide, "IAM and AWS STS quotas").
    const first = items.findIndex((other) => other.name?.toLowerCase() === name.toLowerCase());
    if (first === index) return [];
    return [finding([list, index, 'name'], `"${name}" is the name of ${list}[${first}] already (case does not count)`)];
  });
}

function nestedPrefixes({ servers }: Pick<Outline, 'servers'>): Finding[] {
  return servers.flatMap(({ prefix }, index) =>
    servers.slice(0, index).flatMap((other, first) => {
      if (prefix === null || other.prefix === null) return [];
      if (!prefix.startsWith(other.prefix) && !other.prefix.startsWith(prefix)) return [];
      return [finding(['servers', index, 'prefix'], nestedWords(prefix, other.prefix, `servers[${first}]`))];
    }),
  );
}

function nestedWords(prefix: string, other: string, owner: string): string {
  const why = 'one key could then write into the other’s backups';
  if (prefix === other) return `"${prefix}" is the folder of ${owner} already; ${why}`;
  const [inner, outer] = prefix.startsWith(other) ? [prefix, other] : [other, prefix];
  const who = inner === prefix ? `the folder of ${owner}` : 'this one';
  return `"${inner}" lies inside "${outer}", ${who}; ${why}`;
}

function finding(path: KeyPath, message: string): Finding {
  return { path, at: 'value', message };
}
