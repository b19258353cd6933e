import type { PromotionRule } from '../core/promoter-settings.ts';
import type { Decision } from './decision.ts';
import type { PromoterStorage, UploadFacts, UploadRef } from './promoter-storage.ts';

/** A version of an upload, and the one name that it may get. */
export interface Promotion {
  readonly source: UploadRef;
  readonly vaultKey: string;
  /** The time that gave the name. */
  readonly uploadedAtMs: number;
  readonly rule: PromotionRule;
}

export type Ending = Pick<Decision, 'kind' | 'proof' | 'why'>;

export function decisionOf(promotion: Promotion, sizeBytes: number | null, ending: Ending): Decision {
  const { source, vaultKey, uploadedAtMs } = promotion;
  return { ...source, vaultKey, sizeBytes, uploadedAtMs, ...ending };
}

/** Asks for the upload itself: what an event or a listing said of it is not believed. A decision where there is nothing to promote. */
export async function examineUpload(
  storage: PromoterStorage,
  promotion: Promotion,
  signal: AbortSignal,
): Promise<UploadFacts | Decision> {
  const facts = await storage.headUpload(promotion.source, signal);
  if (facts === 'gone') return decisionOf(promotion, null, { kind: 'already-moved' });
  const kind = refuseSize(facts.sizeBytes, promotion.rule) ?? (facts.isArchived ? 'archived-class' : null);
  return kind === null ? facts : decisionOf(promotion, facts.sizeBytes, { kind });
}

/** Why an upload of this size is not promoted, if it is not. */
export function refuseSize(sizeBytes: number, rule: PromotionRule): 'empty' | 'too-small' | 'too-large' | null {
  if (sizeBytes === 0) return 'empty';
  if (sizeBytes < rule.minSizeBytes) return 'too-small';
  return sizeBytes > rule.maxSizeBytes ? 'too-large' : null;
}
