-- wrk's part of the bench: each request sends one message to another number of Kazakhstan, all of which the simulator
-- delivers. The key comes from HELIOGRAPH_KEY. Where HELIOGRAPH_REPEATABLE is
-- set, each request has an idempotency key that begins with it, or that ends with it after 24 hexadecimal digits drawn by chance
-- where HELIOGRAPH_CHANCE is set. At the end one line of JSON says what wrk measured, times in microseconds.

local threads = 0

function setup(thread)
  thread:set("offset", threads * 20000)
  threads = threads + 1
end

function init()
  sent = 0
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
  repeatable = os.getenv("HELIOGRAPH_REPEATABLE")
  chance = os.getenv("HELIOGRAPH_CHANCE")
  math.randomseed(os.time() + offset)
  form = "from=BENCH&apiKey=" .. (os.getenv("HELIOGRAPH_KEY") or "none")
end

-- Last digits 13 to 99: the others have outcomes of their own.
function request()
  sent = sent + 1
  if repeatable then
    local key = repeatable .. "-" .. offset .. "-" .. sent
    if chance then
      key = string.format("%08x%08x%08x-", math.random(0, 2^31), math.random(0, 2^31), math.random(0, 2^31)) .. key
    end
    wrk.headers["Idempotency-Key"] = key
  end
  local body = string.format("%s&recipient=7701%05d%02d&text=Your+code+is+%06d", form,
    (offset + sent) % 100000, 13 + sent % 87, sent % 1000000)
  return wrk.format(nil, nil, nil, body)
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    'bench {"requests":%d,"duration_us":%d,"p50_us":%d,"p99_us":%d,"max_us":%d,"errors":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), latency.max,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
