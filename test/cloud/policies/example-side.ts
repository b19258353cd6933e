import type { ServerDescription, UploadSide } from '../../../src/cloud/description/upload-side.ts';

/** One server of each level, and one with every special wish. */
export const SIDE: UploadSide = {
  file: 'upload-side.yaml',
  name: 'backups',
  region: 'eu-central-1',
  timezone: 'Europe/Berlin',
  inbox: 'example-inbox',
  vault: 'example-vault',
  servers: [
    server('web1', { level: 'strict' }),
    server('web2', { level: 'list' }),
    server('web3', { level: 'delete' }),
    server('akeeba', { level: 'strict', names: ['*.gpg', 'site-*.jpa'], mayKeepOwnerAcl: true }),
  ],
  mirrors: [{ name: 'home-pi', mayBeAwayDays: 14 }],
  lock: { mode: 'GOVERNANCE', days: 30 },
  lifecycle: { inboxExpireDays: 30, archive: null, expireDays: null },
  notifyEmail: null,
};

export function server(name: string, more: Partial<ServerDescription> = {}): ServerDescription {
  const rule = { upload: 'a.gpg', becomes: '{date}.gpg', minSizeBytes: 1, maxSizeBytes: 1000 };
  return { name, prefix: `${name}/`, rules: [rule], level: 'strict', names: [], mayKeepOwnerAcl: false, ...more };
}
