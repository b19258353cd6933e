import { AsyncLocalStorage } from 'node:async_hooks';
import { Readable } from 'node:stream';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import type { Seeded } from '../../support/seeded.ts';

/**
 * What goes wrong with one request of one actor. The first two end the actor: none of its later requests is sent, as when a function runs out
 * of time or its machine dies. lost: it takes effect, no answer comes. resent: the same, and the client asks again. refused: 503 without effect.
 * conflict: 409, as S3 answers to writers that collide.
 */
export type FaultKind = 'dies-before' | 'dies-after' | 'lost' | 'resent' | 'refused' | 'conflict';

export interface Fault {
  readonly kind: FaultKind;
  /** Counts the actor's requests, from 1. */
  readonly atRequest: number;
}

export interface SentRequest {
  readonly actor: string;
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
  /** null: not answered. */
  readonly status: number | null;
}

/** Somebody who sends requests one after the other: an invocation of the promoter, an uploader. */
export interface Actor {
  readonly name: string;
  readonly fault: Fault | null;
  /** What it rejects with, `run` does. */
  readonly act: (client: S3Client) => Promise<unknown>;
}

interface Running {
  readonly actor: Actor;
  readonly waiting: (() => void)[];
  requests: number;
  isDead: boolean;
  ending: { readonly error?: unknown } | null;
}

/** As much of an answer as is touched here. */
interface HttpAnswer {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  body: unknown;
}

interface RequestHandler {
  handle(request: never, options?: never): Promise<{ response: HttpAnswer }>;
}

/**
 * Lets actors run at the same time with one request on its way at any moment, chosen by chance: every order in which a server could have seen
 * their requests can come, and the same seed brings the same one again.
 */
export class Turns {
  readonly #seeded: Seeded;
  readonly #beforeTurn: () => void;
  readonly #plain: S3Client;
  readonly #client: S3Client;
  readonly #running = new AsyncLocalStorage<Running>();
  readonly sent: SentRequest[] = [];

  /** `beforeTurn`: for the clock to go on. It stands still from a request until its sender has sent the next one, or is done. */
  constructor(options: {
    readonly seeded: Seeded;
    readonly config: S3ClientConfig;
    readonly prepare: (client: S3Client) => void;
    readonly beforeTurn: () => void;
  }) {
    this.#seeded = options.seeded;
    this.#beforeTurn = options.beforeTurn;
    this.#plain = new S3Client({ ...options.config, maxAttempts: 1 });
    const requestHandler = {
      handle: (request: never, handlerOptions?: never) => this.#handle(request, handlerOptions),
      destroy: () => {},
    };
    // One for all, because making one takes as long as a request; whose request it is, its call tells.
    this.#client = new S3Client({ ...options.config, maxAttempts: 1, requestHandler: requestHandler as never });
    options.prepare(this.#client);
  }

  /** Runs all of them to their ends. `systemClockOffset` is the difference of the server's clock to this machine's. */
  async run(actors: readonly Actor[], systemClockOffset: number): Promise<void> {
    (this.#client.config as { systemClockOffset: number }).systemClockOffset = systemClockOffset;
    const all = actors.map((actor) => this.#start(actor));
    for (;;) {
      const running = all.filter(({ ending }) => ending === null);
      if (running.length === 0) break;
      if (running.some(({ waiting }) => waiting.length === 0)) {
        // Computing between two requests.
        await new Promise((resolve) => setImmediate(resolve));
        continue;
      }
      this.#beforeTurn();
      const chosen = this.#seeded.pick(running);
      await new Promise<void>((resolve) => {
        this.#release = resolve;
        chosen.waiting.shift()?.();
      });
    }
    for (const { ending } of all) if (ending?.error !== undefined) throw ending.error;
  }

  close(): void {
    this.#client.destroy();
    this.#plain.destroy();
  }

  #release: () => void = () => {};

  #start(actor: Actor): Running {
    const running: Running = { actor, waiting: [], requests: 0, isDead: false, ending: null };
    this.#running
      .run(running, () => actor.act(this.#client))
      .then(
        () => {
          running.ending = {};
        },
        (error: unknown) => {
          running.ending = { error };
        },
      );
    return running;
  }

  async #handle(request: never, options?: never): Promise<{ response: HttpAnswer }> {
    const running = this.#running.getStore();
    if (running === undefined) throw new Error('a request of nobody');
    if (running.isDead) throw dead();
    await new Promise<void>((resolve) => {
      running.waiting.push(resolve);
    });
    try {
      running.requests += 1;
      const fault = running.actor.fault?.atRequest === running.requests ? running.actor.fault.kind : null;
      return await this.#send(running, request, options, fault);
    } finally {
      this.#release();
    }
  }

  async #send(running: Running, request: never, options: never | undefined, fault: FaultKind | null) {
    const inner = this.#plain.config.requestHandler as unknown as RequestHandler;
    const send = async (): Promise<{ response: HttpAnswer }> => {
      const { response } = await inner.handle(request, options);
      // Read to its end, so that nothing of it is left to come during somebody else's turn.
      const chunks: Buffer[] = [];
      for await (const chunk of response.body as AsyncIterable<Buffer>) chunks.push(chunk);
      response.body = Readable.from(chunks);
      this.#record(running, request, response.statusCode);
      return { response };
    };
    if (fault === 'dies-before' || fault === 'dies-after') {
      running.isDead = true;
      if (fault === 'dies-after') await send();
      throw dead();
    }
    if (fault === 'refused') return { response: errorAnswer(503, 'SlowDown') };
    if (fault === 'conflict' && isCompletion(request))
      return { response: errorAnswer(409, 'ConditionalRequestConflict') };
    const answer = await send();
    if (fault === 'resent') return send();
    if (fault === 'lost') throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
    return answer;
  }

  #record(running: Running, request: SentRequest, status: number): void {
    const { method, path, query, headers } = request;
    this.sent.push({ actor: running.actor.name, method, path, query, headers, status });
  }
}

function isCompletion({ method, query }: SentRequest): boolean {
  return method === 'POST' && query.uploadId !== undefined;
}

function dead(): Error {
  return new Error('this invocation died');
}

function errorAnswer(statusCode: number, code: string): HttpAnswer {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>by the test</Message></Error>`;
  return { statusCode, headers: { 'content-type': 'application/xml' }, body: Readable.from([Buffer.from(body)]) };
}
