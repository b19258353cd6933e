/**
 * Milliseconds that a Retry-After header asks for: seconds or an HTTP date (RFC 9110 10.2.3). The date is compared with the answer's own
 * Date header where there is one, because this machine's clock may be wrong. undefined when absent, unreadable or in the past.
 */
export function parseRetryAfterMs(
  header: string | undefined,
  answerDateMs: number | null,
  nowMs: number,
): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const dateMs = parseHttpDateMs(text);
  if (dateMs === null) return undefined;
  const waitMs = dateMs - (answerDateMs ?? nowMs);
  return waitMs > 0 ? waitMs : undefined;
}

/** A Date or Last-Modified header as epoch milliseconds; null when absent or unreadable. */
export function parseHttpDateMs(header: string | undefined): number | null {
  // Date.parse takes nearly anything ('1' is a year); an HTTP date begins with the name of a day (RFC 9110 5.6.7).
  if (header === undefined || !/^[A-Z][a-z]{2,8}[, ]/.test(header)) return null;
  const ms = Date.parse(header);
  return Number.isFinite(ms) ? ms : null;
}
