#!/bin/bash
# cpu-limits.sh [ROUNDS] [SECONDS]: epoll and sockets under a CPU limit of 0.5, 1 and 2 processors, as a container has it (cgroup v2's
# cpu.max, or cpu.cfs_quota_us of v1). Needs root, wrk, and samples/WebApp built for Release. wrk runs outside the limit, and the servers
# are measured in turns. Prints a line for each limit and transport: the medians over the rounds.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
rounds=${1:-3} seconds=${2:-5} port=${PORT:-22100}
app=samples/WebApp/bin/Release/net10.0/WebApp.dll
limits=(0.5 1 2) transports=(epoll sockets)
folder=$(mktemp -d) root=/sys/fs/cgroup version=2
grep -qw cpu $root/cgroup.controllers 2>/dev/null || { root=/sys/fs/cgroup/cpu version=1; }
declare -A pid url groups

finish() {
  for p in "${pid[@]}"; do kill "$p" 2>/dev/null || true; done
  wait 2>/dev/null || true
  for g in "${groups[@]}"; do rmdir "$g" 2>/dev/null || true; done
  rm -rf "$folder"
}
trap finish EXIT

limit() { # GROUP PROCESSORS
  mkdir "$1"
  local quota; quota=$(awk "BEGIN { print int($2 * 100000) }")
  if [ $version = 2 ]; then
    echo "$quota 100000" > "$1/cpu.max"
  else
    echo 100000 > "$1/cpu.cfs_period_us"; echo "$quota" > "$1/cpu.cfs_quota_us"
  fi
}

ticks() { awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$1/stat"; } # user and system time

for l in "${limits[@]}"; do for t in "${transports[@]}"; do
  key=$t-$l; groups[$key]=$root/transports-$$-$key; url[$key]=http://127.0.0.1:$port/plaintext; port=$((port + 1))
  limit "${groups[$key]}" "$l"
  (echo $BASHPID > "${groups[$key]}/cgroup.procs"; exec dotnet $app --transport "$t" --urls "${url[$key]%/plaintext}") > "$folder/$key.log" 2>&1 &
  pid[$key]=$!
  for ((i = 0; i < 300; i++)); do curl -s -o /dev/null "${url[$key]}" && break; sleep 0.1; done
  wrk -t1 -c64 -d4s "${url[$key]}" > /dev/null
done; done

for ((r = 1; r <= rounds; r++)); do for l in "${limits[@]}"; do for t in "${transports[@]}"; do
  key=$t-$l; before=$(ticks "${pid[$key]}")
  wrk -t1 -c64 -d"${seconds}s" --latency "${url[$key]}" > "$folder/wrk"
  used=$(($(ticks "${pid[$key]}") - before))
  awk -v used=$used -v hz="$(getconf CLK_TCK)" -v d="$seconds" '
    function ms(s) { return s ~ /us$/ ? s / 1000 : s ~ /ms$/ ? s + 0 : s * 1000 }
    /99%/ { p99 = ms($2) } /requests in/ { n = $1 }
    END { printf "%.0f %.1f %.2f\n", n / d, used * 1e6 / hz / n, p99 }' "$folder/wrk" >> "$folder/$key.txt"
done; done; done

median() { sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
echo "limit transport loops requests/s us-of-CPU/request p99-ms" # the number of loops is that of the processors that .NET counts
for l in "${limits[@]}"; do for t in "${transports[@]}"; do
  loops=$(curl -s "${url[$t-$l]%/plaintext}/transport" | grep -o '"loops": *[0-9]*' | grep -o '[0-9]*$')
  echo "$l $t $loops $(cut -d' ' -f1 "$folder/$t-$l.txt" | median) $(cut -d' ' -f2 "$folder/$t-$l.txt" | median) $(cut -d' ' -f3 "$folder/$t-$l.txt" | median)"
done; done
[ -z "${KEEP:-}" ] || cp -r "$folder" "$KEEP"
