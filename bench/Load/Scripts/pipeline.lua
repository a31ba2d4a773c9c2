-- Sixteen requests in one write.
function init(args)
  local one = wrk.format()
  local many = {}
  for i = 1, 16 do many[i] = one end
  batch = table.concat(many)
end

function request() return batch end
