-- In turn: /json/COUNT?m=N. Arguments: pairs COUNT:N separated by commas, Accept-Encoding (optional).
function init(args)
  local headers = { ["Host"] = "localhost" }
  if args[2] then headers["Accept-Encoding"] = args[2] end
  requests = {}
  for items, multiplier in string.gmatch(args[1], "(%d+):(%d+)") do
    requests[#requests + 1] = wrk.format("GET", "/json/" .. items .. "?m=" .. multiplier, headers)
  end
  count = 0
end

function request()
  count = count + 1
  return requests[count % #requests + 1]
end
