-- Reads a storage and compares it with its description, as tests/conformance/README.md says.
--
--     luajit golden.lua read DESCRIPTION STORAGE

package.path = (arg[0]:match("^(.*/)") or "./") .. "?.lua;" .. package.path
local deltos = require("deltos")
local ffi = require("ffi")
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

local function digits_of(bytes)
  return (bytes:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end))
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

-- Trees

-- The eight bytes of an integer: a number, or already their digits.
local function word(number)
  if type(number) == "string" then return bytes_of(number) end
  return ffi.string(ffi.new("int64_t[1]", number), 8)
end

-- The kind of a written node and what it holds.
local function written(node)
  for kind, content in pairs(node) do
    if kind ~= "node" then return kind, content end
  end
end

local function text_of(text) return type(text) == "table" and bytes_of(text.data) or text end

-- Elements without short forms; of a dict keys and values in turn.
local function elements_of(kind, content)
  local list = {}
  local from, step = content.from or 0, content.step or 1
  for i = 1, content.times or content.count or #content do
    if kind == "dict" then
      local pair = content[i] or { { int = from + (i - 1) * step }, { int = from + (i - 1) * step } }
      list[#list + 1], list[#list + 2] = pair[1], pair[2]
    else
      list[i] = content["repeat"] or content[i] or { int = from + (i - 1) * step }
    end
  end
  return list
end

local SPECIALS = { "finite", "infinite", "nan", "signalling-nan" }

-- What a scalar holds, as bytes, of the description and of the value.
local function wanted_bytes(kind, content)
  if kind == "null" then return "" end
  if kind == "bool" then return tostring(content) end
  if kind == "bytes" then return bytes_of(content) end
  if kind == "utf8" then return text_of(content) end
  if kind == "decimal" then
    local sign = content.negative and "-" or "+"
    return (content.special or "finite") .. sign .. text_of(content.digits) .. "E" .. word(content.exponent or 0)
  end
  if kind == "datetime" then
    local zone = content[3] == json.null and deltos.NO_ZONE or content[3]
    return word(content[1]) .. word(content[2]) .. zone
  end
  return word(content)
end

local function found_bytes(kind, item)
  if kind == "null" then return "" end
  if kind == "bool" then return tostring(item.i64 == 1) end
  if kind == "bytes" or kind == "utf8" then return ffi.string(item.data, tonumber(item.count)) end
  if kind == "float" then return ffi.string(ffi.new("double[1]", item.f64), 8) end
  if kind == "decimal" then
    local digits = ffi.string(item.data, tonumber(item.count))
    local sign = item.u64 == 1 and "-" or "+"
    return SPECIALS[item.detail + 1] .. sign .. digits .. "E" .. ffi.string(ffi.new("int64_t[1]", item.i64), 8)
  end
  local number = (kind == "int" or kind == "date" or kind == "datetime") and item.i64 or item.u64
  local bytes = ffi.string(ffi.new("int64_t[1]", ffi.cast("int64_t", number)), 8)
  if kind ~= "datetime" then return bytes end
  return bytes .. ffi.string(ffi.new("uint64_t[1]", item.u64), 8) .. item.detail
end

local function compare_buffer(what, value, item, expected)
  local found = value:buffer(item)
  compare(what .. ": format", expected.format or found.format, found.format)
  compare(what .. ": dtype", expected.dtype or DTYPES[found.dtype], DTYPES[found.dtype])
  compare(what .. ": shape", expected.shape or found.shape, found.shape)
  compare(what .. ": content", bytes_of(expected.data), found:bytes())
  found:close()
end

local compare_node

local function compare_elements(what, value, item, kind, content, named)
  local expected, found = elements_of(kind, content), value:children(item)
  compare(what .. ": count", #expected, #found)
  for i, one in ipairs(expected) do
    if found[i] then compare_node(what .. "/" .. i, value, found[i], one, named) end
    if kind == "dict" and i % 2 == 1 and one.utf8 and found[i + 1] then
      local leads_to = value:find(item, text_of(one.utf8))
      compare(what .. ": key " .. i, tostring(found[i + 1].node), leads_to and tostring(leads_to.node))
    end
  end
end

function compare_node(what, value, item, expected, named)
  local kind, content = written(expected)
  if kind == "nested" then
    if content.depth == 0 then return compare_node(what, value, item, content.value, named) end
    local inner = { ["in"] = content["in"], depth = content.depth - 1, value = content.value }
    kind, content = content["in"], { { nested = inner } }
  end
  if expected.node then named[expected.node] = item.node end
  if kind == "share" then return compare(what .. ": node", tostring(named[content]), tostring(item.node)) end
  compare(what .. ": kind", kind, value:kind(item))
  if kind ~= value:kind(item) then return end
  if kind == "ndarray" or (type(content) == "table" and content.dtype) then
    compare_buffer(what, value, item, content)
  elseif kind == "list" or kind == "tuple" or kind == "set" or kind == "dict" then
    compare_elements(what, value, item, kind, content, named)
  else
    compare(what, digits_of(wanted_bytes(kind, content)), digits_of(found_bytes(kind, item)))
  end
end

local function compare_value(storage, object)
  local value = storage:value(object.name)
  local root = value:root()
  compare_node(object.name, value, root, object.value, {})
  if object.hash then
    compare(object.name .. ": hash", bytes_of(object.hash), ffi.string(ffi.new("uint64_t[1]", value:hash(root)), 8))
  end
  value:close()
  compare_metadata(storage, object.name, object.metadata or {})
end

-- Record tables

local FLAGS = { nullable = 1, optional = 2, writable = 4, utc = 8 }

-- The slots of all levels that are written, as text.
local function written_slots(schema, list)
  for _, slot in ipairs(schema.slots) do
    local flags = 0
    for _, flag in ipairs(slot.flags or {}) do flags = flags + FLAGS[flag] end
    list[#list + 1] = slot.name .. " " .. slot.type .. " " .. flags
    if slot.schema then written_slots(slot.schema, list) end
  end
  return list
end

local function holds_values(type)
  return type ~= "fixed" and type ~= "date" and type ~= "datetime" and type ~= "bytes" and type ~= "utf8" and type ~= "record"
end

local compare_cells

local function compare_cell(what, found, row, slot, cell)
  local item, kind = found:read(row, slot)
  local expected, content = written(cell)
  if kind == "end" then return compare(what, expected, "unset") end
  if kind == "record" then
    compare(what, expected, "record")
    return compare_cells(what, found, row, slot, content)
  end
  if holds_values(found.slots[slot].type) and kind ~= "null" then
    local value = found:value(row, slot)
    compare_node(what, value, value:root(), cell, {})
    return value:close()
  end
  compare(what, expected, kind)
  if expected == kind then compare(what, digits_of(wanted_bytes(kind, content)), digits_of(found_bytes(kind, item))) end
end

-- What a row has on one level.
function compare_cells(what, found, row, parent, cells)
  local at = 0
  for slot, facts in ipairs(found.slots) do
    if facts.parent == parent then
      at = at + 1
      compare_cell(what .. "/" .. facts.name, found, row, slot, cells[at])
    end
  end
  compare(what .. ": cells", #cells, at)
end

local function compare_records(storage, object)
  local found, schema, slots = storage:records(object.name), object.schema, {}
  for i, slot in ipairs(found.slots) do slots[i] = slot.name .. " " .. slot.type .. " " .. slot.flags end
  compare(object.name .. ": schema", schema.name or "", found.name)
  compare(object.name .. ": version", schema.version or 0, found.version)
  compare(object.name .. ": slots", written_slots(schema, {}), slots)
  compare(object.name .. ": layout", object.layout, found.layout)
  compare(object.name .. ": rows", #object.rows, found.rows)
  for row = 1, math.min(#object.rows, found.rows) do
    compare_cells(object.name .. "/" .. row, found, row, 0, object.rows[row])
  end
  found:close()
  compare_metadata(storage, object.name, object.metadata or {})
end

local function compare_object(storage, object)
  local kind = object.kind or "buffer"
  if kind == "records" then return compare_records(storage, object) end
  if kind == "value" then return compare_value(storage, object) end
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
