// What a Node program needs of Deltos: libdeltos by dlopen, through koffi. Storages, buffers as typed arrays over the
// file's own memory, metadata, and errors as exceptions that carry the name of the status.
//
// The library is looked for in DELTOS_LIBRARY (a path), else by the loader (libdeltos.so.0).
//
// A typed array is an address: it must not be touched after its buffer was closed. Keep the buffer as long as the array.

import koffi from 'koffi';

const library = koffi.load(process.env.DELTOS_LIBRARY ?? 'libdeltos.so.0');

const ErrorStruct = koffi.struct('deltos_error', {
  status: 'int32_t',
  os_errno: 'int32_t',
  object_id: 'uint64_t',
  message: koffi.array('char', 496, 'String'),
});

const OpenOptions = koffi.struct('deltos_open_options', {
  struct_size: 'uint32_t',
  mode: 'int32_t',
  create: 'int32_t',
  flags: 'uint32_t',
  offset: 'uint64_t',
  size: 'uint64_t',
  reserve_bytes: 'uint64_t',
  max_file_bytes: 'uint64_t',
  auto_sync_bytes: 'uint64_t',
  progress: 'void *',
  progress_user: 'void *',
});

const View = koffi.struct('deltos_view', {
  struct_size: 'uint32_t',
  ndim: 'int32_t',
  dtype: 'int32_t',
  readonly: 'uint8_t',
  sealed: 'uint8_t',
  reserved: 'uint16_t',
  data: 'void *',
  nbytes: 'uint64_t',
  itemsize: 'uint64_t',
  format: 'const char *',
  shape: 'void *',
  strides: 'void *',
  suboffsets: 'void *',
  owner: 'void *',
});

const TableInfo = koffi.struct('deltos_table_info', {
  struct_size: 'uint32_t',
  dtype: 'int32_t',
  rows: 'int64_t',
  columns: 'int64_t',
  itemsize: 'uint64_t',
  exports: 'uint64_t',
  readonly: 'uint8_t',
  ragged: 'uint8_t',
  stored: 'uint8_t',
  sealed: 'uint8_t',
  reserved: 'uint32_t',
  format: 'const char *',
});

const Metadatum = koffi.struct('deltos_metadatum', {
  key: 'const char *',
  format: 'const char *',
  data: 'void *',
  size: 'uint64_t',
  ndim: 'int32_t',
  reserved: 'uint32_t',
  shape: 'void *',
});

const Entry = koffi.struct('deltos_entry', {
  name: 'const char *',
  id: 'uint64_t',
  kind: 'int32_t',
  is_prefix: 'uint32_t',
  payload_bytes: 'uint64_t',
});

const Item = koffi.struct('deltos_item', {
  kind: 'int32_t',
  detail: 'int32_t',
  node: 'uint64_t',
  count: 'uint64_t',
  i64: 'int64_t',
  u64: 'uint64_t',
  bits: 'uint64_t', // of f64: a number of JavaScript would lose those of a NaN
  data: 'const void *',
});

const Slot = koffi.struct('deltos_slot', {
  name: 'const char *',
  format: 'const char *',
  schema: 'void *',
  type: 'int32_t',
  dtype: 'int32_t',
  flags: 'uint32_t',
  parent: 'int32_t',
  valid_bit: 'int32_t',
  null_bit: 'int32_t',
  offset: 'uint64_t',
  size: 'uint64_t',
});

const SchemaInfo = koffi.struct('deltos_schema_info', {
  struct_size: 'uint32_t',
  version: 'uint32_t',
  min_reader: 'uint32_t',
  presence_bits: 'uint32_t',
  name: 'const char *',
  metadata: 'void *',
  metadata_size: 'uint64_t',
  slots: 'uint64_t',
  row_bytes: 'uint64_t',
  alignment: 'uint64_t',
  presence_offset: 'uint64_t',
});

const RecordTableInfo = koffi.struct('deltos_record_table_info', {
  struct_size: 'uint32_t',
  layout: 'int32_t',
  rows: 'uint64_t',
  slots: 'uint64_t',
  row_bytes: 'uint64_t',
  heap_bytes: 'uint64_t',
  image_bytes: 'uint64_t',
  sealed: 'uint8_t',
  writable: 'uint8_t',
  reserved16: 'uint16_t',
  reserved: 'uint32_t',
});

const fail = '_Out_ deltos_error *err';
const call = {
  status_name: library.func('const char *deltos_status_name(int32_t status)'),
  version: library.func('const char *deltos_version(void)'),
  storage_open: library.func(
    `int32_t deltos_storage_open(const char *path, deltos_open_options *options, _Out_ void **storage, ${fail})`),
  storage_close: library.func(`int32_t deltos_storage_close(_Inout_ void **storage, ${fail})`),
  storage_detach: library.func('void deltos_storage_detach(_Inout_ void **storage)'),
  snapshot_begin: library.func(`int32_t deltos_snapshot_begin(void *storage, _Out_ void **snapshot, ${fail})`),
  snapshot_release: library.func('void deltos_snapshot_release(_Inout_ void **snapshot)'),
  snapshot_list: library.func(
    `int32_t deltos_snapshot_list(void *snapshot, const char *prefix, int32_t depth, _Out_ void **cursor, ${fail})`),
  cursor_next_entries: library.func(
    `int32_t deltos_cursor_next_entries(void *cursor, void *entries, uint64_t capacity, _Out_ uint64_t *count, ${fail})`),
  cursor_release: library.func('void deltos_cursor_release(_Inout_ void **cursor)'),
  object_open_newest: library.func(
    'int32_t deltos_object_open_newest(void *storage, const char *name, int32_t kind, _Out_ void **object, ' +
    `${fail})`),
  object_release: library.func('void deltos_object_release(_Inout_ void **object)'),
  view_acquire: library.func(
    `int32_t deltos_view_acquire(void *object, int32_t flags, _Out_ void **view, ${fail})`),
  view_release: library.func('void deltos_view_release(_Inout_ void **view)'),
  table_stat: library.func(`int32_t deltos_table_stat(void *table, _Inout_ deltos_table_info *info, ${fail})`),
  table_rows: library.func(
    'int32_t deltos_table_rows(void *table, uint8_t writable, _Out_ void **pin, _Out_ void **rows, ' +
    `_Out_ void **lengths, ${fail})`),
  value_read: library.func(
    `int32_t deltos_value_read(void *value, uint64_t node, _Out_ deltos_item *item, ${fail})`),
  value_children: library.func(
    'int32_t deltos_value_children(void *value, uint64_t node, uint64_t first, void *items, uint64_t capacity, ' +
    `_Out_ uint64_t *count, ${fail})`),
  value_find: library.func(
    'int32_t deltos_value_find(void *value, uint64_t node, deltos_item *key, void *keys, _Out_ deltos_item *found, ' +
    `${fail})`),
  value_view: library.func(
    `int32_t deltos_value_view(void *value, uint64_t node, int32_t flags, _Out_ void **view, ${fail})`),
  value_hash: library.func(`int32_t deltos_value_hash(void *value, uint64_t node, _Out_ uint64_t *hash, ${fail})`),
  schema_of: library.func(`int32_t deltos_schema_of(void *table, _Out_ void **schema, ${fail})`),
  schema_stat: library.func(`int32_t deltos_schema_stat(void *schema, _Inout_ deltos_schema_info *info, ${fail})`),
  schema_slots: library.func(
    `int32_t deltos_schema_slots(void *schema, void *slots, uint64_t capacity, _Out_ uint64_t *count, ${fail})`),
  schema_release: library.func('void deltos_schema_release(_Inout_ void **schema)'),
  record_table_stat: library.func(
    `int32_t deltos_record_table_stat(void *table, _Inout_ deltos_record_table_info *info, ${fail})`),
  record_table_read: library.func(
    `int32_t deltos_record_table_read(void *table, uint64_t row, uint64_t slot, _Out_ deltos_item *item, ${fail})`),
  record_table_value: library.func(
    `int32_t deltos_record_table_value(void *table, uint64_t row, uint64_t slot, _Out_ void **value, ${fail})`),
  metadata_get: library.func(
    'int32_t deltos_metadata_get(void *snapshot, const char *name, const char *key, _Out_ deltos_metadatum *item, ' +
    `${fail})`),
  metadata_list: library.func(
    'int32_t deltos_metadata_list(void *snapshot, const char *name, void *items, uint64_t capacity, ' +
    `_Out_ uint64_t *count, ${fail})`),
};

const KIND_BUFFER = 1;
const KIND_ARRAY = 2;
const KIND_TABLE = 3;
const KIND_VALUE = 4;
const KIND_RECORD_TABLE = 5;
const VIEW_FULL_RO = 0x11c;
const VIEW_FULL = 0x11d;
const MODES = { read: 0, 'in-place': 1 };

// DELTOS_DTYPE_* to the typed array that shows its elements; what is not here is shown as bytes.
const ARRAYS = new Map([
  [2, Int8Array], [3, Int16Array], [4, Int32Array], [5, BigInt64Array],
  [6, Uint8Array], [7, Uint16Array], [8, Uint32Array], [9, BigUint64Array],
  [11, Float32Array], [12, Float64Array],
]);

const KINDS = ['null', 'bool', 'int', 'uint', 'float', 'bytes', 'utf8', 'list', 'tuple', 'set', 'dict', 'date', 'datetime',
  'decimal', 'ndarray', 'record', 'reference', 'end'];
const SLOT_TYPES = ['fixed', 'date', 'datetime', 'bytes', 'utf8', 'list', 'tuple', 'set', 'dict', 'decimal', 'ndarray', 'value',
  'record'];
const HAS_BYTES = new Set(['bytes', 'utf8', 'decimal']);
/** `detail` of a date and time that has no zone. */
export const NO_ZONE = 0x7fffffff;

/** A failure of the library: `code` is the name of the status, `errno` that of the system or 0. */
export class DeltosError extends Error {
  constructor(error) {
    super(error.message);
    this.name = 'DeltosError';
    this.code = call.status_name(error.status);
    this.errno = error.os_errno;
  }
}

function check(name, ...args) {
  const error = {};
  if (call[name](...args, error) !== 0) throw new DeltosError(error);
}

function made(name, ...args) {
  const out = [null];
  check(name, ...args, out);
  return out[0];
}

function numbers(pointer, count) {
  return count === 0 ? [] : koffi.decode(pointer, 'int64_t', count).map(Number);
}

/** Copied: parts of a value may be shared, and no two ArrayBuffers show one address. */
function copied(pointer, count) {
  return count === 0 ? new Uint8Array(0) : Uint8Array.from(koffi.decode(pointer, 'uint8_t', count));
}

function bytes(pointer, count) {
  return count === 0 ? new ArrayBuffer(0) : koffi.view(pointer, count);
}

/** One exported buffer. `array` shows its elements, in C order, where they are. */
class Buffer {
  #view;

  constructor(view) {
    this.#view = view;
    const facts = koffi.decode(view, View);
    this.format = facts.format;
    this.dtype = facts.dtype;
    this.shape = numbers(facts.shape, facts.ndim);
    this.sealed = facts.sealed === 1;
    this.bytes = new Uint8Array(bytes(facts.data, Number(facts.nbytes)));
    const Type = ARRAYS.get(facts.dtype) ?? Uint8Array;
    this.array = new Type(this.bytes.buffer);
  }

  /** Gives the memory back; the arrays must not be used afterwards. */
  close() {
    if (this.#view !== null) call.view_release([this.#view]);
    this.#view = null;
  }
}

function shown(item) {
  const { detail, count } = item;
  const kind = KINDS[item.kind];
  const [node, i64, u64, bits] = [item.node, item.i64, item.u64, item.bits].map(BigInt);
  const f64 = new DataView(BigUint64Array.of(bits).buffer).getFloat64(0, true);
  const content = HAS_BYTES.has(kind) ? copied(item.data, Number(count)) : undefined;
  return { kind, detail, node, count: Number(count), i64, u64, f64, bits, bytes: content };
}

/**
 * One stored value: a tree, read where it lies. A node of it is { kind, detail, node, count, i64, u64, f64, bits, bytes },
 * as include/deltos/value.h explains: `node`, `i64`, `u64` and `bits` are BigInts, `bytes` those of text, bytes and digits.
 */
class Value {
  #object;

  constructor(object) {
    this.#object = object;
  }

  get root() {
    const item = {};
    check('value_read', this.#object, 0, item);
    return shown(item);
  }

  /** Elements, members, or keys and values in turn. */
  children(item) {
    const total = item.count * (item.kind === 'dict' ? 2 : 1);
    if (total === 0) return [];
    const room = koffi.alloc(Item, total);
    const count = [0];
    try {
      check('value_children', this.#object, item.node, 0, room, total, count);
      return koffi.decode(room, Item, Number(count[0])).map((one) => shown(one));
    } finally {
      koffi.free(room);
    }
  }

  /** What a dict has for a text; else undefined. */
  find(item, text) {
    const content = new TextEncoder().encode(text);
    const room = koffi.alloc('uint8_t', content.length + 1);
    const found = {};
    try {
      koffi.encode(room, koffi.array('uint8_t', content.length + 1), [...content, 0]);
      const key = { kind: KINDS.indexOf('utf8'), detail: 0, node: 0, count: content.length, i64: 0, u64: 0, bits: 0,
        data: room };
      check('value_find', this.#object, item.node, key, null, found);
    } finally {
      koffi.free(room);
    }
    return KINDS[found.kind] === 'end' ? undefined : shown(found);
  }

  /** The elements of an array, or of a list that lies as numbers, as a buffer. */
  buffer(item) {
    return new Buffer(made('value_view', this.#object, item.node, VIEW_FULL_RO));
  }

  /** 64 bits, the same for equal nodes everywhere: a BigInt. */
  hash(item) {
    const hash = [0];
    check('value_hash', this.#object, item.node, hash);
    return BigInt(hash[0]);
  }

  /** Gives the memory back; nodes must not be used afterwards. */
  close() {
    if (this.#object !== null) call.object_release([this.#object]);
    this.#object = null;
  }
}

/** Name and version of a schema, and the slots of all levels; `parent` is the number of the record around one, or -1. */
function factsOf(schema) {
  const info = { struct_size: koffi.sizeof(SchemaInfo) };
  check('schema_stat', schema, info);
  const room = koffi.alloc(Slot, Number(info.slots));
  const count = [0];
  try {
    check('schema_slots', schema, room, info.slots, count);
    const slots = koffi.decode(room, Slot, Number(count[0]))
      .map(({ name, type, flags, parent }) => ({ name, type: SLOT_TYPES[type], flags, parent }));
    return { name: info.name, version: info.version, slots };
  } finally {
    koffi.free(room);
  }
}

/** One stored record table: { name, version, slots } of its schema, its layout, how many rows it has, and their cells. */
class RecordTable {
  #object;

  constructor(object) {
    this.#object = object;
    const info = { struct_size: koffi.sizeof(RecordTableInfo) };
    check('record_table_stat', object, info);
    this.layout = info.layout === 0 ? 'rows' : 'columns';
    this.rows = Number(info.rows);
    const schema = made('schema_of', object);
    try {
      Object.assign(this, factsOf(schema));
    } finally {
      call.schema_release([schema]);
    }
  }

  /** What is in a slot of a row, as a node of a value; its kind is "end" where the slot is unset, "record" of a record. */
  read(row, slot) {
    const item = {};
    check('record_table_read', this.#object, row, slot, item);
    return shown(item);
  }

  /** The value in a slot that holds one. */
  value(row, slot) {
    return new Value(made('record_table_value', this.#object, row, slot));
  }

  /** Gives the memory back. */
  close() {
    if (this.#object !== null) call.object_release([this.#object]);
    this.#object = null;
  }
}

export class Storage {
  #pointer;

  /** Opens a file: mode is "read" or "in-place". */
  constructor(path, mode = 'read') {
    const options = { struct_size: koffi.sizeof(OpenOptions), mode: MODES[mode], create: 0, flags: 0, offset: 0, size: 0,
      reserve_bytes: 0, max_file_bytes: 0, auto_sync_bytes: 0, progress: null, progress_user: null };
    this.#pointer = made('storage_open', path, options);
  }

  /** Calls a function with the newest object of that name. */
  #opening(name, kind, use) {
    const object = made('object_open_newest', this.#pointer, name, kind);
    try {
      return use(object);
    } finally {
      call.object_release([object]);
    }
  }

  #exported(name, kind, writable) {
    const flags = writable ? VIEW_FULL : VIEW_FULL_RO;
    return this.#opening(name, kind, (object) => new Buffer(made('view_acquire', object, flags)));
  }

  /** The newest buffer of that name. */
  buffer(name, { writable = false } = {}) {
    return this.#exported(name, KIND_BUFFER, writable);
  }

  /** The elements that the array of that name has now, as a buffer. What is appended later is seen by asking again. */
  array(name, { writable = false } = {}) {
    return this.#exported(name, KIND_ARRAY, writable);
  }

  /**
   * The newest table of that name: { format, dtype, sealed, columns, lengths, rows }. `rows` are copies of their bytes,
   * `lengths` how many elements each has, `columns` how many all have; -1 where rows have lengths of their own.
   */
  table(name) {
    return this.#opening(name, KIND_TABLE, (object) => {
      const info = { struct_size: koffi.sizeof(TableInfo), dtype: 0, rows: 0, columns: 0, itemsize: 0, exports: 0,
        readonly: 0, ragged: 0, stored: 0, sealed: 0, reserved: 0, format: null };
      check('table_stat', object, info);
      const [pin, rows, lengths] = [[null], [null], [null]];
      check('table_rows', object, 0, pin, rows, lengths);
      try {
        const count = Number(info.rows);
        const counts = numbers(lengths[0], count);
        const pointers = count === 0 ? [] : koffi.decode(rows[0], 'void *', count);
        return { format: info.format, dtype: info.dtype, sealed: info.sealed === 1, columns: Number(info.columns),
          lengths: counts,
          rows: pointers.map((row, i) => new Uint8Array(bytes(row, counts[i] * Number(info.itemsize))).slice()) };
      } finally {
        call.view_release(pin);
      }
    });
  }

  /** The newest value of that name. */
  value(name) {
    return new Value(made('object_open_newest', this.#pointer, name, KIND_VALUE));
  }

  /** The newest record table of that name. */
  records(name) {
    return new RecordTable(made('object_open_newest', this.#pointer, name, KIND_RECORD_TABLE));
  }

  /** Calls a function with a snapshot of the newest commit. */
  #reading(read) {
    const snapshot = made('snapshot_begin', this.#pointer);
    try {
      return read(snapshot);
    } finally {
      call.snapshot_release([snapshot]);
    }
  }

  /** The names that begin with a prefix, in byte order. */
  names(prefix = '') {
    return this.#reading((snapshot) => {
      const cursor = made('snapshot_list', snapshot, prefix, 0);
      const room = koffi.alloc(Entry, 64);
      const names = [];
      try {
        for (;;) {
          const count = [0];
          check('cursor_next_entries', cursor, room, 64, count);
          if (Number(count[0]) === 0) return names;
          for (const entry of koffi.decode(room, Entry, Number(count[0]))) names.push(entry.name);
        }
      } finally {
        koffi.free(room);
        call.cursor_release([cursor]);
      }
    });
  }

  /** One value of the metadata of an object (or of the storage: ""): text, or { format, shape, bytes }; else undefined. */
  metadata(name, key) {
    return this.#reading((snapshot) => {
      const item = {};
      check('metadata_get', snapshot, name, key, item);
      if (item.data === null) return undefined;
      const content = new Uint8Array(bytes(item.data, Number(item.size))).slice();
      if (item.format === 'u8') return new TextDecoder().decode(content);
      return { format: item.format, shape: numbers(item.shape, item.ndim), bytes: content };
    });
  }

  /** The keys of an object's metadata (or of the storage's: ""). */
  metadataKeys(name) {
    return this.#reading((snapshot) => {
      const count = [0];
      check('metadata_list', snapshot, name, null, 0, count);
      const total = Number(count[0]);
      if (total === 0) return [];
      const room = koffi.alloc(Metadatum, total);
      try {
        check('metadata_list', snapshot, name, room, total, count);
        return koffi.decode(room, Metadatum, total).map((item) => item.key);
      } finally {
        koffi.free(room);
      }
    });
  }

  /** Closes it; throws DELTOS_E_PINNED, and stays open, while buffers are. */
  close() {
    if (this.#pointer === null) return;
    check('storage_close', [this.#pointer]);
    this.#pointer = null;
  }
}
