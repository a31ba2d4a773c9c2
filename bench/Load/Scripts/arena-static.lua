-- In turn: the paths given as arguments.
function init(args)
  requests = {}
  for i = 1, #args do
    requests[i] = wrk.format("GET", args[i], { ["Host"] = "localhost", ["Accept-Encoding"] = "br;q=1, gzip;q=0.8" })
  end
  count = 0
end

function request()
  count = count + 1
  return requests[count % #requests + 1]
end
