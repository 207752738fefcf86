-- What a LuaJIT program needs of Deltos: libdeltos by dlopen, through the FFI. Storages, buffers as typed pointers into the
-- file, metadata, and errors as tables { code = "DELTOS_E_...", errno = ..., message = ... }.
--
-- The library is looked for in DELTOS_LIBRARY (a path), else by the loader (libdeltos.so.0).
--
-- A pointer is an address: it must not be used after its buffer was closed. Keep the buffer as long as the pointer.

local ffi = require("ffi")
ffi.cdef(require("deltos_cdef"))
local lib = ffi.load(os.getenv("DELTOS_LIBRARY") or "libdeltos.so.0")

local deltos = {}

-- DELTOS_DTYPE_* to the C type of an element; what is not here is shown as bytes.
local TYPES = {
  [lib.DELTOS_DTYPE_BOOL] = "uint8_t", [lib.DELTOS_DTYPE_I8] = "int8_t", [lib.DELTOS_DTYPE_I16] = "int16_t",
  [lib.DELTOS_DTYPE_I32] = "int32_t", [lib.DELTOS_DTYPE_I64] = "int64_t", [lib.DELTOS_DTYPE_U8] = "uint8_t",
  [lib.DELTOS_DTYPE_U16] = "uint16_t", [lib.DELTOS_DTYPE_U32] = "uint32_t", [lib.DELTOS_DTYPE_U64] = "uint64_t",
  [lib.DELTOS_DTYPE_F32] = "float", [lib.DELTOS_DTYPE_F64] = "double",
}
local MODES = { read = lib.DELTOS_MODE_READ, ["in-place"] = lib.DELTOS_MODE_IN_PLACE }

-- detail of a date and time that has no zone.
deltos.NO_ZONE = lib.DELTOS_VALUE_NO_ZONE

local err = ffi.new("deltos_error")
local failure = { __tostring = function(self) return self.code .. ": " .. self.message end }

local function check(status)
  if status == 0 then return end
  local code = ffi.string(lib.deltos_status_name(status))
  error(setmetatable({ code = code, errno = err.os_errno, message = ffi.string(err.message) }, failure), 0)
end

-- Calls a function and then another, whether or not the first one failed.
local function finally(finish, act, ...)
  local results = { pcall(act, ...) }
  finish()
  if not results[1] then error(results[2], 0) end
  return unpack(results, 2, table.maxn(results))
end

local function lengths(shape, ndim)
  local list = {}
  for i = 0, ndim - 1 do list[#list + 1] = tonumber(shape[i]) end
  return list
end

-- One exported buffer. `data[0]` to `data[count - 1]` are its elements, in C order, where they are.
local Buffer = {}
Buffer.__index = Buffer

local function new_buffer(cell)
  local view = cell[0]
  local ctype = TYPES[view.dtype] or "uint8_t"
  local self = setmetatable({ cell = cell, format = ffi.string(view.format), dtype = view.dtype }, Buffer)
  self.shape = lengths(view.shape, view.ndim)
  self.sealed = view.sealed == 1
  self.nbytes = tonumber(view.nbytes)
  self.count = self.nbytes / ffi.sizeof(ctype)
  self.data = ffi.cast((view.readonly == 1 and "const " or "") .. ctype .. " *", view.data)
  return self
end

-- Its bytes, copied into a Lua string.
function Buffer:bytes() return ffi.string(self.data, self.nbytes) end

-- Gives the memory back; the pointer must not be used afterwards.
function Buffer:close()
  lib.deltos_view_release(self.cell)
  self.data = nil
end

local Storage = {}
Storage.__index = Storage

-- Opens a file: mode is "read" or "in-place".
function deltos.open(path, mode)
  local options = ffi.new("deltos_open_options", { struct_size = ffi.sizeof("deltos_open_options"), mode = MODES[mode or "read"] })
  local cell = ffi.new("deltos_storage *[1]")
  check(lib.deltos_storage_open(path, options, cell, err))
  return setmetatable({ cell = cell }, Storage)
end

-- Calls a function with the newest object of that name.
local function opening(storage, name, kind, use)
  local object = ffi.new("deltos_object *[1]")
  check(lib.deltos_object_open_newest(storage.cell[0], name, kind, object, err))
  return finally(function() lib.deltos_object_release(object) end, use, object[0])
end

local function exported(storage, name, kind, writable)
  return opening(storage, name, kind, function(object)
    local view = ffi.new("deltos_view *[1]")
    check(lib.deltos_view_acquire(object, writable and lib.DELTOS_VIEW_FULL or lib.DELTOS_VIEW_FULL_RO, view, err))
    return new_buffer(view)
  end)
end

-- The newest buffer of that name.
function Storage:buffer(name, writable) return exported(self, name, lib.DELTOS_KIND_BUFFER, writable) end

-- The elements that the array of that name has now, as a buffer. What is appended later is seen by asking again.
function Storage:array(name, writable) return exported(self, name, lib.DELTOS_KIND_ARRAY, writable) end

-- The newest table of that name: a list of its rows, each as Lua strings have bytes; `lengths` says how many elements each
-- has, `columns` how many all have; -1 where rows have lengths of their own.
function Storage:table(name)
  return opening(self, name, lib.DELTOS_KIND_TABLE, function(object)
    local info = ffi.new("deltos_table_info", { struct_size = ffi.sizeof("deltos_table_info") })
    local pin, rows, counts = ffi.new("deltos_view *[1]"), ffi.new("void *const *[1]"), ffi.new("const int64_t *[1]")
    check(lib.deltos_table_stat(object, info, err))
    local found = { format = ffi.string(info.format), dtype = info.dtype, sealed = info.sealed == 1 }
    found.columns = tonumber(info.columns)
    check(lib.deltos_table_rows(object, 0, pin, rows, counts, err))
    return finally(function() lib.deltos_view_release(pin) end, function()
      found.lengths = lengths(counts[0], tonumber(info.rows))
      for row, length in ipairs(found.lengths) do
        found[row] = ffi.string(rows[0][row - 1], length * tonumber(info.itemsize))
      end
      return found
    end)
  end)
end

-- The kinds of nodes, by their number.
local KINDS = { [0] = "null", "bool", "int", "uint", "float", "bytes", "utf8", "list", "tuple", "set", "dict", "date",
  "datetime", "decimal", "ndarray", [16] = "reference", [17] = "end" }

-- One stored value: a tree, read where it lies. A node of it is a deltos_item, whose fields include/deltos/value.h
-- explains; `value:root()` is the first.
local Value = {}
Value.__index = Value

-- The newest value of that name.
function Storage:value(name)
  local cell = ffi.new("deltos_object *[1]")
  check(lib.deltos_object_open_newest(self.cell[0], name, lib.DELTOS_KIND_VALUE, cell, err))
  return setmetatable({ cell = cell }, Value)
end

function Value:root()
  local item = ffi.new("deltos_item")
  check(lib.deltos_value_read(self.cell[0], 0, item, err))
  return item
end

-- Elements, members, or keys and values in turn: a list of nodes.
function Value:children(item)
  local parts = item.kind == lib.DELTOS_VALUE_DICT and 2 or 1
  local total = tonumber(item.count) * parts
  local items, count, list = ffi.new("deltos_item[?]", total), ffi.new("uint64_t[1]"), {}
  check(lib.deltos_value_children(self.cell[0], item.node, 0, items, total, count, err))
  for i = 0, tonumber(count[0]) - 1 do list[#list + 1] = ffi.new("deltos_item", items[i]) end
  return list
end

-- What a dict has for a text, or nil.
function Value:find(item, text)
  local key, found = ffi.new("deltos_item"), ffi.new("deltos_item")
  key.kind, key.count, key.data = lib.DELTOS_VALUE_UTF8, #text, ffi.cast("const char *", text)
  check(lib.deltos_value_find(self.cell[0], item.node, key, nil, found, err))
  if found.kind ~= lib.DELTOS_VALUE_END then return found end
end

-- The elements of an array, or of a list that lies as numbers, as a buffer.
function Value:buffer(item)
  local view = ffi.new("deltos_view *[1]")
  check(lib.deltos_value_view(self.cell[0], item.node, lib.DELTOS_VIEW_FULL_RO, view, err))
  return new_buffer(view)
end

-- 64 bits, the same for equal nodes everywhere.
function Value:hash(item)
  local hash = ffi.new("uint64_t[1]")
  check(lib.deltos_value_hash(self.cell[0], item.node, hash, err))
  return hash[0]
end

function Value:kind(item) return KINDS[item.kind] end

-- Gives the memory back; nodes must not be used afterwards.
function Value:close() lib.deltos_object_release(self.cell) end

local RecordTable = {}
RecordTable.__index = RecordTable

local TYPES = { [0] = "fixed", "date", "datetime", "bytes", "utf8", "list", "tuple", "set", "dict", "decimal", "ndarray",
  "value", "record" }

-- Name and version of a schema, and the slots of all levels: name, type, flags, and the index of the record around it.
local function facts_of(schema)
  local info, count = ffi.new("deltos_schema_info"), ffi.new("uint64_t[1]")
  info.struct_size = ffi.sizeof(info)
  check(lib.deltos_schema_stat(schema, info, err))
  local slots = ffi.new("deltos_slot[?]", tonumber(info.slots))
  check(lib.deltos_schema_slots(schema, slots, info.slots, count, err))
  local facts = { name = ffi.string(info.name), version = info.version, slots = {} }
  for i = 0, tonumber(count[0]) - 1 do
    local slot = slots[i]
    facts.slots[i + 1] = { name = ffi.string(slot.name), type = TYPES[slot.type], flags = slot.flags, parent = slot.parent + 1 }
  end
  return facts
end

-- The newest record table of that name: name and version of its schema, slots, layout and rows.
function Storage:records(name)
  local cell, schema = ffi.new("deltos_object *[1]"), ffi.new("deltos_schema *[1]")
  check(lib.deltos_object_open_newest(self.cell[0], name, lib.DELTOS_KIND_RECORD_TABLE, cell, err))
  local info = ffi.new("deltos_record_table_info")
  info.struct_size = ffi.sizeof(info)
  check(lib.deltos_record_table_stat(cell[0], info, err))
  check(lib.deltos_schema_of(cell[0], schema, err))
  local table = finally(function() lib.deltos_schema_release(schema) end, facts_of, schema[0])
  table.cell, table.rows = cell, tonumber(info.rows)
  table.layout = info.layout == lib.DELTOS_LAYOUT_ROWS and "rows" or "columns"
  return setmetatable(table, RecordTable)
end

-- What is in a slot of a row, both counted from 1: an item, as record.h explains, and its kind.
function RecordTable:read(row, slot)
  local item = ffi.new("deltos_item")
  check(lib.deltos_record_table_read(self.cell[0], row - 1, slot - 1, item, err))
  return item, item.kind == lib.DELTOS_VALUE_RECORD and "record" or KINDS[item.kind]
end

-- The value in a slot that holds one.
function RecordTable:value(row, slot)
  local cell = ffi.new("deltos_object *[1]")
  check(lib.deltos_record_table_value(self.cell[0], row - 1, slot - 1, cell, err))
  return setmetatable({ cell = cell }, Value)
end

function RecordTable:close() lib.deltos_object_release(self.cell) end

-- Calls a function with a snapshot of the newest commit.
local function reading(storage, read)
  local snapshot = ffi.new("deltos_snapshot *[1]")
  check(lib.deltos_snapshot_begin(storage.cell[0], snapshot, err))
  return finally(function() lib.deltos_snapshot_release(snapshot) end, read, snapshot[0])
end

-- The names that begin with a prefix, in byte order.
function Storage:names(prefix)
  return reading(self, function(snapshot)
    local cursor, entries, count = ffi.new("deltos_cursor *[1]"), ffi.new("deltos_entry[64]"), ffi.new("uint64_t[1]")
    check(lib.deltos_snapshot_list(snapshot, prefix or "", lib.DELTOS_LIST_ALL, cursor, err))
    return finally(function() lib.deltos_cursor_release(cursor) end, function()
      local names = {}
      repeat
        check(lib.deltos_cursor_next_entries(cursor[0], entries, 64, count, err))
        for i = 0, tonumber(count[0]) - 1 do names[#names + 1] = ffi.string(entries[i].name) end
      until count[0] == 0
      return names
    end)
  end)
end

-- One value of the metadata of an object (or of the storage: ""): { format, shape, bytes }, or nil.
function Storage:metadata(name, key)
  return reading(self, function(snapshot)
    local item = ffi.new("deltos_metadatum")
    check(lib.deltos_metadata_get(snapshot, name, key, item, err))
    if item.data == nil then return nil end
    local bytes = ffi.string(item.data, tonumber(item.size))
    return { format = ffi.string(item.format), shape = lengths(item.shape, item.ndim), bytes = bytes }
  end)
end

-- The keys of an object's metadata (or of the storage's: "").
function Storage:metadata_keys(name)
  return reading(self, function(snapshot)
    local count = ffi.new("uint64_t[1]")
    check(lib.deltos_metadata_list(snapshot, name, nil, 0, count, err))
    local items = ffi.new("deltos_metadatum[?]", tonumber(count[0]))
    check(lib.deltos_metadata_list(snapshot, name, items, count[0], count, err))
    local keys = {}
    for i = 0, tonumber(count[0]) - 1 do keys[#keys + 1] = ffi.string(items[i].key) end
    return keys
  end)
end

-- Closes it; fails with DELTOS_E_PINNED, and stays open, while buffers are.
function Storage:close() check(lib.deltos_storage_close(self.cell, err)) end

return deltos
