// The operations of the corpus on tables.
#include "operations.hpp"

namespace conformance {
namespace {

// The columns or lengths of a step; they borrow from this.
class GivenColumns {
 public:
  explicit GivenColumns(const Json &step)
      : lengths_(step.value("lengths", deltos::Shape())),
        columns_(step.contains("lengths") ? deltos::Columns(lengths_)
                                          : deltos::Columns(step.value("columns", std::int64_t{-1}))) {}
  GivenColumns(const GivenColumns &) = delete;
  GivenColumns &operator=(const GivenColumns &) = delete;
  const deltos::Columns &get() const { return columns_; }

 private:
  deltos::Shape lengths_;
  deltos::Columns columns_;
};

// Rows in memory of their own, and pointers to them.
struct RowMemory {
  struct alignas(64) Block {
    std::byte bytes[64];
  };
  explicit RowMemory(const Json &list) {
    for (const Json &data : list) {
      const Bytes bytes = bytes_of(data);
      rows.emplace_back(bytes.size() / sizeof(Block) + 1);
      std::copy(bytes.begin(), bytes.end(), rows.back().data()->bytes);
    }
    for (std::vector<Block> &row : rows) pointers.push_back(row.data());
  }
  std::vector<std::vector<Block>> rows;
  std::vector<void *> pointers;
};

}  // namespace

void Operations::create_table(const Json &step) {
  const GivenColumns columns(step);
  const auto rows = step.at("rows").get<std::int64_t>();
  if (!step.contains("transaction")) {
    return name(step, deltos::Table::create(element_type(step), rows, columns.get()));
  }
  deltos::Transaction &transaction = the<deltos::Transaction>(step, "transaction");
  name(step, transaction.create_table(text(step, "name"), element_type(step), rows, columns.get()));
}

void Operations::wrap_table(const Json &step) {
  const GivenColumns columns(step);
  auto memory = std::make_unique<RowMemory>(step.at("rows"));
  void *const *pointers = memory->pointers.data();
  const auto count = static_cast<std::int64_t>(memory->pointers.size());
  name(step, deltos::Table::wrap(pointers, element_type(step), count, columns.get(), step.value("readonly", false),
                                 [kept = std::move(memory)] { static_cast<void>(kept); }));
}

void Operations::table_from_view(const Json &step) {
  const auto axis = static_cast<deltos::Axis>(step.value("axis", std::int32_t{0}));
  name(step, deltos::Table::from_view(the<deltos::View>(step, "view"), axis));
}

void Operations::table_from_views(const Json &step) {
  std::vector<deltos::View> views;
  for (const Json &called : step.at("views")) {
    const deltos::View &view = view_called(called.get<std::string>());
    views.push_back(view.share(view.readonly() ? deltos::Request::full_ro : deltos::Request::full));
  }
  const auto columns = step.value("columns", std::int64_t{-1});
  if (step.contains("format") || step.contains("dtype")) {
    return name(step, deltos::Table::from_views(views, columns, element_type(step)));
  }
  name(step, deltos::Table::from_views(views, columns));
}

void Operations::open_table(const Json &step) {
  if (const auto *storage = std::get_if<deltos::Storage>(&named(step, "from"))) {
    return name(step, storage->table(text(step, "name")));
  }
  name(step, reader(step).table(text(step, "name")));
}

void Operations::table_info(const Json &step) {
  const deltos::TableInfo info = the<deltos::Table>(step, "table").table_info();
  expect(step, {{"format", info.format},
                {"dtype", word_of(kDtypes, info.dtype)},
                {"rows", info.rows},
                {"columns", info.columns},
                {"itemsize", info.itemsize},
                {"exports", info.exports},
                {"readonly", info.readonly},
                {"ragged", info.ragged},
                {"stored", info.stored},
                {"sealed", info.sealed}});
}

// Through the C interface: TableRows is for element types that are known when the program is compiled.
void Operations::table_rows(const Json &step) {
  const deltos::Table &table = the<deltos::Table>(step, "table");
  const deltos::TableInfo info = table.table_info();
  deltos_view *pin = nullptr;
  void *const *pointers = nullptr;
  const std::int64_t *lengths = nullptr;
  deltos_error error;
  const std::uint8_t is_writing = step.value("writable", false) ? 1 : 0;
  if (deltos_table_rows(table.get(), is_writing, &pin, &pointers, &lengths, &error) != DELTOS_OK) {
    throw deltos::Exception(deltos::Error(error));
  }
  deltos::View kept(pin);
  Json rows = Json::array();
  for (std::int64_t row = 0; row < info.rows; ++row) {
    const std::size_t size = static_cast<std::size_t>(lengths[row]) * info.itemsize;
    rows.push_back(digits_of({static_cast<const std::byte *>(pointers[row]), size}));
  }
  expect(step, {{"lengths", list_of({lengths, static_cast<std::size_t>(info.rows)})}});
  Json expected = Json::array();
  for (const Json &data : step.value("rows", Json::array())) expected.push_back(digits_of(bytes_of(data)));
  if (step.contains("rows") && expected != rows) throw differ("rows", expected, rows);
  name(step, std::move(kept));
}

void Operations::table_row(const Json &step) {
  const deltos::Request request = flags_of(step, kRequests, deltos::Request::full_ro);
  name(step, the<deltos::Table>(step, "table").row(step.at("row").get<std::int64_t>(), request));
}

void Operations::to_dense(const Json &step) { name(step, the<deltos::Table>(step, "table").to_dense()); }
void Operations::reinterpret(const Json &step) { the<deltos::Table>(step, "table").reinterpret(element_type(step)); }
void Operations::make_readonly(const Json &step) { the<deltos::Table>(step, "table").make_readonly(); }

}  // namespace conformance
