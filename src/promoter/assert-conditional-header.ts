import { CompleteMultipartUploadCommand, type S3Client } from '@aws-sdk/client-s3';

/**
 * Makes sure that this SDK really sends `If-None-Match: *` when a copy is completed. SDKs from before a header was invented drop it without
 * a word and overwrite, and nobody says which SDK a Lambda runtime brings. The SDK writes the request, which is stopped before anybody
 * signs or sends it. Rejects with an Error when the header is missing.
 */
export async function assertConditionalHeader(client: S3Client): Promise<void> {
  const command = new CompleteMultipartUploadCommand({
    Bucket: 'bucket',
    Key: 'key',
    UploadId: 'upload',
    IfNoneMatch: '*',
  });
  let sent: unknown;
  command.middlewareStack.add(
    () => async (args) => {
      sent = headersOf(args.request)['if-none-match'];
      return { output: { $metadata: {} }, response: {} };
    },
    { step: 'build', priority: 'low', name: 'stopBeforeSending' },
  );
  await client.send(command);
  if (sent === '*') return;
  throw new Error(
    'this AWS SDK does not send If-None-Match with CompleteMultipartUpload: archives could be overwritten; use a newer runtime',
  );
}

function headersOf(request: unknown): Readonly<Record<string, unknown>> {
  const headers = typeof request === 'object' && request !== null && 'headers' in request ? request.headers : null;
  if (typeof headers !== 'object' || headers === null) return {};
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
