-- Appended to every script: prints the result as one line of JSON, with percentiles in microseconds.
--
-- wrk corrects its latencies for stalls before it calls done() (stats_correct in its stats.c): for every latency of at least twice the mean
-- interval between the requests of a connection, it adds samples one interval apart. With batches of 16 requests the interval is a sixteenth
-- of a latency, most samples are added ones, and percentiles are wrong. The correction is therefore reverted: with e the interval,
-- data[m] = seen[m] + seen[m + e] + seen[m + 2e] + ..., hence seen[m] = data[m] - data[m + e].
local ffi = require "ffi"
ffi.cdef [[ typedef struct { uint64_t count, limit, min, max, data[]; } bench_stats; ]]

local function percentiles(summary, latency, wanted)
  local stats = ffi.cast("bench_stats **", latency)[0]
  local min, max = tonumber(stats.min), tonumber(stats.max)
  local rounds = math.floor(summary.requests / tonumber(connections))
  if rounds == 0 or min ~= latency.min or max ~= latency.max then return nil end

  local interval = math.floor(summary.duration / rounds)
  local function seen(m)
    local count = tonumber(stats.data[m])
    if m > interval and m + interval <= max then count = count - tonumber(stats.data[m + interval]) end
    return count
  end

  local total = 0
  for m = min, max do total = total + seen(m) end
  local found, sum, next = {}, 0, 1
  for m = min, max do
    sum = sum + seen(m)
    while next <= #wanted and sum >= wanted[next] / 100 * total do
      found[next] = m
      next = next + 1
    end
  end
  return found
end

function done(summary, latency, requests)
  local e = summary.errors
  local p = percentiles(summary, latency, { 50, 90, 99, 99.9 })
  local told = p and string.format(',"p50":%d,"p90":%d,"p99":%d,"p999":%d,"max":%d', p[1], p[2], p[3], p[4], latency.max) or ''
  io.write(string.format(
    '\nBENCH {"requests":%d,"microseconds":%d,"bytes":%d,"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d%s}\n',
    summary.requests, summary.duration, summary.bytes, e.connect, e.read, e.write, e.status, e.timeout, told))
end
