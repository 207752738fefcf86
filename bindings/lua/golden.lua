-- Reads a storage and compares it with its description, as tests/conformance/README.md says.
--
--     luajit golden.lua read DESCRIPTION STORAGE

package.path = (arg[0]:match("^(.*/)") or "./") .. "?.lua;" .. package.path
local deltos = require("deltos")
local json = require("cjson")

json.decode_max_depth(100)
if json.decode_array_with_array_mt then json.decode_array_with_array_mt(true) end

local DTYPES = { [0] = "OTHER", "BOOL", "I8", "I16", "I32", "I64", "U8", "U16", "U32", "U64", "F16", "F32", "F64", "C64",
  "C128", "BYTES", "UCS4", "STRUCT", "BF16", "F8_E4M3", "F8_E5M2" }

local differences = {}

local function shown(value)
  local text = type(value) == "table" and "[" .. table.concat(value, ", ") .. "]" or tostring(value)
  return #text > 200 and text:sub(1, 200) .. "..." or text
end

local function same(one, two)
  if type(one) ~= "table" or type(two) ~= "table" then return one == two end
  if #one ~= #two then return false end
  for i, value in ipairs(one) do
    if value ~= two[i] then return false end
  end
  return true
end

local function compare(what, expected, found)
  if same(expected, found) then return end
  differences[#differences + 1] = what .. ": expected " .. shown(expected) .. ", found " .. shown(found)
end

local function bytes_of(data)
  if type(data) == "table" then return bytes_of(data["repeat"]):rep(data.times) end
  return (data:gsub("%x%x", function(digits) return string.char(tonumber(digits, 16)) end))
end

-- Lua compares strings by the locale; names are in the order of their bytes.
local function before(one, two)
  local common = math.min(#one, #two)
  for i = 1, common do
    local a, b = one:byte(i), two:byte(i)
    if a ~= b then return a < b end
  end
  return #one < #two
end

local function sorted(items, field)
  local list = {}
  for _, item in ipairs(items) do list[#list + 1] = item[field] end
  table.sort(list, before)
  return list
end

local function compare_metadata(storage, name, items)
  compare(name .. ": keys", sorted(items, "key"), storage:metadata_keys(name))
  for _, item in ipairs(items) do
    local what = name .. ": " .. item.key
    local found = storage:metadata(name, item.key)
    if not found then
      compare(what, "a value", "nothing")
    else
      compare(what .. ": format", item.text and "u8" or item.format, found.format)
      compare(what .. ": shape", item.shape or {}, found.shape)
      compare(what .. ": content", item.text or bytes_of(item.data), found.bytes)
    end
  end
end

-- What there is to compare of a table, whose data are all rows one after the other.
local function read_table(storage, name)
  local found = storage:table(name)
  found.shape = found.columns < 0 and { #found } or { #found, found.columns }
  found.content = table.concat(found)
  return found
end

local function read_memory(storage, kind, name)
  local memory = storage[kind](storage, name)
  local found = { format = memory.format, dtype = memory.dtype, shape = memory.shape, sealed = memory.sealed }
  found.content = memory:bytes()
  memory:close()
  return found
end

local function compare_object(storage, object)
  local kind = object.kind or "buffer"
  local found = kind == "table" and read_table(storage, object.name) or read_memory(storage, kind, object.name)
  compare(object.name .. ": format", object.format or found.format, found.format)
  compare(object.name .. ": dtype", object.dtype or DTYPES[found.dtype], DTYPES[found.dtype])
  compare(object.name .. ": shape", object.shape or {}, found.shape)
  compare(object.name .. ": lengths", object.lengths or found.lengths, found.lengths)
  compare(object.name .. ": sealed", object.sealed or false, found.sealed)
  compare(object.name .. ": content", bytes_of(object.data), found.content)
  compare_metadata(storage, object.name, object.metadata or {})
end

local function read(description, path)
  local storage = deltos.open(path)
  compare("names", sorted(description.objects, "name"), storage:names())
  for _, object in ipairs(description.objects) do compare_object(storage, object) end
  compare_metadata(storage, "", description.metadata or {})
  storage:close()
end

if #arg ~= 3 or arg[1] ~= "read" then
  io.stderr:write("usage: luajit golden.lua read DESCRIPTION STORAGE\n")
  os.exit(2)
end
local file = assert(io.open(arg[2], "rb"))
local description = json.decode(file:read("*a"))
file:close()
local done, problem = pcall(read, description, arg[3])
if not done then differences[#differences + 1] = tostring(problem) end
for _, difference in ipairs(differences) do print(difference) end
os.exit(#differences == 0 and 0 or 1)
