import {
  GetObjectCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { SentRequest } from './turns.ts';
import type { Upload, World } from './world.ts';

/** A version in the vault, as it was when it was first seen. */
export interface Archived {
  readonly vaultKey: string;
  readonly versionId: string;
  readonly upload: Upload;
  /** It was made between these. */
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** What must be true at every moment, looked at after every step; throws with what is not. */
export class Ledger {
  readonly #world: World;
  readonly archives = new Map<string, Archived>();
  /** Versions in the inbox now. */
  inInbox: ReadonlySet<string> = new Set();
  #lookedAtMs: number;

  constructor(world: World) {
    this.#world = world;
    this.#lookedAtMs = world.nowMs;
  }

  async look(): Promise<void> {
    const { stage, settings } = this.#world;
    const admin = stage.admin;
    (admin.config as { systemClockOffset: number }).systemClockOffset = stage.systemClockOffset;
    await this.#lookIntoVault(admin, settings.vault);
    const inbox = await listVersions(admin, settings.inbox);
    this.inInbox = new Set(inbox.versions.map(({ VersionId = '' }) => VersionId));
    for (const upload of this.#world.uploads) {
      if (this.inInbox.has(upload.versionId) || upload.isLost) continue;
      if (this.#archivesOf(upload) === 0) fail(`${shown(upload)} is neither in the inbox nor in the vault`);
    }
    this.#lookedAtMs = this.#world.nowMs;
  }

  async #lookIntoVault(admin: S3Client, vault: string): Promise<void> {
    const { versions, markers } = await listVersions(admin, vault);
    if (markers > 0) fail('a delete marker in the vault');
    const keys = versions.map(({ Key = '' }) => Key);
    for (const key of keys)
      if (keys.indexOf(key) !== keys.lastIndexOf(key)) fail(`two versions of ${key} in the vault`);
    for (const { vaultKey, versionId } of this.archives.values()) {
      if (!versions.some((version) => version.VersionId === versionId))
        fail(`${vaultKey} is not in the vault any more`);
    }
    for (const { Key = '', VersionId = '' } of versions) {
      if (!this.archives.has(VersionId)) this.archives.set(VersionId, await this.#admit(admin, vault, Key, VersionId));
    }
  }

  /** A new archive: whole, of one of the uploads, of the same server, under a name that one of its times gives, and of a version that has no other. */
  async #admit(admin: S3Client, vault: string, vaultKey: string, versionId: string): Promise<Archived> {
    const got = await admin.send(new GetObjectCommand({ Bucket: vault, Key: vaultKey, VersionId: versionId }));
    const body = Buffer.from((await got.Body?.transformToByteArray()) ?? []);
    const source = got.Metadata?.['source-version'];
    const upload = this.#world.uploads.find((candidate) => candidate.versionId === source);
    if (upload === undefined) return fail(`${vaultKey} was made of ${source}, which nobody uploaded`);
    const { plan } = upload;
    if (decodeURIComponent(got.Metadata?.['source-key'] ?? '') !== plan.key)
      fail(`${vaultKey} names another key than ${shown(upload)}`);
    if (!body.equals(plan.body)) fail(`${vaultKey} does not hold the bytes of ${shown(upload)}`);
    if (!plan.hasGoodSize) fail(`${vaultKey} has ${body.length} bytes`);
    if (plan.nameAt === null) return fail(`there is no rule for ${shown(upload)}, but it became ${vaultKey}`);
    if (serverOf(vaultKey) !== serverOf(plan.key)) fail(`${shown(upload)} became ${vaultKey}`);
    if (this.#archivesOf(upload) > 0) fail(`${shown(upload)} is in the vault twice, now as ${vaultKey}`);
    const archived = { vaultKey, versionId, upload, notBeforeMs: this.#lookedAtMs, notAfterMs: this.#world.nowMs };
    if (!isNameOf(archived, plan.nameAt)) fail(`${shown(upload)} became ${vaultKey}`);
    this.#world.tell(`     ${vaultKey} is there, made of ${shown(upload)}`);
    return archived;
  }

  #archivesOf(upload: Upload): number {
    return [...this.archives.values()].filter((archived) => archived.upload === upload).length;
  }
}

const DAY_MS = 86_400_000;

/**
 * By its event; in one piece also by LastModified, if nothing else was possible then, or a day later, when its event cannot come any more. In
 * parts never: LastModified is then a date of its uploader's choice.
 */
function isNameOf(
  { vaultKey, upload, notBeforeMs, notAfterMs }: Archived,
  nameAt: (epochMs: number) => string,
): boolean {
  const { lastModifiedMs, eventTimeMs } = upload;
  if (nameAt(eventTimeMs) === vaultKey) return true;
  if (upload.isInParts || nameAt(lastModifiedMs) !== vaultKey) return false;
  return notAfterMs - lastModifiedMs >= DAY_MS || nameAt(Math.max(notBeforeMs, eventTimeMs)) === vaultKey;
}

/** What the promoter may ask of a server at all. */
export function checkRequest({ inbox, vault }: { inbox: string; vault: string }, sent: SentRequest): void {
  const { method, path, query, headers } = sent;
  const what = `${sent.actor} sent ${method} ${path} ${JSON.stringify(query)}`;
  if (method === 'HEAD' || method === 'GET') return;
  if (path.startsWith(`/${inbox}/`)) {
    if (method !== 'DELETE' || typeof query.versionId !== 'string') fail(what);
    return;
  }
  if (!path.startsWith(`/${vault}/`)) fail(what);
  const isOfCopy = typeof query.uploadId === 'string';
  if (method === 'DELETE' && isOfCopy) return;
  if (method === 'PUT' && isOfCopy && headers['x-amz-copy-source-if-match'] !== undefined) return;
  if (method === 'POST' && isOfCopy && headers['if-none-match'] === '*') return;
  if (method === 'POST' && query.uploads !== undefined) return;
  fail(what);
}

export function shown({ plan, versionId, lastModifiedMs, eventTimeMs, isInParts }: Upload): string {
  const times = [lastModifiedMs, eventTimeMs].map((ms) => new Date(ms).toISOString()).join(' to ');
  return `${JSON.stringify(plan.key)} ${versionId.slice(-8)} (${plan.body.length} bytes${isInParts ? ' in parts' : ''}, ${times})`;
}

export function fail(what: string): never {
  throw new Error(what);
}

function serverOf(key: string): string {
  return /^(?:a\/)?[^/]+\//.exec(key)?.[0] ?? '';
}

async function listVersions(admin: S3Client, Bucket: string) {
  const versions = new Map<string, NonNullable<ListObjectVersionsCommandOutput['Versions']>[number]>();
  let markers = 0;
  let next: { KeyMarker?: string; VersionIdMarker?: string } | null = {};
  while (next !== null) {
    const page: ListObjectVersionsCommandOutput = await admin.send(new ListObjectVersionsCommand({ Bucket, ...next }));
    // By id: a server may list a version twice where a page ends.
    for (const version of page.Versions ?? []) versions.set(version.VersionId ?? '', version);
    markers += page.DeleteMarkers?.length ?? 0;
    next =
      page.IsTruncated === true && page.NextKeyMarker !== undefined
        ? {
            KeyMarker: page.NextKeyMarker,
            ...(page.NextVersionIdMarker === undefined ? {} : { VersionIdMarker: page.NextVersionIdMarker }),
          }
        : null;
  }
  return { versions: [...versions.values()], markers };
}
