-- A random, aligned 1 MiB range of a random file. Arguments: URL prefix, number of files, length of each.
function init(args)
  math.randomseed(7)
  prefix, files, size = args[1], tonumber(args[2]), tonumber(args[3])
end

function request()
  local first = math.random(0, math.floor(size / 1048576) - 1) * 1048576
  wrk.headers["Range"] = string.format("bytes=%d-%d", first, first + 1048575)
  return wrk.format("GET", prefix .. math.random(0, files - 1))
end
