-- Posts a body. Argument: its length in bytes.
function init(args)
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/octet-stream"
  wrk.body = string.rep("x", tonumber(args[1]))
  wrk.headers["Content-Length"] = args[1]
  post = wrk.format()
end

function request() return post end
