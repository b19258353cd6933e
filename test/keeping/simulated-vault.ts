import { createHash } from 'node:crypto';
import type { ListedObject, ObjectFacts, ObjectRef } from '../../src/core/archive.ts';
import { createChecksumHash } from '../../src/core/checksum-hash.ts';
import { AppError } from '../../src/core/errors.ts';
import type { ByteRange, ListingPage, ListRequest, ObjectBody, VaultReader } from '../../src/vault/vault-reader.ts';

const PAGE = 1000;

/** One object version, with what the uploader and the vault's weather made of it. */
export interface VaultObject extends ListedObject {
  /** null: a size that nobody would send over the wire here. */
  readonly body: Buffer | null;
  /** Object metadata `sha256`. */
  readonly uploaderSha256: string | null;
  /** The LastModified that listings show. */
  readonly shownMs: number;
  /** It is served with other bytes than its checksum is of. */
  readonly servedWrong: boolean;
}

export interface Upload {
  readonly key: string;
  readonly atMs: number;
  readonly body: Buffer | { readonly sizeBytes: number };
  readonly uploaderSha256?: string;
  readonly servedWrong?: boolean;
  /** Listed with this LastModified, wherever it comes from. */
  readonly shownMs?: number;
}

/** What the vault says besides the truth; changed by the simulation between passes. */
export interface Weather {
  /** S3's Date header; null: none is sent. */
  dateMs: () => number | null;
  /** Not shown in listings. */
  hides: (object: VaultObject) => boolean;
  isAway: boolean;
}

/** The vault tells the truth and the time of this clock. */
export function calmWeather(clock: { readonly nowMs: number }): Weather {
  return {
    dateMs: () => Math.floor(clock.nowMs / 1000) * 1000,
    hides: () => false,
    isAway: false,
  };
}

/** A bucket in memory, behind the interface by which the mirror knows every vault. Keys are ASCII. LastModified has whole seconds, as S3's. */
export class SimulatedVault {
  readonly versioned: boolean;
  /** Oldest version first. */
  readonly #versions = new Map<string, VaultObject[]>();
  readonly #deleted = new Set<string>();
  #sorted: string[] | null = [];
  #count = 0;

  constructor(options: { versioned: boolean }) {
    this.versioned = options.versioned;
  }

  put({ key, atMs, body, uploaderSha256, servedWrong, shownMs }: Upload): VaultObject {
    this.#count += 1;
    const bytes = Buffer.isBuffer(body) ? body : null;
    const object: VaultObject = {
      key,
      versionId: this.versioned ? `v${String(this.#count).padStart(9, '0')}` : null,
      etag: bytes === null ? `${this.#count.toString(16).padStart(32, '0')}` : md5(bytes),
      sizeBytes: bytes === null ? (body as { sizeBytes: number }).sizeBytes : bytes.length,
      lastModifiedMs: Math.floor(atMs / 1000) * 1000,
      storageClass: 'STANDARD',
      body: bytes,
      uploaderSha256: uploaderSha256 ?? null,
      servedWrong: servedWrong ?? false,
      shownMs: Math.floor((shownMs ?? atMs) / 1000) * 1000,
    };
    const before = this.#versions.get(key);
    if (before === undefined) this.#sorted = null;
    this.#versions.set(key, this.versioned && before !== undefined ? [...before, object] : [object]);
    this.#deleted.delete(key);
    return object;
  }

  /** 'marker' only hides in a versioned bucket; in another one the object is gone either way. */
  remove(object: VaultObject, how: 'version' | 'marker'): void {
    if (this.versioned && how === 'marker') {
      if (this.#versions.has(object.key)) this.#deleted.add(object.key);
      return;
    }
    const left = (this.#versions.get(object.key) ?? []).filter((one) => one !== object);
    if (left.length > 0) {
      this.#versions.set(object.key, left);
      return;
    }
    this.#versions.delete(object.key);
    this.#deleted.delete(object.key);
    this.#sorted = null;
  }

  has(key: string): boolean {
    return this.#versions.has(key);
  }

  get size(): number {
    return this.#versions.size;
  }

  *objects(): Generator<VaultObject> {
    for (const versions of this.#versions.values()) yield* versions;
  }

  /** In the order of a listing: keys ascending, versions of a key newest first. */
  *listed(prefix: string, startAfter: string | null): Generator<VaultObject> {
    this.#sorted ??= [...this.#versions.keys()].sort();
    const keys = this.#sorted;
    for (let at = firstFrom(keys, startAfter === null ? prefix : max(prefix, `${startAfter}\0`)); ; at += 1) {
      const key = keys[at];
      if (key === undefined || !key.startsWith(prefix)) return;
      yield* [...(this.#versions.get(key) ?? [])].reverse();
    }
  }

  isDeleted(key: string): boolean {
    return this.#deleted.has(key);
  }

  find(ref: ObjectRef): VaultObject | undefined {
    const versions = this.#versions.get(ref.key) ?? [];
    if (ref.versionId !== null) return versions.find(({ versionId }) => versionId === ref.versionId);
    return versions.find(({ etag }) => etag === ref.etag);
  }
}

export class SimulatedReader implements VaultReader {
  readonly name: string;
  readonly weather: Weather;
  readonly #vault: SimulatedVault;
  requests = 0;
  /** Objects whose bytes were asked for. */
  downloads = 0;
  listing: 'versions' | 'objects' | null = null;

  constructor(name: string, vault: SimulatedVault, weather: Weather) {
    this.name = name;
    this.#vault = vault;
    this.weather = weather;
  }

  async *list({ prefix, startAfter }: ListRequest): AsyncGenerator<ListingPage> {
    this.listing = this.#vault.versioned ? 'versions' : 'objects';
    const shown = [...this.#vault.listed(prefix, startAfter ?? null)].filter((object) => !this.weather.hides(object));
    for (let at = 0; at === 0 || at < shown.length; at += PAGE) {
      this.#ask();
      const page = shown.slice(at, at + PAGE);
      yield {
        objects: page.map(plain),
        deletedKeys: [...new Set(page.map(({ key }) => key))].filter((key) => this.#vault.isDeleted(key)),
        lastKey: page.at(-1)?.key ?? null,
        undecodableKeys: [],
        serverDateMs: this.weather.dateMs(),
      };
    }
  }

  async head(ref: ObjectRef): Promise<ObjectFacts> {
    this.#ask();
    return this.#facts(this.#require(ref));
  }

  async get(ref: ObjectRef, range: ByteRange | null): Promise<ObjectBody> {
    this.#ask();
    const object = this.#require(ref);
    if (object.body === null) throw new Error(`${ref.key} is too large for a simulation and was not to be fetched`);
    if (range === null) this.downloads += 1;
    const { start, end } = range ?? { start: 0, end: object.sizeBytes };
    const bytes = Buffer.from(object.body.subarray(start, end));
    if (object.servedWrong && bytes.length > 0) bytes[0] = (bytes[0] ?? 0) ^ 1;
    const facts = await this.#facts(object);
    return {
      facts: range === null ? facts : { ...facts, checksums: {}, checksumType: null },
      lengthBytes: bytes.length,
      serverDateMs: this.weather.dateMs(),
      batches: once(bytes),
      cancel() {},
    };
  }

  async firstPart(): Promise<null> {
    return null;
  }

  async objectParts(): Promise<null> {
    return null;
  }

  async probe() {
    this.#ask();
    const { versioned, size } = this.#vault;
    const listing = versioned ? ('versions' as const) : ('objects' as const);
    return { serverDateMs: this.weather.dateMs(), versioned, listing, keysSeen: Math.min(1, size) };
  }

  close(): void {}

  #ask(): void {
    this.requests += 1;
    if (this.weather.isAway) throw new AppError('VAULT_UNREACHABLE', `${this.name}: nobody answers`);
  }

  #require(ref: ObjectRef): VaultObject {
    const object = this.#vault.find(ref);
    if (object === undefined) throw new AppError('OBJECT_GONE', `${ref.key} is gone`);
    return object;
  }

  async #facts(object: VaultObject): Promise<ObjectFacts> {
    const { sizeBytes, etag, body, uploaderSha256, storageClass, lastModifiedMs } = object;
    const hash = await createChecksumHash('CRC64NVME');
    hash.update(body ?? Buffer.alloc(0));
    const checksums = { CRC64NVME: hash.finish().toString('base64') };
    hash.release();
    const base = { sizeBytes, etag, uploaderSha256, storageClass, lastModifiedMs };
    return { ...base, checksums, checksumType: 'full', etagIsOpaque: false };
  }
}

function plain({ key, versionId, etag, sizeBytes, shownMs, storageClass }: VaultObject): ListedObject {
  return { key, versionId, etag, sizeBytes, lastModifiedMs: shownMs, storageClass };
}

async function* once(bytes: Buffer): AsyncGenerator<readonly Buffer[]> {
  if (bytes.length > 0) yield [bytes];
}

/** Many objects may share one body. */
const md5OfBody = new WeakMap<Buffer, string>();

function md5(bytes: Buffer): string {
  const known = md5OfBody.get(bytes) ?? createHash('md5').update(bytes).digest('hex');
  md5OfBody.set(bytes, known);
  return known;
}

function max(a: string, b: string): string {
  return a > b ? a : b;
}

/** Index of the first of the sorted keys that is not before `from`. */
function firstFrom(keys: readonly string[], from: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((keys[middle] ?? '') < from) low = middle + 1;
    else high = middle;
  }
  return low;
}
