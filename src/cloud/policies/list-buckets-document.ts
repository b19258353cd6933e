import { type PolicyDocument, policyDocument } from './policy-document.ts';

/** The base: names of buckets, which tools with a list to choose from ask for. The action knows no single bucket. */
export function listBucketsDocument(): PolicyDocument {
  return policyDocument([
    { Sid: 'SeeNamesOfBuckets', Effect: 'Allow', Action: ['s3:ListAllMyBuckets'], Resource: ['*'] },
  ]);
}
