-- A random file. Arguments: URL prefix, number of files.
function init(args)
  math.randomseed(7)
  prefix, files = args[1], tonumber(args[2])
end

function request()
  return wrk.format("GET", prefix .. math.random(0, files - 1))
end
