-- Every tenth request closes its connection: ten requests per connection on average.
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
