import type { Scene } from '../scene.ts';
import { deletedFromTheVault } from './deleted-from-the-vault.ts';
import { describeTheUploadSide } from './describe-the-upload-side.ts';
import { giveBack } from './give-back.ts';
import { makeTheStore } from './make-the-store.ts';
import { onlyTheDisk } from './only-the-disk.ts';
import { pull } from './pull.ts';
import { replacedInTheVault } from './replaced-in-the-vault.ts';
import { serverTakenOver } from './server-taken-over.ts';
import { surviveTheLine } from './survive-the-line.ts';
import { uploadAndPromote } from './upload-and-promote.ts';

/** The story, in order: each scene goes on from where the one before it ended. */
export const SCENES: readonly Scene[] = [
  describeTheUploadSide,
  uploadAndPromote,
  makeTheStore,
  pull,
  giveBack,
  surviveTheLine,
  serverTakenOver,
  replacedInTheVault,
  deletedFromTheVault,
  onlyTheDisk,
];
