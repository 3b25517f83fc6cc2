-- wrk: sends the requests of a file one after the other, from BENCH_FROM on. At its end it begins there again, or, with
-- BENCH_ONCE, stops.
local length = tonumber(os.getenv("BENCH_LENGTH"))
local from = tonumber(os.getenv("BENCH_FROM")) * length
local file = assert(io.open(os.getenv("BENCH_FILE"), "rb"))
file:seek("set", from)
local once = os.getenv("BENCH_ONCE") == "1"

request = function()
  local bytes = file:read(length)
  if bytes == nil then
    if once then wrk.thread:stop() end
    file:seek("set", from)
    bytes = file:read(length)
  end
  return bytes
end

done = function(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    'result {"requests":%d,"us":%d,"p50Us":%d,"p99Us":%d,"refused":%d,"broken":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
