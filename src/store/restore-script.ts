import { sealText } from './sealed-text.ts';

/**
 * restore.sh of the store: POSIX sh and coreutils only (no grep, sed or awk), because the person who needs it may sit before a rescue system.
 * Checked with shellcheck, dash and bash. Paths in SHA256SUMS hold neither newline nor backslash (key-path), so a line is a line.
 */
export const RESTORE_SCRIPT = sealText(
  `#!/bin/sh
# Gets archives off this disk: lists, verifies, copies with a check before and after.
# Needs a POSIX shell and coreutils, nothing of pullmirror. It changes nothing on this disk.
# The archives may be closed to you on another computer than the one that wrote them: then run it with sudo.
set -u
export LC_ALL=C

usage() {
  cat <<'END'
Usage: sh restore.sh --list [VAULT]          names of all archives, as VAULT/NAME
       sh restore.sh --verify [VAULT]        compare every archive with its checksum
       sh restore.sh [--to DIR] NAME...      copy archives into DIR (default: the current directory)
       sh restore.sh --help

NAME is VAULT/NAME as --list shows it; VAULT/ may be left out where only one vault has that name.
Each archive is compared with its checksum before and after copying. Nothing is overwritten.
Exit status: 0 all is well, 1 something failed, 2 wrong usage.
END
}

say() { printf '%s\\n' "$*"; }
complain() { printf 'restore.sh: %s\\n' "$*" >&2; }

# True if this user may not read $1, or may not look into a folder on the way to it; sets "closed" to what is in the way.
is_closed() {
  closed=$1
  while [ ! -e "$closed" ] && [ "$closed" != "$store" ]; do
    closed=$(dirname -- "$closed")
  done
  [ -r "$closed" ] || return 0
  [ ! -d "$closed" ] || [ -x "$closed" ] || return 0
  return 1
}

complain_closed() {
  owner=$(stat -c %u -- "$1" 2>/dev/null) || owner='somebody else'
  complain "$1 belongs to uid $owner and you may not read it; run with sudo: sudo sh restore.sh ..."
}

# Does $1 (list, verify or find) in every vault folder, or only in the one named $2.
each_vault() {
  found=0
  shut=
  for folder in "$store"/*; do
    vault=$(basename -- "$folder")
    [ -d "$folder" ] || continue
    [ "$vault" != lost+found ] || continue
    [ -z "$2" ] || [ "$vault" = "$2" ] || continue
    if is_closed "$folder/SHA256SUMS"; then
      shut=$closed
      [ "$1" = find ] || complain_closed "$shut"
      [ "$1" = find ] || failed=1
      continue
    fi
    [ -f "$folder/SHA256SUMS" ] || continue
    found=1
    case $1 in
      list) list_vault "$vault" ;;
      verify) verify_vault "$vault" ;;
      find) find_in_vault "$vault" ;;
    esac
  done
  if [ "$found" = 0 ] && [ -z "$shut" ]; then
    if is_closed "$store"; then
      complain_closed "$store"
    else
      complain "no vault \${2:+named $2 }with a SHA256SUMS file in $store"
    fi
    return 1
  fi
}

list_vault() {
  while IFS= read -r line; do
    case $line in
      ????????????????????????????????????????????????????????????????'  '?*) say "$1/\${line#*  }" ;;
      *) complain "$1/SHA256SUMS: not a checksum line: $line" && failed=1 ;;
    esac
  done <"$store/$1/SHA256SUMS"
}

verify_vault() {
  if (cd -- "$store/$1" && sha256sum -c SHA256SUMS >"$messages"); then
    say "$1: every archive matches its checksum"
  else
    unreadable=
    while IFS= read -r line; do
      case $line in *': OK') continue ;; esac
      say "$1/$line"
      is_closed "$store/$1/\${line%: FAILED*}" && unreadable=$closed
    done <"$messages"
    if [ -n "$unreadable" ]; then
      complain_closed "$unreadable"
    else
      complain "$1: some archives are damaged or missing"
    fi
    failed=1
  fi
}

# Adds to "hits" (and sets hit_vault, hit_sum) if vault $1 lists the path $wanted. The last line of a path counts.
find_in_vault() {
  case $only_vault in '' | "$1") ;; *) return ;; esac
  sum=
  while IFS= read -r line; do
    [ "\${line#*  }" = "$wanted" ] && sum=\${line%%  *}
  done <"$store/$1/SHA256SUMS"
  [ -n "$sum" ] || return
  hits=$((hits + 1))
  hit_vault=$1
  hit_path=$wanted
  hit_sum=$sum
  candidates="$candidates $1/$wanted"
}

sum_of() {
  sum_line=$(sha256sum <"$1") || return 1
  printf '%s' "\${sum_line%% *}"
}

restore_one() {
  name=$1
  hits=0
  candidates=
  only_vault=
  wanted=$name
  case $name in
    */*)
      first=\${name%%/*}
      if [ -f "$store/$first/SHA256SUMS" ]; then
        only_vault=$first
        wanted=\${name#*/}
        each_vault find ''
      fi
      ;;
  esac
  if [ "$hits" = 0 ]; then
    only_vault=
    wanted=$name
    each_vault find ''
  fi
  if [ "$hits" = 0 ] && [ -n "$shut" ]; then
    complain_closed "$shut"
    return 1
  fi
  if [ "$hits" = 0 ]; then
    complain "no archive is called $name; --list shows all names"
    return 1
  fi
  if [ "$hits" -gt 1 ]; then
    complain "$name is in several vaults:$candidates"
    return 1
  fi
  from=$store/$hit_vault/$hit_path
  if is_closed "$from"; then
    complain_closed "$closed"
    return 1
  fi
  to=$target/$(basename -- "$hit_path")
  if [ -e "$to" ] || [ -h "$to" ]; then
    complain "$to exists already and is left alone"
    return 1
  fi
  say "checking $hit_vault/$hit_path"
  if [ "$(sum_of "$from")" != "$hit_sum" ]; then
    complain "$from is damaged: it is not what its checksum says; nothing was copied"
    return 1
  fi
  part=$to.part-$$
  if ! cp -- "$from" "$part"; then
    rm -f -- "$part"
    return 1
  fi
  touch -r "$from" -- "$part" 2>/dev/null # a file system without times is no reason to fail
  if [ "$(sum_of "$part")" != "$hit_sum" ]; then
    rm -f -- "$part"
    complain "the copy in $target was damaged on its way and is removed"
    return 1
  fi
  mv -- "$part" "$to" && say "restored $to"
}

store=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P) || exit 1
failed=0
target=.
mode=restore
while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) usage && exit 0 ;;
    --list) mode=list ;;
    --verify) mode=verify ;;
    --to)
      [ $# -ge 2 ] || { complain '--to needs a directory' && exit 2; }
      target=$2
      shift
      ;;
    --) shift && break ;;
    -*) complain "unknown option $1" && usage >&2 && exit 2 ;;
    *) break ;;
  esac
  shift
done

case $mode in
  list) each_vault list "\${1:-}" || failed=1 ;;
  verify)
    messages=$(mktemp) || exit 1
    trap 'rm -f -- "$messages"' EXIT
    each_vault verify "\${1:-}" || failed=1
    ;;
  restore)
    [ $# -gt 0 ] || { usage >&2 && exit 2; }
    case $target in /*) ;; *) target=./$target ;; esac
    [ -d "$target" ] || { complain "$target is not a directory" && exit 1; }
    for name in "$@"; do
      restore_one "$name" || failed=1
    done
    ;;
esac
exit "$failed"
`,
  '# ',
);
