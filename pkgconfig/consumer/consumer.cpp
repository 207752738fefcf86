// A program of somebody else's in C++: it knows of Deltos what <deltos/deltos.hpp> and pkg-config say. It reads what
// consumer.c wrote, adds a buffer of its own, and lists both.
#include <deltos/deltos.hpp>
#include <iostream>
#include <numeric>
#include <string>
#include <vector>

namespace {

void add_cubes(const char *path) {
  deltos::OpenOptions options;
  options.mode = deltos::Mode::write;
  deltos::Storage storage = deltos::Storage::open(path, options);
  std::vector<std::int64_t> cubes;
  for (const std::int64_t root : {1, 2, 3}) cubes.push_back(root * root * root);
  deltos::Transaction transaction = storage.transaction();
  transaction.create("cubes", cubes);
  transaction.commit();
  storage.close();
}

std::int64_t sum_of(const deltos::Storage &storage, const std::string &name) {
  const deltos::TypedView<const std::int64_t> view = storage.view<const std::int64_t>(name);
  const deltos::Span<const std::int64_t> values = view.span();
  return std::accumulate(values.begin(), values.end(), std::int64_t{0});
}

}  // namespace

int main(int argc, char **argv) try {
  if (argc != 2) {
    std::cerr << "usage: consumer FILE\n";
    return 2;
  }
  add_cubes(argv[1]);
  const deltos::Storage storage = deltos::Storage::open(argv[1]);
  deltos::Cursor names = storage.snapshot().list();
  for (const deltos::Entry &entry : names) std::cout << entry.name << ": " << sum_of(storage, entry.name) << "\n";
  return storage.try_view<const float>("cubes").status() == deltos::Status::type ? 0 : 1;
} catch (const deltos::Exception &exception) {
  std::cerr << name_of(exception.status()) << ": " << exception.what() << "\n";
  return 1;
}
