import { uploadSideOf } from '../../support/upload-side-text.ts';

const SERVERS = [
  { name: 'web1' },
  { name: 'web-2', mayList: true, names: ['*.gpg'] },
  { name: 'web3', mayDelete: true, ownerAcl: true },
];
const REST = {
  name: 'backups',
  mirrors: [{ name: 'home-pi' }],
  lifecycle: { archive: { class: 'GLACIER_IR', after: '60d' }, expire: '400d' },
  notifyEmail: 'you@example.org',
};

/** What stacks are made of in checks: every level of access, every optional part. */
export const STACK_SIDE = uploadSideOf({ ...REST, servers: SERVERS });

/** The same with one server more. */
export const GROWN_SIDE = uploadSideOf({ ...REST, servers: [...SERVERS, { name: 'web4' }] });
