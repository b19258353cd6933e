export interface Span {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

/** Which bytes of a file are there: sorted, merged, never overlapping. */
export class RangeSet {
  #spans: Span[] = [];

  add(span: Span): void {
    if (span.end <= span.start) return;
    const before = this.#spans.filter((s) => s.end < span.start);
    const after = this.#spans.filter((s) => s.start > span.end);
    const touching = this.#spans.filter((s) => s.end >= span.start && s.start <= span.end);
    const start = Math.min(span.start, ...touching.map((s) => s.start));
    const end = Math.max(span.end, ...touching.map((s) => s.end));
    this.#spans = [...before, { start, end }, ...after];
  }

  get bytes(): number {
    return this.#spans.reduce((sum, span) => sum + span.end - span.start, 0);
  }

  /** The end of the stretch that begins at byte 0. */
  get contiguousEnd(): number {
    const first = this.#spans[0];
    return first === undefined || first.start > 0 ? 0 : first.end;
  }

  /** The gaps below `sizeBytes`, cut into pieces of at most `pieceBytes`, lowest first. */
  missing(sizeBytes: number, pieceBytes: number): Span[] {
    const pieces: Span[] = [];
    let position = 0;
    for (const span of [...this.#spans, { start: sizeBytes, end: sizeBytes }]) {
      const gapEnd = Math.min(span.start, sizeBytes);
      for (; position < gapEnd; position = Math.min(position + pieceBytes, gapEnd)) {
        pieces.push({ start: position, end: Math.min(position + pieceBytes, gapEnd) });
      }
      position = Math.max(position, span.end);
    }
    return pieces;
  }
}
