// Reads a storage and compares it with its description, as tests/conformance/README.md says.
//
//     node golden.mjs read DESCRIPTION STORAGE

import { readFileSync } from 'node:fs';
import { DeltosError, NO_ZONE, Storage } from './deltos.mjs';

const DTYPES = ['OTHER', 'BOOL', 'I8', 'I16', 'I32', 'I64', 'U8', 'U16', 'U32', 'U64', 'F16', 'F32', 'F64', 'C64', 'C128',
  'BYTES', 'UCS4', 'STRUCT', 'BF16', 'F8_E4M3', 'F8_E5M2'];

const differences = [];

function compare(what, expected, found) {
  const [one, two] = [JSON.stringify(expected) ?? 'nothing', JSON.stringify(found) ?? 'nothing'];
  if (one !== two) differences.push(`${what}: expected ${one.slice(0, 200)}, found ${two.slice(0, 200)}`);
}

const hex = (bytes) => Buffer.from(bytes).toString('hex');
const given = (data) => (typeof data === 'string' ? data : data.repeat.repeat(data.times));

function compareMetadata(storage, name, items) {
  const keys = items.map((item) => item.key);
  const inOrder = [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  compare(`${name}: keys`, inOrder, storage.metadataKeys(name));
  for (const item of items) {
    const found = storage.metadata(name, item.key);
    const what = `${name}: ${item.key}`;
    if (item.text !== undefined || found === undefined || typeof found === 'string') {
      compare(what, item.text, found);
    } else {
      compare(what, { format: item.format, shape: item.shape ?? [], bytes: given(item.data) },
        { format: found.format, shape: found.shape, bytes: hex(found.bytes) });
    }
  }
}

/** What there is to compare of a table, whose data are all rows one after the other. */
function readTable(storage, name) {
  const { format, dtype, sealed, columns, lengths, rows } = storage.table(name);
  const shape = columns < 0 ? [rows.length] : [rows.length, columns];
  return { format, dtype, shape, sealed, lengths, content: rows.map(hex).join('') };
}

function readMemory(memory) {
  const { format, dtype, shape, sealed } = memory;
  try {
    return { format, dtype, shape, sealed, content: hex(memory.bytes) };
  } finally {
    memory.close();
  }
}

const READERS = {
  buffer: (storage, name) => readMemory(storage.buffer(name)),
  array: (storage, name) => readMemory(storage.array(name)),
  table: readTable,
};

// ---- Trees

const littleEndian = (number) => hex(new Uint8Array(BigInt64Array.of(BigInt.asIntN(64, number)).buffer));
/** The digits of an integer's eight bytes: of a number, or they themselves. */
const word = (number) => (typeof number === 'string' ? number : littleEndian(BigInt(number)));
const textOf = (text) => (typeof text === 'string' ? hex(Buffer.from(text)) : given(text.data));
const SPECIALS = ['finite', 'infinite', 'nan', 'signalling-nan'];
const CONTAINERS = new Set(['list', 'tuple', 'set', 'dict']);

/** Elements without short forms; of a dict keys and values in turn. */
function elementsOf(kind, content) {
  if (Array.isArray(content)) return kind === 'dict' ? content.flat() : content;
  if (content.repeat !== undefined) return Array(content.times).fill(content.repeat);
  const numbers = Array.from({ length: content.count }, (_, i) => ({ int: (content.from ?? 0) + i * (content.step ?? 1) }));
  return kind === 'dict' ? numbers.flatMap((number) => [number, number]) : numbers;
}

/** What a scalar holds, of the description and of the value, by its kind. */
const WANTED = {
  null: () => null,
  bool: (content) => content,
  bytes: given,
  utf8: textOf,
  datetime: ([seconds, nanoseconds, zone]) => [word(seconds), word(nanoseconds), zone ?? NO_ZONE],
  decimal: ({ digits, exponent, negative, special }) =>
    [textOf(digits), word(exponent ?? 0), negative ?? false, special ?? 'finite'],
};
const FOUND = {
  null: () => null,
  bool: (item) => item.i64 === 1n,
  bytes: (item) => hex(item.bytes),
  utf8: (item) => hex(item.bytes),
  int: (item) => littleEndian(item.i64),
  date: (item) => littleEndian(item.i64),
  float: (item) => littleEndian(item.bits),
  datetime: (item) => [littleEndian(item.i64), littleEndian(item.u64), item.detail],
  decimal: (item) => [hex(item.bytes), littleEndian(item.i64), item.u64 === 1n, SPECIALS[item.detail]],
};

/** Compares a container but for what it holds, which is to be compared next. */
function compareElements(what, value, item, kind, content) {
  const [expected, found] = [elementsOf(kind, content), value.children(item)];
  compare(`${what}: count`, expected.length, found.length);
  if (expected.length !== found.length) return [];
  expected.forEach((one, i) => {
    if (kind !== 'dict' || i % 2 === 1 || one.utf8 === undefined) return;
    const key = Buffer.from(textOf(one.utf8), 'hex').toString();
    compare(`${what}: key ${i}`, String(found[i + 1].node), String(value.find(item, key)?.node));
  });
  return expected.map((one, i) => [`${what}/${i}`, found[i], one]);
}

function compareNumbers(what, value, item, { format, dtype, shape, data }) {
  const found = readMemory(value.buffer(item));
  compare(what, [format ?? found.format, dtype ?? DTYPES[found.dtype], shape ?? found.shape, given(data)],
    [found.format, DTYPES[found.dtype], found.shape, found.content]);
}

function compareNode(what, value, item, expected, named) {
  let [kind, content] = Object.entries(expected).find(([field]) => field !== 'node');
  if (kind === 'nested') {
    if (content.depth === 0) return [[what, item, content.value]];
    [kind, content] = [content.in, [{ nested: { ...content, depth: content.depth - 1 } }]];
  }
  if (expected.node !== undefined) named.set(expected.node, item.node);
  if (kind === 'share') {
    compare(`${what}: node`, String(named.get(content)), String(item.node));
    return [];
  }
  compare(`${what}: kind`, kind, item.kind);
  if (kind !== item.kind) return [];
  if (kind === 'ndarray' || content.dtype !== undefined) {
    compareNumbers(what, value, item, content);
    return [];
  }
  if (CONTAINERS.has(kind)) return compareElements(what, value, item, kind, content);
  const found = FOUND[kind] ?? ((one) => littleEndian(one.u64));
  compare(what, (WANTED[kind] ?? word)(content), found(item));
  return [];
}

/** From the root down, each node before what it holds; without recursion, as values may be deep. */
function compareTree(what, value, expected) {
  const named = new Map();
  const left = [[what, value.root, expected]];
  while (left.length !== 0) {
    const [place, item, one] = left.pop();
    for (const below of compareNode(place, value, item, one, named).reverse()) left.push(below);
  }
}

function compareValue(storage, object) {
  const value = storage.value(object.name);
  try {
    compareTree(object.name, value, object.value);
    if (object.hash !== undefined) compare(`${object.name}: hash`, object.hash, littleEndian(value.hash(value.root)));
  } finally {
    value.close();
  }
  compareMetadata(storage, object.name, object.metadata ?? []);
}

// ---- Record tables

const FLAGS = { nullable: 1, optional: 2, writable: 4, utc: 8 };
const ITEMS = new Set(['fixed', 'date', 'datetime', 'bytes', 'utf8', 'record']);

/** The slots of all levels that are written. */
function writtenSlots(schema) {
  return schema.slots.flatMap(({ name, type, flags = [], schema: inner }) => [
    [name, type, flags.reduce((sum, flag) => sum + FLAGS[flag], 0)], ...(inner ? writtenSlots(inner) : [])]);
}

function compareCell(what, table, row, slot, cell) {
  const item = table.read(row, slot);
  const [kind, content] = Object.entries(cell)[0];
  if (item.kind !== 'end' && item.kind !== 'null' && !ITEMS.has(table.slots[slot].type)) {
    const value = table.value(row, slot);
    try {
      compareTree(what, value, cell);
    } finally {
      value.close();
    }
    return;
  }
  compare(what, kind, item.kind === 'end' ? 'unset' : item.kind);
  if (kind !== item.kind) return;
  if (kind === 'record') compareCells(what, table, row, slot, content);
  else compare(what, (WANTED[kind] ?? word)(content), (FOUND[kind] ?? ((one) => littleEndian(one.u64)))(item));
}

/** What a row has on one level. */
function compareCells(what, table, row, parent, cells) {
  const level = [...table.slots.keys()].filter((slot) => table.slots[slot].parent === parent);
  compare(`${what}: cells`, cells.length, level.length);
  level.forEach((slot, i) => {
    if (i < cells.length) compareCell(`${what}/${table.slots[slot].name}`, table, row, slot, cells[i]);
  });
}

function compareRecords(storage, object) {
  const { schema, layout, rows } = object;
  const table = storage.records(object.name);
  try {
    compare(`${object.name}: schema`, [schema.name ?? '', schema.version ?? 0, layout, rows.length],
      [table.name, table.version, table.layout, table.rows]);
    compare(`${object.name}: slots`, writtenSlots(schema), table.slots.map(({ name, type, flags }) => [name, type, flags]));
    for (let row = 0; row < Math.min(rows.length, table.rows); row += 1) {
      compareCells(`${object.name}/${row}`, table, row, -1, rows[row]);
    }
  } finally {
    table.close();
  }
  compareMetadata(storage, object.name, object.metadata ?? []);
}

function compareObject(storage, object) {
  if (object.kind === 'records') {
    compareRecords(storage, object);
    return;
  }
  if (object.kind === 'value') {
    compareValue(storage, object);
    return;
  }
  const found = READERS[object.kind ?? 'buffer'](storage, object.name);
  compare(`${object.name}: format`, object.format ?? found.format, found.format);
  compare(`${object.name}: dtype`, object.dtype ?? DTYPES[found.dtype], DTYPES[found.dtype]);
  compare(`${object.name}: shape`, object.shape ?? [], found.shape);
  compare(`${object.name}: lengths`, object.lengths ?? found.lengths, found.lengths);
  compare(`${object.name}: sealed`, object.sealed ?? false, found.sealed);
  compare(`${object.name}: content`, given(object.data), found.content);
  compareMetadata(storage, object.name, object.metadata ?? []);
}

function read(description, path) {
  const storage = new Storage(path);
  const names = description.objects.map((object) => Buffer.from(object.name)).sort(Buffer.compare).map(String);
  compare('names', names, storage.names());
  for (const object of description.objects) compareObject(storage, object);
  compareMetadata(storage, '', description.metadata ?? []);
  storage.close();
}

const [command, description, path, ...rest] = process.argv.slice(2);
if (command !== 'read' || path === undefined || rest.length !== 0) {
  console.error('usage: node golden.mjs read DESCRIPTION STORAGE');
  process.exit(2);
}
try {
  read(JSON.parse(readFileSync(description, 'utf8')), path);
} catch (error) {
  if (!(error instanceof DeltosError)) throw error;
  differences.push(`${error.code}: ${error.message}`);
}
for (const difference of differences) console.log(difference);
process.exitCode = differences.length === 0 ? 0 : 1;
