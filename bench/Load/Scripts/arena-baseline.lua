-- In turn: GET, POST with Content-Length, POST chunked.
function init(args)
  local head = "POST " .. wrk.path .. " HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n"
  requests = {
    wrk.format("GET"),
    head .. "Content-Length: 2\r\n\r\n20",
    head .. "Transfer-Encoding: chunked\r\n\r\n2\r\n20\r\n0\r\n\r\n",
  }
  count = 0
end

function request()
  count = count + 1
  return requests[count % 3 + 1]
end
