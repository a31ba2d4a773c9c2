-- Every tenth request is a connection's last: ten requests a connection on average.
function init(args)
  keep = wrk.format()
  wrk.headers["Connection"] = "close"
  last = wrk.format()
  count = 0
end

function request()
  count = count + 1
  if count % 10 == 0 then return last end
  return keep
end
