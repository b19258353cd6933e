import type { PolicyContext } from './policy-context.ts';
import { type PolicyDocument, policyDocument } from './policy-document.ts';
import { refuseGrants, refuseUnmovableUploads, refuseWithoutTls } from './request-form.ts';

/** Binds everybody, also users whose own policies somebody loosened: only uploads that the promoter can move, and no rights given away. */
export function inboxBucketDocument({ flavour, arns }: PolicyContext): PolicyDocument {
  return policyDocument([
    ...refuseWithoutTls('bucket', [arns.inbox, arns.inboxObjects], flavour),
    ...refuseUnmovableUploads('bucket', arns.inboxObjects, flavour),
    ...refuseGrants('bucket', arns.inboxObjects, flavour),
  ]);
}
