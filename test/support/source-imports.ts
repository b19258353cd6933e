export interface SourceImport {
  readonly specifier: string;
  /** 'unknown' where a dynamic import is not given a plain string: nobody can check that. */
  readonly kind: 'static' | 'dynamic' | 'unknown';
}

// The formatter puts every import and export at the start of a line; a line of a comment starts with `*` or `//`.
const STATIC = /^[ \t]*(?:import|export)\b(?:[^'"`;()]*?\bfrom)?\s*(['"])(?<specifier>[^'"\n]+)\1/gm;
const DYNAMIC =
  /(?<![\w.$])(?:(?:import|createRequire)\s*\(\s*(?:(['"`])(?<specifier>[^'"`\n$]+)\1)?|require\s*\(\s*(['"`])(?<required>[^'"`\n$]+)\3)/g;

/** Whatever a TypeScript source imports or re-exports from, types included, in the order of the text. */
export function importsOf(source: string): SourceImport[] {
  const code = withoutComments(source);
  const found: (SourceImport & { readonly at: number })[] = [];
  for (const match of code.matchAll(STATIC)) {
    found.push({ specifier: match.groups?.specifier ?? '', kind: 'static', at: match.index });
  }
  for (const match of code.matchAll(DYNAMIC)) {
    const specifier = match.groups?.specifier ?? match.groups?.required;
    found.push({
      specifier: specifier ?? match[0],
      kind: specifier === undefined ? 'unknown' : 'dynamic',
      at: match.index,
    });
  }
  return found.sort((a, b) => a.at - b.at).map(({ specifier, kind }) => ({ specifier, kind }));
}

/**
 * The source without block comments that begin a line and without `//` comments at the start of a line or after a space. Not a parser: where a
 * string looks like a comment too much is taken out, never code outside of that line.
 */
export function withoutComments(source: string): string {
  return source.replace(/^[ \t]*\/\*[\s\S]*?\*\//gm, '').replace(/(^|\s)\/\/.*$/gm, '$1');
}
