import { randomBytes } from 'node:crypto';
import { CompleteMultipartUploadCommand, CreateMultipartUploadCommand, UploadPartCommand } from '@aws-sdk/client-s3';
import { DAY_MS, SECOND_MS } from '../../core/duration.ts';
import { formatUtc } from '../../core/zoned-time.ts';
import type { DecisionKind } from '../../promoter/decision.ts';
import { sha256Of } from '../backup-server.ts';
import { errorCode } from '../error-code.ts';
import type { PutExtras } from '../inbox.ts';
import type { LoggedDecision } from '../promoter-function.ts';
import type { FinishedUpload } from '../s3-notification.ts';
import { INBOX, MAX_SQL_BYTES } from '../upload-side-text.ts';
import { type Attempt, type AttemptGroup, promoterWords, type Raid } from './attempt.ts';

const FLOOD = 50;
const GARBAGE_BYTES = 90_000;
/** Garbage that fits its rule, but is far above four times the usual size of the settings' backups. */
const LARGE_BYTES = 500_000;

/** What the key may by design: write into its own folder of the inbox. What becomes of it there is the promoter's to say. */
export function inboxAttempts(suffix: string): readonly AttemptGroup[] {
  const site = `web1/backup.tar.gz.${suffix}`;
  const settings = `web1/etc.tar.gz.${suffix}`;
  const database = `web1/sql.gz.${suffix}`;
  return [
    {
      title: 'Overwriting and back-dating',
      attempts: [
        overwriteBeforePromotion(database),
        becomes('upload once more, to replace that in the vault', 'name-taken', () => ({ name: database })),
        becomes('choose the date by itself, in the name', 'unknown-name', ({ victim }) => ({ name: victim.key })),
        becomes('climb out of its folder: web1/../web2/', 'unknown-name', () => ({
          name: `web1/../web2/sql.gz.${suffix}`,
        })),
        signedYesterday(database),
        becomes('claim an old date, in headers and metadata', 'name-taken', ({ stage, victim }) => ({
          name: database,
          extras: backDated(stage.nowMs - 3 * DAY_MS, victim.key),
        })),
        begunLongAgo('complete an upload begun nine days ago', database, 'event'),
        begunLongAgo('the same, and S3’s message gets lost', database, 'sweep'),
      ],
    },
    {
      title: 'Poisoning',
      attempts: [
        poison('garbage as today’s site, before the real one', site),
        poison('far too large garbage as today’s settings', settings, LARGE_BYTES),
      ],
    },
    {
      title: 'Flooding',
      attempts: [
        flood(`upload the same name ${FLOOD} times`, 'name-taken', () => database),
        flood(`upload ${FLOOD} other names`, 'unknown-name', (index) => `web1/flood-${index}`),
        becomes('upload more than its rule allows', 'too-large', () => ({
          name: database,
          body: randomBytes(MAX_SQL_BYTES + 1),
        })),
        becomes('an empty upload for a backup', 'empty', () => ({ name: site, body: Buffer.alloc(0) })),
        becomes('a few bytes for a backup', 'too-small', () => ({ name: site, body: Buffer.from('garbage') })),
      ],
    },
  ];
}

interface Upload {
  readonly name: string;
  readonly body?: Uint8Array;
  readonly extras?: PutExtras;
}

/** One upload, accepted by S3, of which the promoter has to make this and nothing else. */
function becomes(what: string, kind: DecisionKind, upload: (raid: Raid) => Upload): Attempt {
  return {
    what,
    mayFillInbox: true,
    async make(raid) {
      const { name, body = randomBytes(GARBAGE_BYTES), extras } = upload(raid);
      const decision = await uploaded(raid, name, body, extras);
      return { asDesigned: decision.kind === kind, words: promoterWords(decision) };
    },
  };
}

/**
 * The real backup of this hour lies in the inbox, S3's message about it is on its way, and the attacker uploads garbage under the same name,
 * about which the promoter hears first.
 */
function overwriteBeforePromotion(name: string): Attempt {
  return {
    what: 'overwrite this hour’s backup before its promotion',
    mayFillInbox: true,
    async make({ stage, key }) {
      const { web1, inbox, promoter, admin, clock, nowMs, uploaded: genuine } = stage;
      const dump = await web1.site.backUpDatabase(nowMs);
      const real = await clock.at(nowMs, () => inbox.put(web1.key, dump.uploadKey, dump.body));
      const [decision, late] = await clock.at(nowMs + 2 * SECOND_MS, async () => {
        const garbage = await inbox.put(key, name, randomBytes(GARBAGE_BYTES));
        return [await promoter.notify(garbage), await promoter.notify(real)];
      });
      const inVault = sha256Of(await admin.read(dump.key));
      genuine.set(dump.key, dump);
      return {
        asDesigned: decision.kind === 'name-taken' && late.kind === 'already-moved' && inVault === dump.sha256,
        words: `${promoterWords(decision)}, by the real one`,
        arrived: new Map([[dump.key, dump.sha256]]),
      };
    },
  };
}

function signedYesterday(name: string): Attempt {
  return {
    what: 'sign as if it were yesterday (x-amz-date)',
    mayFillInbox: false,
    async make({ stage, key }) {
      const { clock, inbox, nowMs } = stage;
      const slow = { ...key, client: () => wound(key.client(), -DAY_MS) };
      const code = await clock.at(nowMs, () => errorCode(inbox.put(slow, name, randomBytes(10))));
      return { asDesigned: code === 'RequestTimeTooSkewed', words: `S3: ${code}` };
    },
  };
}

function wound(client: ReturnType<Raid['key']['client']>, byMs: number) {
  client.config.systemClockOffset += byMs;
  return client;
}

/** What the promoter itself writes into the vault's metadata, and whatever else may look like a date. */
function backDated(atMs: number, sourceKey: string): PutExtras {
  const date = formatUtc(atMs);
  return {
    Metadata: { 'uploaded-at': date, 'last-modified': date, date, 'source-key': sourceKey, 'source-version': '1' },
    headers: { 'Last-Modified': new Date(atMs).toUTCString() },
  };
}

/** S3 dates an object that came in parts by the beginning of its upload. */
function begunLongAgo(what: string, name: string, heardBy: 'event' | 'sweep'): Attempt {
  return {
    what,
    mayFillInbox: true,
    async make({ stage, key }) {
      const { clock, inbox, nowMs, promoter } = stage;
      const upload = { Bucket: INBOX, Key: name, ChecksumAlgorithm: 'CRC64NVME' } as const;
      const { UploadId } = await clock.at(nowMs - 9 * DAY_MS, () =>
        key.client().send(new CreateMultipartUploadCommand(upload)),
      );
      const finished = await clock.at(nowMs, async (): Promise<FinishedUpload> => {
        const Body = randomBytes(GARBAGE_BYTES);
        const part = { ...upload, UploadId, PartNumber: 1, Body };
        const { ETag } = await key.client().send(new UploadPartCommand(part));
        const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
        const completed = new CompleteMultipartUploadCommand({ Bucket: INBOX, Key: name, UploadId, MultipartUpload });
        const { VersionId } = await key.client().send(completed);
        return inbox.finished(name, VersionId);
      });
      if (heardBy === 'event') {
        const decision = await clock.at(nowMs, () => promoter.notify(finished));
        return { asDesigned: decision.kind === 'name-taken', words: `${promoterWords(decision)}: this hour’s` };
      }
      const decisions = await clock.at(nowMs, () => promoter.sweep());
      const decision = decisions.find(({ versionId }) => versionId === finished.versionId);
      return {
        asDesigned: decision?.kind === 'time-unknown' && decisions.every(({ kind }) => kind !== 'promoted'),
        words: `sweep of the inbox: ${decision?.kind ?? 'not seen'}`,
      };
    },
  };
}

function flood(what: string, kind: DecisionKind, nameOf: (index: number) => string): Attempt {
  return {
    what,
    mayFillInbox: true,
    async make(raid) {
      const decisions: LoggedDecision[] = [];
      for (let index = 0; index < FLOOD; index += 1) {
        decisions.push(await uploaded(raid, nameOf(index), randomBytes(2000)));
      }
      const fitting = decisions.filter((decision) => decision.kind === kind);
      return { asDesigned: fitting.length === FLOOD, words: promoterWords({ kind }, fitting.length) };
    },
  };
}

/** A name of today that nobody has had yet: the attacker gets it. */
function poison(what: string, name: string, sizeBytes = GARBAGE_BYTES): Attempt {
  return {
    what,
    mayFillInbox: true,
    async make(raid) {
      const garbage = randomBytes(sizeBytes);
      const decision = await uploaded(raid, name, garbage);
      const { kind, vaultKey } = decision;
      const arrived = new Map(vaultKey === null ? [] : [[vaultKey, sha256Of(garbage)]]);
      for (const [key, sha256] of arrived) raid.stage.forged.set(key, sha256);
      const date = formatUtc(raid.stage.nowMs).slice(0, 10);
      return {
        asDesigned: kind === 'promoted' && vaultKey?.startsWith(`web1/${date}.`) === true,
        words: `promoted, as ${vaultKey?.slice('web1/'.length) ?? '?'} only`,
        arrived,
      };
    },
  };
}

/** With the stolen key, and then as ever: S3 tells the promoter. */
function uploaded({ stage, key }: Raid, name: string, body: Uint8Array, extras?: PutExtras): Promise<LoggedDecision> {
  const { clock, inbox, promoter, nowMs } = stage;
  return clock.at(nowMs, async () => promoter.notify(await inbox.put(key, name, body, extras)));
}
