-- wrk: sends the requests of a file one after the other, from BENCH_FROM on, and begins there again at its end.
local length = tonumber(os.getenv("BENCH_LENGTH"))
local from = tonumber(os.getenv("BENCH_FROM")) * length
local file = assert(io.open(os.getenv("BENCH_FILE"), "rb"))
file:seek("set", from)

request = function()
  local bytes = file:read(length)
  if bytes == nil then
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
