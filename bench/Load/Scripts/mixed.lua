-- Of 20 requests: ten plaintext, six JSON, three echoes of 1 KiB, one download of 64 KiB, in a fixed order.
function init(args)
  local plaintext = wrk.format("GET", "/plaintext")
  local json = wrk.format("GET", "/json")
  local stream = wrk.format("GET", "/stream?bytes=65536")
  local echo = wrk.format("POST", "/echo", { ["Content-Type"] = "application/octet-stream" }, string.rep("x", 1024))
  mix = { plaintext, json, plaintext, echo, plaintext, json, plaintext, json, plaintext, stream,
          plaintext, echo, json, plaintext, json, plaintext, echo, plaintext, json, plaintext }
  count = 0
end

function request()
  count = count + 1
  return mix[count % 20 + 1]
end
