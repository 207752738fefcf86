/* Fields of records: read in place by the offsets that the file tells when it is opened, against an array of a struct
 * that the compiler knows; and building a table from columns, against the loop that fills such an array. */
#define _GNU_SOURCE
#include "bench.h"

enum { ROWS = 10000 };

struct tree {
  double height;
  int32_t id;
  uint8_t kind;
  int64_t planted;
};

struct both {
  struct tree *plain;
  const char *rows;
  int64_t step;
  uint64_t height, id;
  uint32_t *order;
  double *heights;
  int32_t *ids;
  uint8_t *kinds;
  int64_t *planted;
  deltos_schema *schema;
  void *image;
  uint64_t image_bytes;
  double sum;
};

static void in_order_plain(void *user) {
  struct both *both = user;
  double sum = 0;
  for (int i = 0; i < ROWS; ++i) sum += both->plain[i].height;
  both->sum = sum;
}

static void in_order_deltos(void *user) {
  struct both *both = user;
  const char *at = both->rows + both->height;
  const int64_t step = both->step;
  double sum = 0;
  for (int i = 0; i < ROWS; ++i, at += step) sum += *(const double *)(const void *)at;
  both->sum = sum;
}

static void anywhere_plain(void *user) {
  struct both *both = user;
  double sum = 0;
  for (int i = 0; i < ROWS; ++i) {
    const struct tree *tree = &both->plain[both->order[i]];
    sum += tree->height + tree->id;
  }
  both->sum = sum;
}

static void anywhere_deltos(void *user) {
  struct both *both = user;
  const char *const rows = both->rows;
  const int64_t step = both->step;
  const uint64_t height = both->height, id = both->id;
  double sum = 0;
  for (int i = 0; i < ROWS; ++i) {
    const char *const tree = rows + both->order[i] * step;
    sum += *(const double *)(const void *)(tree + height) + *(const int32_t *)(const void *)(tree + id);
  }
  both->sum = sum;
}

static void fill_structs(void *user) {
  struct both *both = user;
  struct tree *const plain = both->plain;
  for (int i = 0; i < ROWS; ++i) {
    plain[i].height = both->heights[i];
    plain[i].id = both->ids[i];
    plain[i].kind = both->kinds[i];
    plain[i].planted = both->planted[i];
  }
}

static deltos_column column_of(const void *data, uint64_t item_size) {
  deltos_column column;
  memset(&column, 0, sizeof column);
  column.layout = DELTOS_COLUMN_FIXED;
  column.count = ROWS;
  column.data = data;
  column.item_size = item_size;
  return column;
}

static void build(struct both *both, int32_t layout) {
  deltos_error err;
  deltos_builder *builder = NULL;
  deltos_record_table_options options;
  memset(&options, 0, sizeof options);
  options.struct_size = sizeof options;
  options.layout = layout;
  must(deltos_record_table_begin(NULL, NULL, both->schema, &options, &builder, &err), &err);
  const deltos_column columns[4] = {column_of(both->heights, 8), column_of(both->ids, 4), column_of(both->kinds, 1),
                                    column_of(both->planted, 8)};
  must(deltos_record_table_add(builder, columns, NULL, 4, ROWS, &err), &err);
  uint64_t size = both->image_bytes;
  must(deltos_record_table_pack(builder, both->image, &size, &err), &err);
  deltos_builder_release(&builder);
}

static void build_rows(void *user) { build(user, DELTOS_LAYOUT_ROWS); }
static void build_columns(void *user) { build(user, DELTOS_LAYOUT_COLUMNS); }

static void *taken(size_t bytes) {
  void *const memory = aligned_alloc(64, (bytes + 63) / 64 * 64);
  must_be(memory != NULL, "allocate memory");
  return memory;
}

static void fill_columns(struct both *both) {
  uint64_t state = 1;
  both->plain = taken(ROWS * sizeof *both->plain);
  both->order = taken(ROWS * sizeof *both->order);
  both->heights = taken(ROWS * sizeof *both->heights);
  both->ids = taken(ROWS * sizeof *both->ids);
  both->kinds = taken(ROWS * sizeof *both->kinds);
  both->planted = taken(ROWS * sizeof *both->planted);
  both->image_bytes = 2 * ROWS * sizeof *both->plain;
  both->image = taken(both->image_bytes);
  for (int i = 0; i < ROWS; ++i) {
    both->order[i] = (uint32_t)(bench_random(&state) % ROWS);
    both->heights[i] = i * 0.5;
    both->ids[i] = i;
    both->kinds[i] = (uint8_t)i;
    both->planted[i] = i * INT64_C(1000);
  }
}

static void describe(struct both *both) {
  deltos_error err;
  deltos_slot slots[4];
  static const char *const names[4] = {"height", "id", "kind", "planted"}, *const formats[4] = {"d", "i", "B", "q"};
  memset(slots, 0, sizeof slots);
  for (int i = 0; i < 4; ++i) {
    slots[i].name = names[i];
    slots[i].format = formats[i];
    slots[i].type = DELTOS_TYPE_FIXED;
  }
  must(deltos_schema_make("tree", slots, 4, NULL, &both->schema, &err), &err);
}

/* As a program does that knows names only: where the slots lie, and how far apart the rows. */
static deltos_view *find_rows(struct both *both, const deltos_object *table) {
  deltos_error err;
  deltos_schema *schema = NULL;
  deltos_slot slots[4];
  deltos_view *view = NULL;
  uint64_t count = 0;
  int64_t height = 0, id = 0;
  must(deltos_schema_of(table, &schema, &err), &err);
  must(deltos_schema_slots(schema, slots, 4, &count, &err), &err);
  must(deltos_schema_find(schema, "height", &height, &err), &err);
  must(deltos_schema_find(schema, "id", &id, &err), &err);
  must(deltos_record_table_rows(table, DELTOS_VIEW_FULL_RO, &view, &err), &err);
  both->rows = view->data;
  both->step = view->strides[0];
  both->height = slots[height].offset;
  both->id = slots[id].offset;
  deltos_schema_release(&schema);
  return view;
}

int main(void) {
  struct both both;
  memset(&both, 0, sizeof both);
  fill_columns(&both);
  describe(&both);
  fill_structs(&both);
  build_rows(&both);
  deltos_error err;
  deltos_object *table = NULL;
  must(deltos_record_table_open_memory(both.image, both.image_bytes, NULL, NULL, &table, &err), &err);
  deltos_view *rows = find_rows(&both, table);
  in_order_plain(&both);
  const double expected = both.sum;
  in_order_deltos(&both);
  must_be(both.sum == expected, "read the same");
  double peer_us = 0, ours_us = 0;
  bench_title("Records, 10,000 of four fields", "struct");
  bench_pair(in_order_plain, in_order_deltos, &both, 50, &peer_us, &ours_us);
  report("read a field of each in order", peer_us, ours_us, 1.2);
  bench_pair(anywhere_plain, anywhere_deltos, &both, 50, &peer_us, &ours_us);
  report("read two fields of each in any order", peer_us, ours_us, 1.2);
  deltos_view_release(&rows);
  deltos_object_release(&table);
  bench_pair(fill_structs, build_rows, &both, 5, &peer_us, &ours_us);
  report("build a table of rows from columns", peer_us, ours_us, 0);
  bench_pair(fill_structs, build_columns, &both, 5, &peer_us, &ours_us);
  report("build a table of columns from columns", peer_us, ours_us, 0);
  deltos_schema_release(&both.schema);
  free(both.plain);
  free(both.order);
  free(both.heights);
  free(both.ids);
  free(both.kinds);
  free(both.planted);
  free(both.image);
  return 0;
}
