import { StorageError } from './storage-error.ts';

export interface S3Request {
  readonly operation: string;
  /** Bucket, or bucket and key, for the words of an error. */
  readonly place: string;
  readonly signal: AbortSignal;
}

/** Refusals that are answers: by S3's error code, or by HTTP status where HEAD tells no code. */
export type Refusals<T> = Readonly<Record<string | number, T>>;

/**
 * Sends a request, and gives its answer or what stands for its refusal. Rejects with the signal's reason when that is aborted, else with a
 * StorageError: the SDK's own carries the request, with its signature.
 */
export async function answerOr<A, R>(
  request: S3Request,
  refusals: Refusals<R>,
  send: () => Promise<A>,
): Promise<A | R> {
  request.signal.throwIfAborted();
  try {
    return await send();
  } catch (error) {
    request.signal.throwIfAborted();
    const fault = readFault(error);
    for (const name of [fault.code, fault.status ?? '']) {
      if (Object.hasOwn(refusals, name)) return refusals[name] as R;
    }
    throw new StorageError({ operation: request.operation, place: request.place, ...fault });
  }
}

/** What an answer must have; its lack is a StorageError of the request that it came to. */
export function required<T>(value: T | null | undefined, name: string): T {
  if (value === undefined || value === null || value === '') throw new TypeError(`the answer has no ${name}`);
  return value;
}

function readFault(error: unknown): { code: string; status: number | null; detail: string } {
  if (!(error instanceof Error)) return { code: '', status: null, detail: String(error) };
  const { $metadata, Code, code } = error as Error & {
    $metadata?: { httpStatusCode?: number };
    Code?: unknown;
    code?: unknown;
  };
  const status = $metadata?.httpStatusCode ?? null;
  const name = [Code, code, error.name].find((candidate) => typeof candidate === 'string' && candidate !== '');
  return { code: String(name), status, detail: error.message === name ? '' : error.message };
}
