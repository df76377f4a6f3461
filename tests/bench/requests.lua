-- Requests from a file, one a line: METHOD PATH [ETAG]. Each thread walks through it from its own place; `once`: never twice.
local lines, place, threads, number = {}, 0, {}, 0
function setup(thread) number = number + 1 thread:set("mine", number) table.insert(threads, thread) end
function init(args)
  for line in io.lines(args[1]) do table.insert(lines, line) end
  place = (mine - 1) * math.floor(#lines / 2)
  sent, errors = 0, 0
end
function request()
  place = place % #lines + 1
  sent = sent + 1
  local method, path, etag = lines[place]:match("^(%S+) (%S+) ?(.*)$")
  local headers = { ["User-Agent"] = "Mozilla/5.0 Firefox/" .. mine .. "." .. sent % 200 }
  if etag ~= "" then headers["If-None-Match"] = etag end
  if method == "POST" then headers["Content-Length"] = "0" end
  return wrk.format(method, path, headers, method == "POST" and "" or nil)
end
function response(status)
  if status >= 400 then errors = errors + 1 end
end
function done(summary, latency)
  local wrong = 0
  for _, thread in ipairs(threads) do wrong = wrong + thread:get("errors") end
  io.write(string.format("JSON {\"errors\": %d, \"p50\": %d, \"p99\": %d}\n",
    wrong + summary.errors.timeout, latency:percentile(50), latency:percentile(99)))
end
