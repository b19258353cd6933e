/** The name of S3's error, or 'done' when it was none. The answer to a HEAD has no room for more than a status; 403 is AccessDenied then. */
export async function errorCode(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
    return 'done';
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const { $metadata } = error as { readonly $metadata?: { readonly httpStatusCode?: number } };
    return error.name === 'Unknown' && $metadata?.httpStatusCode === 403 ? 'AccessDenied' : error.name;
  }
}
