import type { ChecksumHash } from './checksum-hash.ts';
import type { PartLayout } from './proof-plan.ts';

/** The digest of the digests of an upload's parts, as S3 makes composite checksums and multipart ETags. */
export class PartsDigest {
  readonly #hash: ChecksumHash;
  readonly #layout: PartLayout;
  readonly #partDigests: Buffer[] = [];
  #leftInPart: number;

  constructor(hash: ChecksumHash, layout: PartLayout) {
    this.#hash = hash;
    this.#layout = layout;
    this.#leftInPart = this.#sizeOfPart(0);
  }

  update(chunk: Uint8Array): void {
    let from = 0;
    while (from < chunk.length) {
      const to = Math.min(chunk.length, from + this.#leftInPart);
      this.#hash.update(from === 0 && to === chunk.length ? chunk : chunk.subarray(from, to));
      this.#leftInPart -= to - from;
      from = to;
      if (this.#leftInPart === 0) this.#closePart();
    }
  }

  /** Once: the raw digest and the number of parts it is made of; an empty object is one empty part. */
  finish(): { digest: Buffer; partCount: number } {
    const begun = this.#leftInPart < this.#sizeOfPart(this.#partDigests.length);
    if (begun || this.#partDigests.length === 0) this.#closePart();
    for (const digest of this.#partDigests) this.#hash.update(digest);
    const digest = this.#hash.finish();
    this.#hash.release();
    return { digest, partCount: this.#partDigests.length };
  }

  #closePart(): void {
    this.#partDigests.push(this.#hash.finish());
    this.#leftInPart = this.#sizeOfPart(this.#partDigests.length);
  }

  /** What goes beyond the named parts falls into one more part, which the number of parts then shows. */
  #sizeOfPart(index: number): number {
    if ('eachBytes' in this.#layout) return this.#layout.eachBytes;
    return this.#layout.sizesBytes[index] ?? Number.POSITIVE_INFINITY;
  }
}
