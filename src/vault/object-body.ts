import type { IncomingMessage } from 'node:http';
import { AppError } from '../core/errors.ts';

export interface ObjectBodyOptions {
  readonly stream: IncomingMessage;
  readonly lengthBytes: number;
  readonly idleTimeoutMs: number;
  readonly signal: AbortSignal;
  /** Turns what Node throws, or what is noticed here, into an AppError that names the object. */
  readonly translate: (error: unknown) => unknown;
}

/** Waiting bytes at which the connection is paused; once more may lie with the consumer and in the socket. */
const PAUSE_AT_BYTES = 1024 * 1024;

const TICKS_PER_TIMEOUT = 4;

/**
 * The bytes of a response in batches, as ObjectBody promises. Listens to 'data' rather than reading the stream: a paused Readable
 * joins what it has buffered into one new Buffer for every read, which costs a copy of the whole archive.
 */
export function createObjectBody(options: ObjectBodyOptions): {
  batches: AsyncIterable<readonly Buffer[]>;
  cancel(): void;
} {
  const { stream, lengthBytes, signal } = options;
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  let receivedBytes = 0;
  // Until the consumer begins, and whenever it falls behind.
  let paused = true;
  let over = false;
  let failure: { reason: unknown } | null = null;
  let wake: (() => void) | null = null;

  const settle = (reason?: unknown): void => {
    if (over) return;
    over = true;
    clearInterval(ticker);
    signal.removeEventListener('abort', onAbort);
    if (reason !== undefined) {
      failure = { reason };
      stream.destroy();
    }
    wake?.();
  };
  const fail = (error: unknown): void => settle(options.translate(error));

  const onData = (chunk: Buffer): void => {
    if (over) return;
    receivedBytes += chunk.length;
    if (receivedBytes > lengthBytes) {
      waiting = [];
      fail(new AppError('VAULT_BAD_ANSWER', `more than the ${lengthBytes} bytes that were due`));
      return;
    }
    waiting.push(chunk);
    waitingBytes += chunk.length;
    if (waitingBytes >= PAUSE_AT_BYTES) {
      paused = true;
      stream.pause();
    }
    wake?.();
  };
  const onEnd = (): void => {
    if (receivedBytes === lengthBytes) settle();
    else fail(cutShort(receivedBytes, lengthBytes));
  };
  const onError = (error: unknown): void => fail(error);
  const onClose = (): void => {
    if (!over) fail(cutShort(receivedBytes, lengthBytes));
  };
  const onAbort = (): void => {
    waiting = [];
    settle(signal.reason);
  };

  // One timer for the whole transfer instead of one per chunk: silence is a number of ticks without a new byte. A consumer that is
  // slow itself pauses the stream; that is no silence of the server.
  let seenBytes = -1;
  let quietTicks = 0;
  const ticker = setInterval(() => {
    quietTicks = paused || receivedBytes !== seenBytes ? 0 : quietTicks + 1;
    seenBytes = receivedBytes;
    if (quietTicks >= TICKS_PER_TIMEOUT) {
      fail(new AppError('TRANSFER_STALLED', `no byte within ${options.idleTimeoutMs / 1000} s`));
    }
  }, options.idleTimeoutMs / TICKS_PER_TIMEOUT);

  stream.on('error', onError).on('close', onClose).on('end', onEnd);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();

  async function* batches(): AsyncGenerator<readonly Buffer[], void, void> {
    paused = false;
    stream.on('data', onData);
    try {
      while (true) {
        if (waiting.length > 0) {
          const batch = waiting;
          waiting = [];
          waitingBytes = 0;
          if (paused) {
            paused = false;
            stream.resume();
          }
          yield batch;
        } else if (failure !== null) {
          throw failure.reason;
        } else if (over) {
          return;
        } else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
          wake = null;
        }
      }
    } finally {
      cancel();
    }
  }

  function cancel(): void {
    settle(new AppError('INTERRUPTED', 'the transfer was given up'));
    waiting = [];
  }

  return { batches: batches(), cancel };
}

function cutShort(receivedBytes: number, lengthBytes: number): AppError {
  return new AppError('TRANSFER_CUT', `the connection broke after ${receivedBytes} of ${lengthBytes} bytes`);
}
