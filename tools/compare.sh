#!/usr/bin/env bash
# Compares two addresses of an application under wrk, alternately, and draws a chart: compare.sh NAME=URL NAME=URL [ROUNDS] [SVG]
#   tools/compare.sh epoll=http://127.0.0.1:5000/ sockets=http://127.0.0.1:5001/
# WRK (default "-t2 -c64 -d3s") has the options of wrk. The load generator shares the machine with the server unless WRK runs elsewhere.
set -euo pipefail

[ $# -ge 2 ] || { sed -n '2,4s/^# //p' "$0" >&2; exit 2; }
command -v wrk >/dev/null || { echo "compare.sh: wrk is missing (apt package wrk)" >&2; exit 1; }
first=$1 second=$2 rounds=${3:-3} svg=${4:-compare.svg}
read -ra options <<<"${WRK:--t2 -c64 -d3s}"

# wait_for NAME=URL: until something listens there, for at most 30 seconds.
wait_for() {
  local address=${1#*://} host port end=$((SECONDS + 30))
  address=${address%%/*}
  port=${address##*:} host=${address%:*}
  [ "$port" = "$address" ] && { [[ $1 == *=https://* ]] && port=443 || port=80; host=$address; }
  host=${host#[} host=${host%]}
  until (exec 3<>"/dev/tcp/$host/$port") 2>/dev/null; do
    [ $SECONDS -lt $end ] || { echo "compare.sh: nothing listens on ${1#*=}" >&2; exit 1; }
    sleep 0.2
  done
}

# measure NAME=URL: one run of wrk; prints "NAME requests-per-second p99".
measure() {
  local printed
  printed=$(wrk --latency "${options[@]}" "${1#*=}")
  if grep -qE 'Socket errors|Non-2xx' <<<"$printed"; then
    echo "compare.sh: requests to ${1#*=} failed:" >&2
    echo "$printed" >&2
    exit 1
  fi
  awk -v name="${1%%=*}" '$1 == "99%" { p99 = $2 } $1 == "Requests/sec:" { rate = $2 } END { print name, rate, p99 }' <<<"$printed"
}

wait_for "$first"
wait_for "$second"
results=""
for ((round = 1; round <= rounds; round++)); do
  # A, B, then B, A: what drifts on the machine hits both.
  if ((round % 2)); then order=("$first" "$second"); else order=("$second" "$first"); fi
  for target in "${order[@]}"; do
    line=$(measure "$target")
    echo "round $round: $line" >&2
    results+="$line"$'\n'
  done
done

awk -v first="${first%%=*}" -v second="${second%%=*}" -v rounds="$rounds" -v options="${options[*]}" -v svg="$svg" '
  NF == 3 { rate[$1] = rate[$1] " " $2; p99[$1] = p99[$1] " " $3 }
  function median(list,    values, count, i, j, swap) {
    count = split(list, values, " ")
    for (i = 1; i <= count; i++) for (j = i + 1; j <= count; j++)
      if (values[j] + 0 < values[i] + 0) { swap = values[i]; values[i] = values[j]; values[j] = swap }
    return count % 2 ? values[(count + 1) / 2] : (values[count / 2] + values[count / 2 + 1]) / 2
  }
  function bar(width,    text) { for (; width >= 1; width--) text = text "#"; return text }
  END {
    names[1] = first; names[2] = second
    for (i = 1; i <= 2; i++) { value[i] = median(rate[names[i]]); if (value[i] > top) top = value[i] }
    title = "Requests per second, median of " rounds " rounds (wrk " options ")"
    print title
    print "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"640\" height=\"130\" font-family=\"sans-serif\" font-size=\"14\">" > svg
    print "<rect width=\"640\" height=\"130\" fill=\"#fff\"/><text x=\"10\" y=\"24\">" title "</text>" > svg
    for (i = 1; i <= 2; i++) {
      printf "  %-10s %9.0f  %s  p99%s\n", names[i], value[i], bar(value[i] / top * 40), p99[names[i]]
      y = 10 + i * 38
      printf "<text x=\"10\" y=\"%d\">%s</text><rect x=\"100\" y=\"%d\" width=\"%d\" height=\"24\" fill=\"%s\"/><text x=\"%d\" y=\"%d\">%.0f</text>\n",
        y + 17, names[i], y, value[i] / top * 440, i == 1 ? "#0860c4" : "#8a5a00", 108 + value[i] / top * 440, y + 17, value[i] > svg
    }
    print "</svg>" > svg
    printf "%s / %s: %.2f. Chart: %s\n", first, second, value[1] / value[2], svg
  }' <<<"$results"
