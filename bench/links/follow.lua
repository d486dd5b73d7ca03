-- wrk's part of the bench: each request follows the next of the codes in the file HELIOGRAPH_CODES, as a browser would,
-- HELIOGRAPH_SENT of them skipped.
-- At the end one line of JSON says what wrk measured, times in microseconds.

function init()
  codes = {}
  for code in io.lines(os.getenv("HELIOGRAPH_CODES")) do
    codes[#codes + 1] = code
  end
  sent = tonumber(os.getenv("HELIOGRAPH_SENT"))
  wrk.headers["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
end

function request()
  sent = sent + 1
  return wrk.format("GET", "/" .. codes[(sent - 1) % #codes + 1])
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    'bench {"requests":%d,"duration_us":%d,"p50_us":%d,"p99_us":%d,"max_us":%d,"errors":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), latency.max,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
