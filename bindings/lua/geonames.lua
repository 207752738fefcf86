-- Reads the storage that `./dev demo` builds, in LuaJIT: its metadata, its buffers, and one store in place.
--
--     luajit geonames.lua STORAGE
--
-- Ends with 1 and one line when something is not as it should be.

package.path = (arg[0]:match("^(.*/)") or "./") .. "?.lua;" .. package.path
local deltos = require("deltos")
local ffi = require("ffi")

local function digits(integer) return (tostring(integer):gsub("U?LL$", "")) end

local function main(path)
  local storage = deltos.open(path, "in-place")
  local places = {}
  for _, name in ipairs({ "population", "ids", "offsets", "names" }) do places[name] = storage:buffer("places/" .. name) end
  print("places: " .. places.population.count)
  print("source: " .. storage:metadata("", "attribution").bytes)

  local people, largest = 0LL, 0
  local population = places.population.data
  for place = 0, places.population.count - 1 do
    people = people + population[place]
    if population[place] > population[largest] then largest = place end
  end
  local start, finish = places.offsets.data[largest], places.offsets.data[largest + 1]
  local name = ffi.string(places.names.data + start, tonumber(finish - start))
  print("people: " .. digits(people))
  print("largest: " .. name .. ", id " .. places.ids.data[largest])

  local ball = storage:buffer("live/ball", true)
  ball.data[1] = ball.data[1] + 1 -- a store: every process that has the file open sees it at once
  print("visits: " .. digits(ball.data[1]))

  local closed, refusal = pcall(storage.close, storage)
  assert(not closed and refusal.code == "DELTOS_E_PINNED", "a storage closed while buffers were open")
  for _, buffer in pairs(places) do buffer:close() end
  ball:close()
  local _, absence = pcall(storage.buffer, storage, "places/none")
  print("places/none: " .. absence.code)
  storage:close()
end

if #arg ~= 1 then
  io.stderr:write("usage: luajit geonames.lua STORAGE\n")
  os.exit(2)
end
local done, problem = pcall(main, arg[1])
if not done then
  io.stderr:write(tostring(problem), "\n")
  os.exit(1)
end
