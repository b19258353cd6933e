import type { ObjectRef } from '../core/archive.ts';
import type { Clock } from '../core/clock.ts';
import { judgeClock } from '../core/clock-finding.ts';
import { isAppError } from '../core/errors.ts';
import { bad, type Finding, ok, unknown, warn } from '../core/finding.ts';
import type { VaultProbe, VaultReader } from '../vault/vault-reader.ts';

const READABLE_CLASSES: ReadonlySet<string | null> = new Set([
  null,
  'STANDARD',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER_IR',
  'REDUCED_REDUNDANCY',
]);

export interface ExamineVaultRequest {
  readonly reader: VaultReader;
  readonly prefix: string;
  readonly clock: Pick<Clock, 'now'>;
  readonly signal: AbortSignal;
}

/** Can this vault be reached, listed and read with its key? A few small requests. Only defects and the signal's reason are thrown. */
export async function examineVault(request: ExamineVaultRequest): Promise<Finding[]> {
  const { reader, clock, signal } = request;
  const name = `vault ${reader.name}`;
  let probe: VaultProbe;
  try {
    probe = await reader.probe(signal);
  } catch (error) {
    const skewed = isAppError(error, 'VAULT_CLOCK_SKEW');
    return [
      badFrom(name, error, signal),
      ...(skewed ? [] : [unknown(`${name} clock`, 'the vault was not reached')]),
      unknown(`${name} reading`, 'the vault was not reached'),
    ];
  }
  const offsetMs = probe.serverDateMs === null ? null : probe.serverDateMs - clock.now();
  return [describeListing(name, probe), judgeClock(`${name} clock`, offsetMs), await examineReading(name, request)];
}

function describeListing(name: string, { versioned, listing, keysSeen }: VaultProbe): Finding {
  const kind = { true: 'versioned', false: 'not versioned', null: 'versioning not known' }[`${versioned}`];
  if (keysSeen === 0) {
    const next = 'Right for a new vault; otherwise check `bucket` and `prefix` of this vault.';
    return warn(name, `reached and listed, and empty (${kind})`, next);
  }
  if (listing === 'objects' && versioned !== false) {
    const next =
      'Allow the key s3:ListBucketVersions (and s3:GetObjectVersion): overwritten archives are then seen and fetched too.';
    return warn(name, `reached and listed (${kind}), but the key may not list versions`, next);
  }
  return ok(name, `reached and listed (${kind})`);
}

async function examineReading(name: string, { reader, prefix, signal }: ExamineVaultRequest): Promise<Finding> {
  const check = `${name} reading`;
  try {
    const object = await someObject(reader, prefix, signal);
    if (object === null) return unknown(check, 'there is nothing yet that could be read');
    const body = await reader.get(object, { start: 0, end: 1 }, signal);
    body.cancel();
    return ok(check, `the key may read ${object.key}`);
  } catch (error) {
    return badFrom(check, error, signal);
  }
}

/** One object of the first page that has bytes and can be read at once. */
async function someObject(reader: VaultReader, prefix: string, signal: AbortSignal): Promise<ObjectRef | null> {
  for await (const { objects } of reader.list({ prefix, signal })) {
    return objects.find(({ sizeBytes, storageClass }) => sizeBytes > 0 && READABLE_CLASSES.has(storageClass)) ?? null;
  }
  return null;
}

function badFrom(check: string, error: unknown, signal: AbortSignal): Finding {
  signal.throwIfAborted();
  if (!isAppError(error)) throw error;
  return bad(check, error.code, error.message, error.hint);
}
