import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Clock } from '../../core/clock.ts';
import type { Versioning } from './bucket.ts';
import { type S3User, type SeedObject, startS3Server } from './start-s3-server.ts';

/** What a server of its own process is told: JSON, as the one argument or (with a leading `@`) in a file. */
export interface MainOptions {
  readonly dataDir: string;
  readonly users: readonly S3User[];
  readonly port?: number;
  readonly region?: string;
  readonly bytesPerSecond?: number;
  readonly buckets?: readonly {
    readonly name: string;
    readonly versioning?: Versioning;
    readonly lock?: boolean;
    readonly objects?: readonly SeedObject[];
    readonly numbered?: NumberedObjects;
  }[];
}

/** Many objects without naming each: `keyPrefix` and six or more digits. */
interface NumberedObjects {
  readonly count: number;
  readonly keyPrefix: string;
  readonly sizeBytes: number;
  /** So far apart, the last one so long before now. A second by default. */
  readonly everyMs?: number;
  /** Their day in UTC stands before the digits: `2026-11-20-000123`. */
  readonly dated?: boolean;
}

const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms) => setTimeout(ms),
};

/**
 * The server in a process of its own: `node main.ts '{"dataDir":…,"users":[…]}'`. Prints one line `{"url":…,"port":…}` when
 * it is ready, answers GET /-/counters, ends on SIGTERM, SIGINT, or when its standard input closes.
 */
async function main(): Promise<void> {
  const { positionals } = parseArgs({ allowPositionals: true });
  const [argument = '{}'] = positionals;
  const text = argument.startsWith('@') ? readFileSync(argument.slice(1), 'utf8') : argument;
  const options = JSON.parse(text) as MainOptions;
  const server = await startS3Server({ ...options, clock: systemClock, countersPath: '/-/counters' });
  for (const { name, versioning, lock, objects, numbered } of options.buckets ?? []) {
    server.addBucket(name, { ...(versioning && { versioning }), ...(lock && { lock }) });
    server.seed(name, objects ?? []);
    if (numbered !== undefined) server.seed(name, numberedObjects(numbered));
  }
  let isStopping = false;
  const stop = () => {
    if (isStopping) return;
    isStopping = true;
    process.stdin.destroy();
    void server.close();
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);
  process.stdin.on('end', stop).on('close', stop).resume();
  process.stdout.write(`${JSON.stringify({ url: server.url, port: server.port })}\n`);
}

function* numberedObjects(options: NumberedObjects): Generator<SeedObject> {
  const { count, keyPrefix, sizeBytes, everyMs = 1000, dated = false } = options;
  const now = systemClock.now();
  for (let index = 0; index < count; index += 1) {
    const lastModifiedMs = now - (count - index) * everyMs;
    const day = dated ? `${new Date(lastModifiedMs).toISOString().slice(0, 10)}-` : '';
    yield { key: `${keyPrefix}${day}${String(index).padStart(6, '0')}`, body: { sizeBytes }, lastModifiedMs };
  }
}

await main();
