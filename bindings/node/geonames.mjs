// Reads the storage that `./dev demo` builds, in Node: its metadata, its buffers, and one store in place.
//
//     node geonames.mjs STORAGE
//
// Ends with 1 and one line when something is not as it should be.

import { DeltosError, Storage } from './deltos.mjs';

function main(path) {
  const storage = new Storage(path, 'in-place');
  const open = (name, options) => storage.buffer(`places/${name}`, options);
  const [population, ids, offsets, names] = ['population', 'ids', 'offsets', 'names'].map((name) => open(name));
  console.log(`places: ${population.array.length}`);
  console.log(`source: ${storage.metadata('', 'attribution')}`);

  let people = 0n;
  let largest = 0;
  population.array.forEach((count, place) => {
    people += count;
    if (count > population.array[largest]) largest = place;
  });
  const [start, end] = [Number(offsets.array[largest]), Number(offsets.array[largest + 1])];
  const name = new TextDecoder().decode(names.array.slice(start, end));
  console.log(`people: ${people}`);
  console.log(`largest: ${name}, id ${ids.array[largest]}`);

  const ball = storage.buffer('live/ball', { writable: true });
  ball.array[1] += 1n; // a store: every process that has the file open sees it at once
  console.log(`visits: ${ball.array[1]}`);

  try {
    storage.close();
    throw new Error('a storage closed while buffers were open');
  } catch (error) {
    if (error.code !== 'DELTOS_E_PINNED') throw error;
  }
  for (const buffer of [population, ids, offsets, names, ball]) buffer.close();
  try {
    storage.buffer('places/none');
  } catch (error) {
    console.log(`places/none: ${error.code}`);
  }
  storage.close();
}

if (process.argv.length !== 3) {
  console.error('usage: node geonames.mjs STORAGE');
  process.exit(2);
}
try {
  main(process.argv[2]);
} catch (error) {
  if (!(error instanceof DeltosError)) throw error;
  console.error(`${error.code}: ${error.message}`);
  process.exitCode = 1;
}
