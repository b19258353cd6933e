import {
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type S3Client,
  type S3ServiceException,
} from '@aws-sdk/client-s3';
import type { Act, Target } from './act.ts';
import { BUCKET_ACTS } from './bucket-acts.ts';
import { SIDE } from './example-side.ts';
import { OBJECT_ACTS } from './object-acts.ts';
import { type Cell, FOLDERS, UPLOAD, type Who, type Writer } from './policy-table.ts';

/** A cell of the table, done for real. */
export interface Attempt {
  readonly cell: Cell;
  readonly act: string;
  /** Whose object it was about: an S3 server may give more rights to who wrote an object. */
  readonly ofOwn: boolean;
  /** 'done', 'refused' (403), or status and code of what else was answered. */
  readonly outcome: string;
  /** It was let through, and then found to make no sense. */
  readonly isPointless: boolean;
}

export interface Stage {
  /** Made the buckets. */
  readonly root: S3Client;
  readonly clients: Readonly<Record<Who, S3Client>>;
  readonly bucketPolicies: Readonly<Record<'inbox' | 'vault', string | null>>;
}

/** Answers to who may: there is no such thing, or no lock in this bucket. */
const POINTLESS = new Set([
  ...['BucketNotEmpty', 'InvalidBucketState', 'NoSuchBucketPolicy', 'NoSuchLifecycleConfiguration', 'NoSuchTagSet'],
  ...['ObjectLockConfigurationNotFoundError', 'NoSuchObjectLockConfiguration', 'InvalidRequest'],
]);

/**
 * Does every way of every cell, first about others' objects, then about the writers' own. The writers work side by side, since they harm
 * nothing of each other's; who may change a bucket works alone.
 */
export async function tryActs(cells: readonly Cell[], stage: Stage): Promise<readonly Attempt[]> {
  const of = (who: Who) => cells.filter((cell) => cell.who === who);
  const writers = Object.keys(FOLDERS) as Writer[];
  const attempts: Attempt[] = [];
  for (const ofOwn of [false, true]) {
    const tries = writers.map((who) =>
      tryInTurn(
        of(who).filter((cell) => !ofOwn || isOwn(cell)),
        ofOwn,
        stage,
      ),
    );
    attempts.push(...(await Promise.all(tries)).flat());
  }
  for (const who of ['mirror', 'promoter', 'administrator'] as const)
    attempts.push(...(await tryInTurn(of(who), false, stage)));
  return attempts;
}

async function tryInTurn(cells: readonly Cell[], ofOwn: boolean, stage: Stage): Promise<Attempt[]> {
  const objects = new ObjectsOfTable(stage, ofOwn);
  const attempts: Attempt[] = [];
  for (const cell of cells) {
    for (const way of waysOf(cell)) {
      const target = await objects.targetOf(cell);
      const act = way(target);
      const { outcome, isPointless } = await outcomeOf(act, stage.clients[cell.who]);
      if (outcome !== 'refused') objects.forget(target);
      if (outcome === 'done') await act.undo?.(stage.root);
      attempts.push({ cell, act: act.name, ofOwn, outcome, isPointless });
    }
  }
  return attempts;
}

/** How the act is made once its object is there; none for what no client can ask for (replication). */
function waysOf(cell: Cell): ((target: Target) => Act)[] {
  const acts = OBJECT_ACTS[cell.action] ?? BUCKET_ACTS[cell.action] ?? (() => []);
  const example = acts({ ...placeOf(cell), versionId: '', uploadId: '' });
  return example.flatMap(({ needsMore }, index) => {
    if (needsMore && cell.allowed) return [];
    return [
      (target: Target) => {
        const act = acts(target)[index];
        if (act === undefined) throw new RangeError(`${cell.action} has no way ${index}`);
        return act;
      },
    ];
  });
}

type Place = Omit<Target, 'versionId' | 'uploadId'>;

function placeOf(
  { who, bucket, key, context }: Cell,
  policies: Stage['bucketPolicies'] = { inbox: null, vault: null },
): Place {
  const folder = (FOLDERS as Readonly<Record<string, string>>)[who];
  return {
    bucket: SIDE[bucket ?? 'inbox'],
    key: key ?? 'web1/seed',
    context,
    ownPlace: folder === undefined ? null : { bucket: SIDE.inbox, key: `${folder}copy.gpg` },
    bucketPolicy: policies[bucket ?? 'inbox'],
  };
}

/** An upload that the writer itself could have made. */
function isOwn({ who, bucket, key }: Cell): boolean {
  return bucket === 'inbox' && key === `${FOLDERS[who as Writer]}${UPLOAD}`;
}

/** What the server says to it. */
export async function outcomeOf(act: Act, s3: S3Client): Promise<Pick<Attempt, 'outcome' | 'isPointless'>> {
  try {
    await act.send(s3);
    return { outcome: 'done', isPointless: false };
  } catch (error) {
    if (!(error instanceof Error && '$metadata' in error)) throw error;
    const status = (error as S3ServiceException).$metadata.httpStatusCode;
    if (status === 403) return { outcome: 'refused', isPointless: false };
    return { outcome: `${status} ${error.name}`, isPointless: POINTLESS.has(error.name) };
  }
}

/** Objects under the table's keys: one version and one unfinished upload each, made again after something happened to them. */
class ObjectsOfTable {
  readonly #stage: Stage;
  readonly #ofOwn: boolean;
  readonly #made = new Map<string, Pick<Target, 'versionId' | 'uploadId'>>();

  constructor(stage: Stage, ofOwn: boolean) {
    this.#stage = stage;
    this.#ofOwn = ofOwn;
  }

  async targetOf(cell: Cell): Promise<Target> {
    const place = placeOf(cell, this.#stage.bucketPolicies);
    const name = `${place.bucket}/${place.key}`;
    const made = this.#made.get(name) ?? (await this.#make(place, this.#makerOf(cell)));
    this.#made.set(name, made);
    return { ...place, ...made };
  }

  forget({ bucket, key }: Target): void {
    this.#made.delete(`${bucket}/${key}`);
  }

  /** Only the promoter can put anything into the vault. */
  #makerOf({ who, bucket }: Cell): S3Client {
    if (this.#ofOwn) return this.#stage.clients[who];
    return bucket === 'vault' ? this.#stage.clients.promoter : this.#stage.root;
  }

  async #make({ bucket, key }: Place, maker: S3Client): Promise<Pick<Target, 'versionId' | 'uploadId'>> {
    const at = { Bucket: bucket, Key: key };
    const { VersionId } = await maker.send(new PutObjectCommand({ ...at, Body: 'an upload' }));
    const { UploadId } = await maker.send(new CreateMultipartUploadCommand(at));
    if (VersionId === undefined || UploadId === undefined) throw new Error(`${bucket} is not versioned`);
    return { versionId: VersionId, uploadId: UploadId };
  }
}
