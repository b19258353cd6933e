import type { TemplateDocument } from '../../../src/cloud/template/template-document.ts';

/** Values that CloudFormation itself gives (CloudFormation user guide, "Pseudo parameters"), as far as they may be used here. */
const PSEUDO_PARAMETERS = ['AWS::AccountId', 'AWS::Region'];

/** Which resources each resource waits for: by Ref, Fn::GetAtt, Fn::Sub and DependsOn. */
export function dependenciesOf({ Resources }: Pick<TemplateDocument, 'Resources'>): Map<string, readonly string[]> {
  return new Map(
    Object.entries(Resources).map(([id, { DependsOn = [], Properties }]) => [
      id,
      [...new Set([...DependsOn, ...referencesIn(Properties)])].filter((name) => !PSEUDO_PARAMETERS.includes(name)),
    ]),
  );
}

/** Logical ids and pseudo parameters that a value refers to. */
export function referencesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, argument]) => {
    if (key === 'Ref') return [String(argument)];
    if (key === 'Fn::GetAtt') return [String(argument[0])];
    if (key === 'Fn::Sub') {
      return [...String(argument).matchAll(/\$\{([^}.!]+)[^}]*\}/g)].map(([, name]) => name ?? '');
    }
    return referencesIn(argument);
  });
}

/** The first way from a resource back to itself, or null. */
export function cycleIn(dependencies: ReadonlyMap<string, readonly string[]>): readonly string[] | null {
  const finished = new Set<string>();
  const visit = (id: string, way: readonly string[]): readonly string[] | null => {
    if (way.includes(id)) return [...way.slice(way.indexOf(id)), id];
    if (finished.has(id)) return null;
    for (const next of dependencies.get(id) ?? []) {
      const cycle = visit(next, [...way, id]);
      if (cycle !== null) return cycle;
    }
    finished.add(id);
    return null;
  };
  for (const id of dependencies.keys()) {
    const cycle = visit(id, []);
    if (cycle !== null) return cycle;
  }
  return null;
}
