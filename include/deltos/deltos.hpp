/**
 * @file
 * Deltos for C++17 and newer: the C interface with owners, typed views and errors of C++. Header-only.
 *
 * The nouns and the promises are those of deltos.h, and so is what each call costs, who may call it from which thread
 * and which statuses it answers; here stands what is different.
 *
 * - **Owners.** Storage, Snapshot, Transaction, Object, View, Cursor and ValueBuilder are moved and never copied, and
 * release in their destructor, which never fails: a Storage is given up as detach() does, a Transaction is aborted. A
 * moved-from one is empty. They may go in any order.
 * - **Failures.** Every operation that can fail exists twice, by the caller's choice: `open()` throws an Exception,
 *   `try_open()` returns a Result. Nothing else is thrown but std::bad_alloc, and what a callback throws. Works with
 *   -fno-exceptions.
 * - **Types.** `view<const double>("x")` is checked against the stored type once, and then is an address. format_of<T>
 *   can be specialised for structs.
 * - **Values.** `put("x", map)` stores containers and structs as one tree, `value("x")["key"].as<int>()` reads it in
 * its place. value_of<T> can be specialised for types of the program's own.
 * - **Text** is a literal, a std::string or a std::filesystem::path.
 * - **The C interface** is there beside it: get() lends the handle, release() gives it up, constructors take one over.
 *
 * @code
 * #include <deltos/deltos.hpp>
 * #include <iostream>
 * #include <vector>
 *
 * int main() {
 *   deltos::OpenOptions options;
 *   options.mode = deltos::Mode::write;
 *   options.create = deltos::Create::if_absent;
 *   deltos::Storage storage = deltos::Storage::open("example.deltos", options);
 *   deltos::Transaction transaction = storage.transaction();
 *   transaction.remove_prefix("");
 *   transaction.create("counts", std::vector<std::int64_t>{3, 1, 2});
 *   transaction.set_metadata("counts", "unit", "birds");
 *   transaction.commit();
 *
 *   std::int64_t sum = 0;
 *   for (std::int64_t count : storage.view<const std::int64_t>("counts").span()) sum += count;
 *   const deltos::Result<deltos::Object> missing = storage.try_object("weights");
 *   std::cout << sum << " birds; " << name_of(missing.status()) << "\n";
 *   storage.close();
 * }
 * @endcode
 */
#ifndef DELTOS_DELTOS_HPP
#define DELTOS_DELTOS_HPP

#include <deltos/hpp/array.hpp>
#include <deltos/hpp/element.hpp>
#include <deltos/hpp/elements.hpp>
#include <deltos/hpp/error.hpp>
#include <deltos/hpp/handle.hpp>
#include <deltos/hpp/hash_map.hpp>
#include <deltos/hpp/hash_map_builder.hpp>
#include <deltos/hpp/map_key.hpp>
#include <deltos/hpp/metadata.hpp>
#include <deltos/hpp/mode.hpp>
#include <deltos/hpp/object.hpp>
#include <deltos/hpp/records.hpp>
#include <deltos/hpp/schema.hpp>
#include <deltos/hpp/snapshot.hpp>
#include <deltos/hpp/sorted_map.hpp>
#include <deltos/hpp/storage.hpp>
#include <deltos/hpp/table.hpp>
#include <deltos/hpp/transaction.hpp>
#include <deltos/hpp/value.hpp>
#include <deltos/hpp/value_builder.hpp>
#include <deltos/hpp/value_kinds.hpp>
#include <deltos/hpp/value_of.hpp>
#include <deltos/hpp/view.hpp>

#endif
