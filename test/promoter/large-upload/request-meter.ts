import type { S3Client } from '@aws-sdk/client-s3';

export interface OperationCount {
  requests: number;
  /** Of each request, in the order of their ends. */
  readonly durationsMs: number[];
  inFlight: number;
  mostInFlight: number;
}

/** Counts what a client sends, by operation. */
export function meterRequests(client: S3Client): Map<string, OperationCount> {
  const counts = new Map<string, OperationCount>();
  client.middlewareStack.add(
    (next, context) => async (request) => {
      const operation = (context.commandName ?? '').replace(/Command$/, '');
      const count = counts.get(operation) ?? { requests: 0, durationsMs: [], inFlight: 0, mostInFlight: 0 };
      counts.set(operation, count);
      count.requests += 1;
      count.inFlight += 1;
      count.mostInFlight = Math.max(count.mostInFlight, count.inFlight);
      const beganMs = performance.now();
      try {
        return await next(request);
      } finally {
        count.inFlight -= 1;
        count.durationsMs.push(performance.now() - beganMs);
      }
    },
    // Each attempt is a request.
    { step: 'finalizeRequest', priority: 'low', name: 'requestMeter' },
  );
  return counts;
}
