-- Searches around many towns, and departures by many people. Prints what was answered, for the judge to compare.
local paths, tokens, counts, threads = {}, {}, {}, {}
function setup(thread) table.insert(threads, thread) thread:set("number", #threads) end
function init(args)
  for line in io.lines(args[1]) do table.insert(paths, line) end
  for line in io.lines(args[2]) do table.insert(tokens, line) end
  sent, moved, shed, other, bare = 0, 0, 0, 0, 0
  math.randomseed(number)
end
function request()
  sent = sent + 1
  local agent = "Mozilla/5.0 Firefox/" .. number .. "." .. sent
  if sent % 4 == 0 then
    return wrk.format("POST", tokens[math.random(#tokens)], { ["User-Agent"] = agent, ["Content-Length"] = "0" }, "")
  end
  return wrk.format("GET", paths[math.random(#paths)], { ["User-Agent"] = agent })
end
function response(status, headers, body)
  if status == 303 then moved = moved + 1
  elseif status == 503 then
    shed = shed + 1
    if not (headers["retry-after"] or headers["Retry-After"]) then bare = bare + 1 end
  elseif status ~= 200 then other = other + 1 end
end
function done(summary, latency, requests)
  local total = { moved = 0, shed = 0, other = 0, bare = 0 }
  for _, thread in ipairs(threads) do
    for name, _ in pairs(total) do total[name] = total[name] + thread:get(name) end
  end
  io.write(string.format("JSON {\"requests\": %d, \"moved\": %d, \"shed\": %d, \"other\": %d, \"bare\": %d, \"p50\": %d, \"p99\": %d, \"timeouts\": %d}\n",
    summary.requests, total.moved, total.shed, total.other, total.bare, latency:percentile(50), latency:percentile(99), summary.errors.timeout))
end
