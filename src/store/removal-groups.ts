export interface Removal {
  readonly archiveId: number;
  /** Why no rule keeps it; stays in its row and in the history. */
  readonly reason: string;
  /** What the parts of one multi-part archive have in common, and nothing else has; they follow each other, and go together. null: it stands alone. */
  readonly set: string | null;
}

/** The parts of one set, or an archive that stands alone. */
export type Unit = readonly Removal[];

/** As many as a publisher takes: more in one group gains nothing, and holds the catalog's lock longer. Only a set of parts may be larger. */
const MAX_GROUP = 128;

/** Groups of no more than a limit that cut no set; a set larger than that is a group of its own. */
export function* removalGroups(removals: Iterable<Removal>): Generator<Unit[]> {
  let group: Unit[] = [];
  let size = 0;
  for (const unit of unitsOf(removals)) {
    if (size > 0 && size + unit.length > MAX_GROUP) {
      yield group;
      group = [];
      size = 0;
    }
    group.push(unit);
    size += unit.length;
  }
  if (size > 0) yield group;
}

function* unitsOf(removals: Iterable<Removal>): Generator<Unit> {
  let unit: Removal[] = [];
  for (const removal of removals) {
    const isPart = removal.set !== null && removal.set === unit[0]?.set;
    if (!isPart && unit.length > 0) {
      yield unit;
      unit = [];
    }
    unit.push(removal);
  }
  if (unit.length > 0) yield unit;
}
