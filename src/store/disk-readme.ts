import { sealText } from './sealed-text.ts';

/** README.txt of the store: for a person who holds only the disk, perhaps years later. */
export const README_TEXT = sealText(`This disk holds backups, pulled from S3 buckets ("vaults") by pullmirror.
You need no pullmirror to get them back.

What is here
  <vault name>/...           The archives: plain files under the names they have in the vault.
  <vault name>/SHA256SUMS    Their checksums.
  restore.sh                 Lists, checks and copies archives. Needs only a POSIX shell and coreutils.
  index.html                 The newest archives, for a browser.
  .pullmirror/               Working data of pullmirror (catalog.db is SQLite; quarantine/ holds what failed its check).

Look, check, copy
  sh restore.sh --list                             all archives
  sh restore.sh --verify                           compares every archive with its checksum
  sh restore.sh --to /tmp web/web1/2026-11-21.tar.gz.gpg
                                                   copies one archive and checks it before and after
  On another computer the archives belong to a user that is not you: put sudo before each command, as in
  sudo sh restore.sh --list                        and restored copies belong to root (chown gives them to you)
  Without the script: go into the folder of a vault and run  sha256sum -c SHA256SUMS

Open
  gpg -d 2026-11-21.tar.gz.gpg | tar xz            asks for the passphrase that the archive was encrypted with
  Archives are stored as they came. If they are encrypted, the key is not on this disk.

Names
  Names are the names in the vault, with these exceptions:
  %XX        one byte of a character that is unsafe in a file name (%25 is the percent sign itself, %0A a line feed)
  %          a part of the name that is empty ("a//b" is stored as "a/%/b")
  ...%~hash  a name that was too long for a file system and is cut
  ...%d %f   a folder that had the name of a file, a file that had the name of a folder
  ...%v-tag  a further version of the same name
  catalog.db in .pullmirror/ has the full names.

Please do not change, rename or delete files here while pullmirror uses the disk. To keep a copy, copy the whole disk.
`);
