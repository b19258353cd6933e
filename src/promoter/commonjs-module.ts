import { createHandler } from './lambda.ts';

/*
 * What the bundle is made from: CloudFormation makes inline code a CommonJS module. esbuild would translate an `export` with half a kilobyte of
 * helpers, and a template takes 51,200 bytes in all.
 */
module.exports = { createHandler };
