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
    /** Many objects without naming each: `keyPrefix` and six or more digits, one second apart up to now. */
    readonly numbered?: { readonly count: number; readonly keyPrefix: string; readonly sizeBytes: number };
  }[];
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

function* numberedObjects(options: { count: number; keyPrefix: string; sizeBytes: number }): Generator<SeedObject> {
  const now = systemClock.now();
  for (let index = 0; index < options.count; index += 1) {
    yield {
      key: `${options.keyPrefix}${String(index).padStart(6, '0')}`,
      body: { sizeBytes: options.sizeBytes },
      lastModifiedMs: now - (options.count - index) * 1000,
    };
  }
}

await main();
