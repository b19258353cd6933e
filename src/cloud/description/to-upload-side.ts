import type { CheckedDescription } from './schema.ts';
import type { ServerDescription, UploadSide } from './upload-side.ts';

/** A checked description in the shape that the rest of the program uses: no undefined, units in the names. */
export function toUploadSide(description: CheckedDescription, file: string): UploadSide {
  const { name, region, timezone, inbox, vault, servers, mirrors, lock, lifecycle, notifyEmail } = description;
  const { inboxExpire, archive, expire } = lifecycle;
  return {
    file,
    name,
    region,
    timezone,
    inbox,
    vault,
    servers: servers.map(toServer),
    mirrors: mirrors.map((mirror) => ({ name: mirror.name, mayBeAwayDays: mirror.mayBeAway })),
    lock: { mode: lock.mode === 'compliance' ? 'COMPLIANCE' : 'GOVERNANCE', days: lock.days },
    lifecycle: {
      inboxExpireDays: inboxExpire,
      archive: archive === undefined ? null : { storageClass: archive.class, afterDays: archive.after },
      expireDays: expire ?? null,
    },
    notifyEmail: notifyEmail ?? null,
  };
}

/** The folder of a server that names none. */
export function defaultPrefix(serverName: string): string {
  return `${serverName}/`;
}

function toServer(server: CheckedDescription['servers'][number]): ServerDescription {
  const { name, prefix, promote, mayList, mayDelete, names, ownerAcl } = server;
  return {
    name,
    prefix: prefix ?? defaultPrefix(name),
    rules: promote.map(({ upload, becomes, minSize, maxSize }) => ({
      upload,
      becomes,
      minSizeBytes: minSize,
      maxSizeBytes: maxSize,
    })),
    // A program that deletes old uploads has to find them first.
    level: mayDelete ? 'delete' : mayList ? 'list' : 'strict',
    names,
    mayKeepOwnerAcl: ownerAcl,
  };
}
