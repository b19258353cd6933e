/** Where this very program lies. Only its entry file knows: a bundler moves the others. */
export interface ProgramPlace {
  /** dist/cli.js, or src/cli.ts where the sources are run as they are. */
  readonly cliFile: string;
  /** Has package.json and, once it is built, dist/. */
  readonly rootDir: string;
}
