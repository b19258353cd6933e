# shellcheck shell=bash
# For the scripts beside it: background processes whose output and pids are in the folder $D.

# start NAME COMMAND…: in the background, its output in $D/NAME.out, its pid in $D/pids.
start() {
  local name=$1
  shift
  "$@" >"$D/$name.out" 2>&1 </dev/null &
  echo $! >>"$D/pids"
}

# wait_for WHAT TENTHS COMMAND…: until the command is true; gives everything up after so many tenths of a second, or when a process has ended.
wait_for() {
  local what=$1 left=$2
  shift 2
  until "$@"; do
    left=$((left - 1))
    if [ "$left" -le 0 ] || ! xargs -a "$D/pids" kill -0; then
      printf '%s did not come up; see %s\n' "$what" "$D" >&2
      xargs -a "$D/pids" kill -9 || true
      exit 1
    fi
    sleep .1
  done
}

# answers URL
answers() { curl -sf -o /dev/null "$1"; }
