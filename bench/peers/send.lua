-- wrk's part of the comparison: each request is PEERS_SHOT with the message's number and recipient filled in. The simulator
-- delivers to all of them. At the end one line of JSON says what wrk measured, times in microseconds. Accepted is what
-- was answered as taken, 202 by Kannel and code 0 by us; wrk stops amid a few requests whose answers it never sees.

local threads = {}

function setup(thread)
  thread:set("first", #threads * 100000000)
  table.insert(threads, thread)
end

function init()
  shot = os.getenv("PEERS_SHOT")
  number = first
  accepted = 0
end

-- Last digits 13 to 99: the others have outcomes of their own.
function request()
  number = number + 1
  return (shot:gsub("{(%w+)}", {
    to = string.format("7701%05d%02d", number % 100000, 13 + number % 87),
    id = string.format("%010d", number),
  }))
end

function response(status, headers, body)
  if status == 202 or status == 200 and body:find('"code":0,', 1, true) then
    accepted = accepted + 1
  end
end

function done(summary, latency)
  local taken = 0
  for _, thread in ipairs(threads) do
    taken = taken + thread:get("accepted")
  end
  local errors = summary.errors
  io.write(string.format(
    'bench {"requests":%d,"accepted":%d,"duration_us":%d,"p50_us":%d,"p99_us":%d,"max_us":%d,"errors":%d}\n',
    summary.requests, taken, summary.duration, latency:percentile(50), latency:percentile(99), latency.max,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
