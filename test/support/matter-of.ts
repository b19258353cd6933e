import type { AttentionItem, AttentionMatter } from '../../src/core/attention.ts';

/** The matter that these items of one cause make; as many are named as are given, unless `count` says that there are more. */
export function matterOf(items: readonly [AttentionItem, ...AttentionItem[]], count = items.length): AttentionMatter {
  const archives = items.map(({ archive }) => archive);
  return { cause: items[0].cause, count, newest: items, examples: archives, series: archives };
}
