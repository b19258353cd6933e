#!/usr/bin/env bash
# read-block.sh FILE TITLE: the lines of the fenced block of a Markdown file whose first line is `# TITLE`, without that line.
set -euo pipefail
awk -v title="# $2" '
  /^```/ { inside = !inside; fresh = inside; wanted = 0; next }
  inside && fresh { fresh = 0; wanted = $0 == title; if (wanted) found = 1; next }
  inside && wanted { print }
  END { if (!found) { print "no block " title > "/dev/stderr"; exit 1 } }
' "$1"
