import type { Flavour } from './flavours.ts';
import type { PolicyStatement } from './policy-document.ts';

/** 'bucket' statements bind everybody, so they name a principal; 'identity' statements bind who carries them. */
export type StatementHome = 'bucket' | 'identity';

const CLASS = 's3:x-amz-storage-class';
const ENCRYPTION = 's3:x-amz-server-side-encryption';
const CUSTOMER_KEY = 's3:x-amz-server-side-encryption-customer-algorithm';
const GRANTS = ['full-control', 'read', 'read-acp', 'write', 'write-acp'];

/** Nothing travels readable: no request without TLS. */
export function refuseWithoutTls(
  home: StatementHome,
  resources: readonly string[],
  flavour: Flavour,
): PolicyStatement[] {
  if (!flavour.seesTls) return [];
  return [
    {
      Sid: 'RefuseWithoutTls',
      Effect: 'Deny',
      ...principalOf(home),
      Action: ['s3:*'],
      Resource: resources,
      Condition: { Bool: { 'aws:SecureTransport': ['false'] } },
    },
  ];
}

/**
 * Uploads that the promoter could not move: archive classes must be thawed first, for money; SSE-C needs the attacker's key, and SSE-KMS a key
 * that the promoter may have no right to. A bucket's own default encryption is no header, so it stays possible. s3cmd always names a class:
 * STANDARD passes.
 */
export function refuseUnmovableUploads(home: StatementHome, objects: string, flavour: Flavour): PolicyStatement[] {
  const refuse = (Sid: string, Condition: NonNullable<PolicyStatement['Condition']>): PolicyStatement => ({
    Sid,
    Effect: 'Deny',
    ...principalOf(home),
    Action: ['s3:PutObject'],
    Resource: [objects],
    Condition,
  });
  const statements = [refuse('RefuseOtherEncryption', presentAndNot(ENCRYPTION, 'AES256'))];
  if (flavour.seesStorageClass) statements.push(refuse('RefuseOtherClasses', presentAndNot(CLASS, 'STANDARD')));
  if (flavour.seesCustomerKeys) statements.push(refuse('RefuseCustomerKeys', present(CUSTOMER_KEY)));
  return statements;
}

/** Nobody gives rights to uploads away. One statement a header: conditions of one statement must hold all together. */
export function refuseGrants(home: StatementHome, objects: string, flavour: Flavour): PolicyStatement[] {
  if (!flavour.seesAcls) return [];
  return GRANTS.map((grant) => ({
    Sid: `RefuseGrant${grant.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase())}`,
    Effect: 'Deny',
    ...principalOf(home),
    Action: ['s3:PutObject', 's3:PutObjectAcl'],
    Resource: [objects],
    Condition: present(`s3:x-amz-grant-${grant}`),
  }));
}

/**
 * A header that is sent, with something in it. In words that every server reads alike: radosgw (16.2) takes any `Null` for "is absent" and
 * knows `s3:x-amz-acl` as an empty text where no such header was sent.
 */
export function present(key: string): { readonly StringLike: Readonly<Record<string, readonly string[]>> } {
  return { StringLike: { [key]: ['?*'] } };
}

/** On AWS the negated operators also match what is absent; hence the second half. */
export function presentAndNot(key: string, value: string): NonNullable<PolicyStatement['Condition']> {
  return { StringNotEquals: { [key]: [value] }, ...present(key) };
}

function principalOf(home: StatementHome): { readonly Principal?: '*' } {
  return home === 'bucket' ? { Principal: '*' } : {};
}
