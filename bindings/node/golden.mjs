// Reads a storage and compares it with its description, as tests/conformance/README.md says.
//
//     node golden.mjs read DESCRIPTION STORAGE

import { readFileSync } from 'node:fs';
import { DeltosError, Storage } from './deltos.mjs';

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

function compareObject(storage, object) {
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
