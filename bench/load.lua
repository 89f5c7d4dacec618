-- What wrk sends: the requests of a file in turn, one a line: method, path, host, authorization, content type and body, with tabs between.
-- Each thread of wrk has a place of its own to begin.
local requests, last = {}, 0

function init(args)
  for line in io.lines(args[1]) do
    local part = {}
    for text in (line .. "\t"):gmatch("(.-)\t") do part[#part + 1] = text end
    local headers = { ["Host"] = part[3], ["Authorization"] = part[4], ["Content-Type"] = part[5] }
    requests[#requests + 1] = wrk.format(part[1], part[2], headers, part[6])
  end
end

function request()
  last = last % #requests + 1
  return requests[last]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format('{"answers":%d,"microseconds":%d,"refused":%d,"failed":%d,"p50":%d,"p99":%d}\n',
    summary.requests, summary.duration, errors.status, errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
