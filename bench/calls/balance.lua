-- wrk's part of the bench: each request asks for the balance, with the key HELIOGRAPH_KEY. At the end one line of JSON
-- says what wrk measured, times in microseconds.

function init()
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
  wrk.body = "apiKey=" .. (os.getenv("HELIOGRAPH_KEY") or "none")
  request_text = wrk.format()
end

function request() return request_text end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    'bench {"requests":%d,"duration_us":%d,"p50_us":%d,"p99_us":%d,"max_us":%d,"errors":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), latency.max,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
