import type { UploadSide } from '../description/upload-side.ts';
import { type Arns, arnsOf } from './arns.ts';
import { type Flavour, flavourOf } from './flavours.ts';
import type { PolicyFlavour } from './policy-document.ts';

/** What every document is written from. */
export interface PolicyContext {
  readonly side: UploadSide;
  readonly flavour: Flavour;
  readonly arns: Arns;
}

/** `account`: the number of the AWS account, where it is known. */
export function policyContext(side: UploadSide, flavour: PolicyFlavour, account = '*'): PolicyContext {
  return { side, flavour: flavourOf(flavour), arns: arnsOf(side, flavour, account) };
}
