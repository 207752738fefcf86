-- Made by bindings/generate.py from include/deltos. Do not edit.
return [==[
typedef int32_t deltos_status;
enum 
{
  DELTOS_OK = 0,
  DELTOS_E_INVALID = -1,
  DELTOS_E_KIND = -2,
  DELTOS_E_TYPE = -3,
  DELTOS_E_RANGE = -4,
  DELTOS_E_TOO_SMALL = -5,
  DELTOS_E_NOT_FOUND = -6,
  DELTOS_E_EXISTS = -7,
  DELTOS_E_READONLY = -8,
  DELTOS_E_SEALED = -9,
  DELTOS_E_PINNED = -10,
  DELTOS_E_BUSY = -11,
  DELTOS_E_CLOSED = -12,
  DELTOS_E_STALE = -13,
  DELTOS_E_FORKED = -14,
  DELTOS_E_LAYOUT = -15,
  DELTOS_E_FORMAT = -16,
  DELTOS_E_CANCELLED = -17,
  DELTOS_E_STRUCT = -18,
  DELTOS_E_UNSUPPORTED = -19,
  DELTOS_E_DUPLICATE = -20,
  DELTOS_E_CORRUPT = -40,
  DELTOS_E_NOT_DELTOS = -41,
  DELTOS_E_FEATURE = -42,
  DELTOS_E_LIMIT = -43,
  DELTOS_E_REPLACED = -44,
  DELTOS_E_IO = -60,
  DELTOS_E_IN_DOUBT = -61,
  DELTOS_E_NO_SPACE = -62,
  DELTOS_E_NO_MEMORY = -63,
  DELTOS_E_ADDRESS_SPACE = -64,
  DELTOS_E_FILESYSTEM = -65,
  DELTOS_E_LOCKED = -66,
  DELTOS_E_INTERNAL = -90
};
typedef struct deltos_error
{
  int32_t status;
  int32_t os_errno;
  uint64_t object_id;
  char message[496];
} deltos_error;
const char *deltos_status_name(int32_t status);
const char *deltos_version(void);
uint32_t deltos_abi_version(void);
typedef struct deltos_storage deltos_storage;
typedef struct deltos_snapshot deltos_snapshot;
typedef struct deltos_transaction deltos_transaction;
typedef struct deltos_object deltos_object;
typedef struct deltos_cursor deltos_cursor;
typedef struct deltos_builder deltos_builder;
typedef struct deltos_schema deltos_schema;
typedef int32_t (*deltos_progress)(uint64_t done, uint64_t total, void *user);
typedef void (*deltos_release)(void *user);
enum 
{
  DELTOS_KIND_ANY = 0,
  DELTOS_KIND_BUFFER = 1,
  DELTOS_KIND_ARRAY = 2,
  DELTOS_KIND_TABLE = 3,
  DELTOS_KIND_VALUE = 4,
  DELTOS_KIND_RECORD_TABLE = 5,
  DELTOS_KIND_HASH_MAP = 6,
  DELTOS_KIND_SORTED_MAP = 7
};
enum 
{
  DELTOS_DTYPE_OTHER = 0,
  DELTOS_DTYPE_BOOL = 1,
  DELTOS_DTYPE_I8 = 2,
  DELTOS_DTYPE_I16 = 3,
  DELTOS_DTYPE_I32 = 4,
  DELTOS_DTYPE_I64 = 5,
  DELTOS_DTYPE_U8 = 6,
  DELTOS_DTYPE_U16 = 7,
  DELTOS_DTYPE_U32 = 8,
  DELTOS_DTYPE_U64 = 9,
  DELTOS_DTYPE_F16 = 10,
  DELTOS_DTYPE_F32 = 11,
  DELTOS_DTYPE_F64 = 12,
  DELTOS_DTYPE_C64 = 13,
  DELTOS_DTYPE_C128 = 14,
  DELTOS_DTYPE_BYTES = 15,
  DELTOS_DTYPE_UCS4 = 16,
  DELTOS_DTYPE_STRUCT = 17,
  DELTOS_DTYPE_BF16 = 18,
  DELTOS_DTYPE_F8_E4M3 = 19,
  DELTOS_DTYPE_F8_E5M2 = 20
};
typedef struct deltos_bytes
{
  const void *data;
  uint64_t size;
} deltos_bytes;
enum 
{
  DELTOS_KEY_BYTES = 0,
  DELTOS_KEY_UTF8 = 1,
  DELTOS_KEY_U64 = 2,
  DELTOS_KEY_VALUE = 3
};
enum 
{
  DELTOS_COLUMN_FIXED = 0,
  DELTOS_COLUMN_OFFSETS = 1,
  DELTOS_COLUMN_SLICES = 2
};
typedef struct deltos_column
{
  int32_t layout;
  int32_t dtype;
  uint64_t count;
  const void *data;
  const int64_t *offsets;
  uint64_t item_size;
  int64_t stride;
} deltos_column;
enum 
{
  DELTOS_MODE_READ = 0,
  DELTOS_MODE_IN_PLACE = 1,
  DELTOS_MODE_WRITE = 2,
  DELTOS_MODE_STATIC = 3
};
enum 
{
  DELTOS_CREATE_NEVER = 0,
  DELTOS_CREATE_IF_ABSENT = 1,
  DELTOS_CREATE_NEW = 2,
  DELTOS_CREATE_REPLACE = 3
};
enum 
{
  DELTOS_OPEN_SIGBUS_GUARD = 1,
  DELTOS_OPEN_VERIFY = 2,
  DELTOS_OPEN_ROLLBACK = 4,
  DELTOS_OPEN_REDIRTY = 8,
  DELTOS_OPEN_COPY = 16,
  DELTOS_OPEN_NO_TRIM = 32,
  DELTOS_OPEN_FORCE = 64,
  DELTOS_OPEN_SPARSE = 128,
  DELTOS_OPEN_COMPRESS = 256
};
typedef struct deltos_open_options
{
  uint32_t struct_size;
  int32_t mode;
  int32_t create;
  uint32_t flags;
  uint64_t offset;
  uint64_t size;
  uint64_t reserve_bytes;
  uint64_t max_file_bytes;
  uint64_t auto_sync_bytes;
  deltos_progress progress;
  void *progress_user;
} deltos_open_options;
deltos_status deltos_storage_open(const char *path, const deltos_open_options *options, deltos_storage **storage, deltos_error *err);
deltos_status deltos_storage_open_fd(int32_t fd, const deltos_open_options *options, deltos_storage **storage, deltos_error *err);
deltos_status deltos_storage_open_anonymous(const char *label, const deltos_open_options *options, deltos_storage **storage, deltos_error *err);
deltos_status deltos_storage_open_memory(const void *data, uint64_t size, const deltos_open_options *options, deltos_release release, void *user, deltos_storage **storage, deltos_error *err);
deltos_status deltos_storage_fd(const deltos_storage *storage, int32_t *fd, deltos_error *err);
deltos_status deltos_storage_close(deltos_storage **storage, deltos_error *err);
void deltos_storage_detach(deltos_storage **storage);
deltos_status deltos_storage_sync(deltos_storage *storage, deltos_error *err);
typedef struct deltos_storage_info
{
  uint32_t struct_size;
  int32_t mode;
  uint32_t format_major;
  uint32_t format_minor;
  uint64_t file_bytes;
  uint64_t allocated_bytes;
  uint64_t live_bytes;
  uint64_t reusable_bytes;
  uint64_t pinned_bytes;
  uint64_t object_count;
  uint64_t transaction_id;
  uint64_t durable_id;
  uint64_t oldest_pin;
  uint64_t snapshot_count;
  uint64_t view_count;
  uint8_t uuid[16];
  uint8_t io_failed;
  uint8_t lost;
  uint8_t unaligned;
  uint8_t sparse;
  uint8_t reserved[4];
} deltos_storage_info;
deltos_status deltos_storage_stat(const deltos_storage *storage, deltos_storage_info *info, deltos_error *err);
enum 
{
  DELTOS_VERIFY_STRUCT = 0,
  DELTOS_VERIFY_FULL = 1
};
typedef struct deltos_finding
{
  int32_t status;
  uint32_t reserved;
  uint64_t object_id;
  uint64_t file_offset;
  char message[232];
} deltos_finding;
deltos_status deltos_storage_verify(deltos_storage *storage, int32_t level, deltos_progress progress, void *user, deltos_finding *findings, uint64_t capacity, uint64_t *count, deltos_error *err);
typedef struct deltos_pin
{
  uint64_t object_id;
  uint64_t transaction_id;
  uint64_t bytes;
  uint32_t view_count;
  uint8_t writable;
  uint8_t reserved[3];
  char name[224];
} deltos_pin;
deltos_status deltos_storage_pins(const deltos_storage *storage, deltos_pin *pins, uint64_t capacity, uint64_t *count, deltos_error *err);
deltos_status deltos_snapshot_begin(deltos_storage *storage, deltos_snapshot **snapshot, deltos_error *err);
uint64_t deltos_snapshot_id(const deltos_snapshot *snapshot);
deltos_status deltos_snapshot_refresh(deltos_snapshot **snapshot, uint8_t *changed, deltos_error *err);
void deltos_snapshot_release(deltos_snapshot **snapshot);
enum 
{
  DELTOS_COPY_REPLACE = 1
};
typedef struct deltos_copy_options
{
  uint32_t struct_size;
  uint32_t flags;
  deltos_progress progress;
  void *progress_user;
} deltos_copy_options;
deltos_status deltos_snapshot_copy_to(const deltos_snapshot *snapshot, const char *path, const deltos_copy_options *options, deltos_error *err);
deltos_status deltos_snapshot_compact_to(const deltos_snapshot *snapshot, const char *path, const deltos_copy_options *options, deltos_error *err);
enum 
{
  DELTOS_SYNC = 0,
  DELTOS_LAZY = 1,
  DELTOS_ASYNC = 2
};
deltos_status deltos_transaction_begin(deltos_storage *storage, deltos_transaction **transaction, deltos_error *err);
const deltos_snapshot *deltos_transaction_snapshot(const deltos_transaction *transaction);
deltos_status deltos_transaction_commit(deltos_transaction **transaction, int32_t durability, uint64_t *id, deltos_error *err);
void deltos_transaction_abort(deltos_transaction **transaction);
deltos_status deltos_transaction_rename(deltos_transaction *transaction, const char *from, const char *to, uint8_t replace, deltos_error *err);
deltos_status deltos_transaction_delete(deltos_transaction *transaction, const char *name, deltos_error *err);
deltos_status deltos_transaction_delete_prefix(deltos_transaction *transaction, const char *prefix, uint64_t *count, deltos_error *err);
typedef struct deltos_object_info
{
  uint32_t struct_size;
  int32_t kind;
  int32_t dtype;
  int32_t ndim;
  uint8_t sealed;
  uint8_t writable;
  uint8_t current;
  uint8_t stored;
  uint32_t reserved;
  uint64_t id;
  uint64_t count;
  uint64_t itemsize;
  uint64_t payload_bytes;
  uint64_t created_id;
  uint64_t changed_id;
  const char *name;
  const char *format;
  const int64_t *shape;
} deltos_object_info;
deltos_status deltos_object_open(const deltos_snapshot *snapshot, const char *name, int32_t kind, deltos_object **object, deltos_error *err);
deltos_status deltos_object_open_id(const deltos_snapshot *snapshot, uint64_t id, int32_t kind, deltos_object **object, deltos_error *err);
deltos_status deltos_object_open_newest(deltos_storage *storage, const char *name, int32_t kind, deltos_object **object, deltos_error *err);
deltos_status deltos_object_refresh(deltos_object **object, uint8_t *changed, deltos_error *err);
deltos_status deltos_object_stat(const deltos_object *object, deltos_object_info *info, deltos_error *err);
void deltos_object_release(deltos_object **object);
deltos_status deltos_object_seal(deltos_transaction *transaction, deltos_object *object, deltos_error *err);
deltos_status deltos_object_unseal(deltos_transaction *transaction, deltos_object *object, deltos_error *err);
deltos_status deltos_object_file_offset(const deltos_object *object, uint64_t *offset, deltos_error *err);
enum 
{
  DELTOS_ADVICE_NORMAL = 0,
  DELTOS_ADVICE_RANDOM = 1,
  DELTOS_ADVICE_SEQUENTIAL = 2,
  DELTOS_ADVICE_WILL_NEED = 3,
  DELTOS_ADVICE_DONT_NEED = 4,
  DELTOS_ADVICE_PREFAULT = 5
};
deltos_status deltos_object_advise(const deltos_object *object, int32_t advice, deltos_error *err);
typedef struct deltos_entry
{
  const char *name;
  uint64_t id;
  int32_t kind;
  uint32_t is_prefix;
  uint64_t payload_bytes;
} deltos_entry;
enum 
{
  DELTOS_LIST_ALL = 0,
  DELTOS_LIST_ONE_LEVEL = 1
};
deltos_status deltos_snapshot_list(const deltos_snapshot *snapshot, const char *prefix, int32_t depth, deltos_cursor **cursor, deltos_error *err);
deltos_status deltos_cursor_next_entries(deltos_cursor *cursor, deltos_entry *entries, uint64_t capacity, uint64_t *count, deltos_error *err);
void deltos_cursor_release(deltos_cursor **cursor);
typedef struct deltos_view
{
  uint32_t struct_size;
  int32_t ndim;
  int32_t dtype;
  uint8_t readonly;
  uint8_t sealed;
  uint16_t reserved;
  void *data;
  uint64_t nbytes;
  uint64_t itemsize;
  const char *format;
  const int64_t *shape;
  const int64_t *strides;
  const int64_t *suboffsets;
  void *owner;
} deltos_view;
enum 
{
  DELTOS_VIEW_SIMPLE = 0x0,
  DELTOS_VIEW_WRITABLE = 0x1,
  DELTOS_VIEW_FORMAT = 0x4,
  DELTOS_VIEW_ND = 0x8,
  DELTOS_VIEW_STRIDES = 0x18,
  DELTOS_VIEW_C = 0x38,
  DELTOS_VIEW_F = 0x58,
  DELTOS_VIEW_ANY = 0x98,
  DELTOS_VIEW_INDIRECT = 0x118,
  DELTOS_VIEW_FULL_RO = 0x11c,
  DELTOS_VIEW_FULL = 0x11d
};
deltos_status deltos_view_acquire(const deltos_object *object, int32_t flags, deltos_view **view, deltos_error *err);
deltos_status deltos_view_wrap(const deltos_view *layout, deltos_release release, void *user, deltos_view **view, deltos_error *err);
deltos_status deltos_view_share(const deltos_view *view, int32_t flags, deltos_view **out, deltos_error *err);
void deltos_view_release(deltos_view **view);
typedef struct deltos_slice
{
  int64_t start;
  int64_t stop;
  int64_t step;
  uint32_t flags;
  uint32_t reserved;
} deltos_slice;
enum 
{
  DELTOS_SLICE_NO_START = 1,
  DELTOS_SLICE_NO_STOP = 2,
  DELTOS_SLICE_INDEX = 4
};
deltos_status deltos_view_slice(const deltos_view *view, const deltos_slice *slices, int32_t count, deltos_view **out, deltos_error *err);
deltos_status deltos_view_window(const deltos_view *view, int64_t offset, int64_t length, deltos_view **out, deltos_error *err);
deltos_status deltos_view_transpose(const deltos_view *view, const int32_t *axes, deltos_view **out, deltos_error *err);
deltos_status deltos_view_reshape(const deltos_view *view, int32_t ndim, const int64_t *shape, deltos_view **out, deltos_error *err);
deltos_status deltos_view_cast(const deltos_view *view, const char *format, int32_t dtype, deltos_view **out, deltos_error *err);
enum 
{
  DELTOS_CONTIGUOUS_C = 1,
  DELTOS_CONTIGUOUS_F = 2
};
deltos_status deltos_view_contiguity(const deltos_view *view, int32_t *contiguity, deltos_error *err);
deltos_status deltos_view_copy(const deltos_view *target, const deltos_view *source, deltos_error *err);
typedef struct deltos_format_info
{
  uint32_t struct_size;
  int32_t dtype;
  uint64_t itemsize;
  uint64_t alignment;
} deltos_format_info;
deltos_status deltos_format_describe(const char *format, deltos_format_info *info, char *canonical, uint64_t *canonical_size, deltos_error *err);
typedef struct deltos_array_options
{
  uint32_t struct_size;
  int32_t create;
  uint32_t flags;
  uint32_t reserved;
  uint64_t capacity;
  uint64_t window_bytes;
  uint64_t max_bytes;
} deltos_array_options;
deltos_status deltos_array_create(deltos_transaction *transaction, const char *name, const char *format, int32_t dtype, const deltos_array_options *options, deltos_object **array, deltos_error *err);
deltos_status deltos_array_open_file(const char *path, const char *format, int32_t dtype, int32_t mode, const deltos_array_options *options, deltos_object **array, deltos_error *err);
deltos_status deltos_array_open_anonymous(const char *format, int32_t dtype, const deltos_array_options *options, deltos_object **array, deltos_error *err);
deltos_status deltos_array_open_fd(int32_t fd, int32_t mode, const deltos_array_options *options, deltos_object **array, deltos_error *err);
deltos_status deltos_array_fd(const deltos_object *array, int32_t *fd, deltos_error *err);
uint64_t deltos_array_count(const deltos_object *array);
uint64_t deltos_array_capacity(const deltos_object *array);
deltos_status deltos_array_append(deltos_object *array, const void *items, uint64_t count, deltos_error *err);
deltos_status deltos_array_tail(deltos_object *array, uint64_t count, void **tail, uint64_t *room, deltos_error *err);
deltos_status deltos_array_advance(deltos_object *array, uint64_t count, deltos_error *err);
deltos_status deltos_array_extend(deltos_object *array, const deltos_view *items, deltos_error *err);
deltos_status deltos_array_insert(deltos_object *array, int64_t index, const void *items, uint64_t count, deltos_error *err);
deltos_status deltos_array_remove(deltos_object *array, int64_t index, uint64_t count, void *removed, deltos_error *err);
deltos_status deltos_array_resize(deltos_object *array, uint64_t count, deltos_error *err);
deltos_status deltos_array_reserve(deltos_object *array, uint64_t capacity, deltos_error *err);
deltos_status deltos_array_shrink(deltos_object *array, deltos_error *err);
deltos_status deltos_array_clear(deltos_object *array, deltos_error *err);
deltos_status deltos_array_reverse(deltos_object *array, deltos_error *err);
deltos_status deltos_array_byteswap(deltos_object *array, deltos_error *err);
deltos_status deltos_array_flush(deltos_object *array, uint8_t durable, deltos_error *err);
deltos_status deltos_array_close(deltos_object **array, deltos_error *err);
enum 
{
  DELTOS_VALUE_NULL = 0,
  DELTOS_VALUE_BOOL = 1,
  DELTOS_VALUE_INT = 2,
  DELTOS_VALUE_UINT = 3,
  DELTOS_VALUE_FLOAT = 4,
  DELTOS_VALUE_BYTES = 5,
  DELTOS_VALUE_UTF8 = 6,
  DELTOS_VALUE_LIST = 7,
  DELTOS_VALUE_TUPLE = 8,
  DELTOS_VALUE_SET = 9,
  DELTOS_VALUE_DICT = 10,
  DELTOS_VALUE_DATE = 11,
  DELTOS_VALUE_DATETIME = 12,
  DELTOS_VALUE_DECIMAL = 13,
  DELTOS_VALUE_NDARRAY = 14,
  DELTOS_VALUE_RECORD = 15,
  DELTOS_VALUE_REFERENCE = 16,
  DELTOS_VALUE_END = 17,
  DELTOS_VALUE_SHARE = 18
};
enum 
{
  DELTOS_DECIMAL_FINITE = 0,
  DELTOS_DECIMAL_INFINITE = 1,
  DELTOS_DECIMAL_NAN = 2,
  DELTOS_DECIMAL_SIGNALLING_NAN = 3
};
enum 
{
  DELTOS_VALUE_NO_ZONE = 2147483647
};
typedef struct deltos_item
{
  int32_t kind;
  int32_t detail;
  uint64_t node;
  uint64_t count;
  int64_t i64;
  uint64_t u64;
  double f64;
  const void *data;
} deltos_item;
deltos_status deltos_value_open_memory(const void *data, uint64_t size, deltos_release release, void *user, deltos_object **value, deltos_error *err);
deltos_status deltos_value_read(const deltos_object *value, uint64_t node, deltos_item *item, deltos_error *err);
deltos_status deltos_value_children(const deltos_object *value, uint64_t node, uint64_t first, deltos_item *items, uint64_t capacity, uint64_t *count, deltos_error *err);
deltos_status deltos_value_find(const deltos_object *value, uint64_t node, const deltos_item *key, const deltos_object *keys, deltos_item *found, deltos_error *err);
deltos_status deltos_value_view(const deltos_object *value, uint64_t node, int32_t flags, deltos_view **view, deltos_error *err);
deltos_status deltos_value_hash(const deltos_object *value, uint64_t node, uint64_t *hash, deltos_error *err);
deltos_status deltos_value_equal(const deltos_object *a, uint64_t node_a, const deltos_object *b, uint64_t node_b, uint8_t *equal, deltos_error *err);
enum 
{
  DELTOS_JSON_COMPACT = 0,
  DELTOS_JSON_INDENT = 1,
  DELTOS_JSON_ASCII = 2
};
deltos_status deltos_value_to_json(const deltos_object *value, uint64_t node, int32_t flags, char *text, uint64_t *size, deltos_error *err);
deltos_status deltos_value_builder_begin(deltos_builder **builder, deltos_error *err);
deltos_status deltos_value_builder_put(deltos_builder *builder, const deltos_item *items, uint64_t count, deltos_error *err);
deltos_status deltos_value_builder_put_view(deltos_builder *builder, const deltos_view *array, uint64_t node, deltos_error *err);
deltos_status deltos_value_builder_put_json(deltos_builder *builder, const char *text, uint64_t size, deltos_error *err);
deltos_status deltos_value_builder_pack(deltos_builder *builder, void *data, uint64_t *size, deltos_error *err);
deltos_status deltos_value_builder_store(deltos_builder *builder, deltos_transaction *transaction, const char *name, deltos_object **value, deltos_error *err);
void deltos_builder_release(deltos_builder **builder);
enum 
{
  DELTOS_TYPE_FIXED = 0,
  DELTOS_TYPE_DATE = 1,
  DELTOS_TYPE_DATETIME = 2,
  DELTOS_TYPE_BYTES = 3,
  DELTOS_TYPE_UTF8 = 4,
  DELTOS_TYPE_LIST = 5,
  DELTOS_TYPE_TUPLE = 6,
  DELTOS_TYPE_SET = 7,
  DELTOS_TYPE_DICT = 8,
  DELTOS_TYPE_DECIMAL = 9,
  DELTOS_TYPE_NDARRAY = 10,
  DELTOS_TYPE_VALUE = 11,
  DELTOS_TYPE_RECORD = 12
};
enum 
{
  DELTOS_SLOT_NULLABLE = 1,
  DELTOS_SLOT_OPTIONAL = 2,
  DELTOS_SLOT_WRITABLE = 4,
  DELTOS_SLOT_UTC = 8
};
typedef struct deltos_slot
{
  const char *name;
  const char *format;
  const deltos_schema *schema;
  int32_t type;
  int32_t dtype;
  uint32_t flags;
  int32_t parent;
  int32_t valid_bit;
  int32_t null_bit;
  uint64_t offset;
  uint64_t size;
} deltos_slot;
typedef struct deltos_schema_options
{
  uint32_t struct_size;
  uint32_t version;
  uint32_t min_reader;
  uint32_t reserved;
  const void *metadata;
  uint64_t metadata_size;
} deltos_schema_options;
typedef struct deltos_schema_info
{
  uint32_t struct_size;
  uint32_t version;
  uint32_t min_reader;
  uint32_t presence_bits;
  const char *name;
  const void *metadata;
  uint64_t metadata_size;
  uint64_t slots;
  uint64_t row_bytes;
  uint64_t alignment;
  uint64_t presence_offset;
} deltos_schema_info;
deltos_status deltos_schema_make(const char *name, const deltos_slot *slots, uint64_t count, const deltos_schema_options *options, deltos_schema **schema, deltos_error *err);
deltos_status deltos_schema_of(const deltos_object *table, deltos_schema **schema, deltos_error *err);
deltos_status deltos_schema_stat(const deltos_schema *schema, deltos_schema_info *info, deltos_error *err);
deltos_status deltos_schema_slots(const deltos_schema *schema, deltos_slot *slots, uint64_t capacity, uint64_t *count, deltos_error *err);
deltos_status deltos_schema_find(const deltos_schema *schema, const char *name, int64_t *index, deltos_error *err);
deltos_status deltos_schema_nested(const deltos_schema *schema, uint64_t slot, deltos_schema **nested, deltos_error *err);
deltos_status deltos_schema_check(const deltos_schema *reader, const deltos_schema *writer, deltos_error *err);
deltos_status deltos_schema_pack(const deltos_schema *schema, void *data, uint64_t *size, deltos_error *err);
deltos_status deltos_schema_unpack(const void *data, uint64_t size, deltos_schema **schema, deltos_error *err);
void deltos_schema_release(deltos_schema **schema);
enum 
{
  DELTOS_LAYOUT_ROWS = 0,
  DELTOS_LAYOUT_COLUMNS = 1
};
enum 
{
  DELTOS_PRESENT = 0,
  DELTOS_NULL = 1,
  DELTOS_UNSET = 2
};
typedef struct deltos_record_table_options
{
  uint32_t struct_size;
  int32_t layout;
  uint64_t memory_bytes;
  const char *spill_directory;
  deltos_progress progress;
  void *progress_user;
} deltos_record_table_options;
deltos_status deltos_record_table_begin(deltos_transaction *transaction, const char *name, const deltos_schema *schema, const deltos_record_table_options *options, deltos_builder **builder, deltos_error *err);
deltos_status deltos_record_table_add(deltos_builder *builder, const deltos_column *columns, const uint8_t * const *presence, uint64_t slot_count, uint64_t rows, deltos_error *err);
deltos_status deltos_record_table_finish(deltos_builder *builder, deltos_object **table, deltos_error *err);
deltos_status deltos_record_table_pack(deltos_builder *builder, void *data, uint64_t *size, deltos_error *err);
deltos_status deltos_record_table_open_memory(const void *data, uint64_t size, deltos_release release, void *user, deltos_object **table, deltos_error *err);
typedef struct deltos_record_table_info
{
  uint32_t struct_size;
  int32_t layout;
  uint64_t rows;
  uint64_t slots;
  uint64_t row_bytes;
  uint64_t heap_bytes;
  uint64_t image_bytes;
  uint8_t sealed;
  uint8_t writable;
  uint16_t reserved16;
  uint32_t reserved;
} deltos_record_table_info;
deltos_status deltos_record_table_stat(const deltos_object *table, deltos_record_table_info *info, deltos_error *err);
deltos_status deltos_record_table_read(const deltos_object *table, uint64_t row, uint64_t slot, deltos_item *item, deltos_error *err);
deltos_status deltos_record_table_value(const deltos_object *table, uint64_t row, uint64_t slot, deltos_object **value, deltos_error *err);
deltos_status deltos_record_table_rows(const deltos_object *table, int32_t flags, deltos_view **view, deltos_error *err);
deltos_status deltos_record_table_heap(const deltos_object *table, int32_t flags, deltos_view **view, deltos_error *err);
deltos_status deltos_record_table_column(const deltos_object *table, uint64_t slot, int32_t flags, deltos_view **view, deltos_view **offsets, deltos_error *err);
enum 
{
  DELTOS_PRESENCE_VALID = 0,
  DELTOS_PRESENCE_NULL = 1
};
deltos_status deltos_record_table_presence(const deltos_object *table, uint64_t slot, int32_t which, int32_t flags, deltos_view **view, deltos_error *err);
deltos_status deltos_record_table_verify(const deltos_object *table, deltos_progress progress, void *user, deltos_error *err);
typedef struct ArrowSchema deltos_arrow_schema;
typedef struct ArrowArray deltos_arrow_array;
typedef struct ArrowArrayStream deltos_arrow_stream;
deltos_status deltos_view_to_arrow(const deltos_view *view, deltos_arrow_schema *schema, deltos_arrow_array *array, deltos_error *err);
deltos_status deltos_object_to_arrow(const deltos_object *object, deltos_arrow_schema *schema, deltos_arrow_array *array, deltos_error *err);
deltos_status deltos_record_table_to_arrow_stream(const deltos_object *table, deltos_arrow_stream *stream, deltos_error *err);
deltos_status deltos_record_table_from_arrow(deltos_transaction *transaction, const char *name, deltos_arrow_stream *stream, const deltos_record_table_options *options, deltos_builder **builder, deltos_error *err);
deltos_status deltos_buffer_create(deltos_transaction *transaction, const char *name, const deltos_view *content, deltos_object **buffer, deltos_error *err);
deltos_status deltos_buffer_create_zeroed(deltos_transaction *transaction, const char *name, const char *format, int32_t dtype, int32_t ndim, const int64_t *shape, deltos_object **buffer, deltos_error *err);
deltos_status deltos_buffer_replace(deltos_transaction *transaction, const deltos_object *old, const deltos_view *content, deltos_object **buffer, deltos_error *err);
deltos_status deltos_view_fill(const deltos_view *target, const void *item, uint64_t size, deltos_error *err);
deltos_status deltos_view_equal(const deltos_view *a, const deltos_view *b, uint8_t *equal, deltos_error *err);
enum 
{
  DELTOS_COMPARE_LESS = -1,
  DELTOS_COMPARE_EQUAL = 0,
  DELTOS_COMPARE_GREATER = 1,
  DELTOS_COMPARE_UNORDERED = 2
};
deltos_status deltos_view_compare(const deltos_view *a, const deltos_view *b, int32_t *order, deltos_error *err);
deltos_status deltos_view_find(const deltos_view *view, const void *item, uint64_t size, int64_t from, int64_t *index, deltos_error *err);
deltos_status deltos_view_count(const deltos_view *view, const void *item, uint64_t size, uint64_t *count, deltos_error *err);
deltos_status deltos_view_gather(const deltos_view *source, const int64_t *rows, uint64_t count, const deltos_view *target, deltos_error *err);
deltos_status deltos_view_read_fd(const deltos_view *target, int32_t fd, int64_t file_offset, uint64_t *bytes, deltos_error *err);
deltos_status deltos_view_write_fd(const deltos_view *source, int32_t fd, int64_t file_offset, uint64_t *bytes, deltos_error *err);
deltos_status deltos_view_get_i64(const deltos_view *view, const int64_t *index, int64_t *value, deltos_error *err);
deltos_status deltos_view_get_u64(const deltos_view *view, const int64_t *index, uint64_t *value, deltos_error *err);
deltos_status deltos_view_get_f64(const deltos_view *view, const int64_t *index, double *value, deltos_error *err);
deltos_status deltos_view_get_bytes(const deltos_view *view, const int64_t *index, void *item, uint64_t size, deltos_error *err);
deltos_status deltos_view_set_i64(const deltos_view *view, const int64_t *index, int64_t value, deltos_error *err);
deltos_status deltos_view_set_u64(const deltos_view *view, const int64_t *index, uint64_t value, deltos_error *err);
deltos_status deltos_view_set_f64(const deltos_view *view, const int64_t *index, double value, deltos_error *err);
deltos_status deltos_view_set_bytes(const deltos_view *view, const int64_t *index, const void *item, uint64_t size, deltos_error *err);
enum 
{
  DELTOS_MEMORY_RELAXED = 0,
  DELTOS_MEMORY_ACQUIRE = 1,
  DELTOS_MEMORY_RELEASE = 2,
  DELTOS_MEMORY_ACQ_REL = 3,
  DELTOS_MEMORY_SEQ_CST = 4
};
deltos_status deltos_view_atomic_load(const deltos_view *view, const int64_t *index, int32_t order, void *value, uint64_t size, deltos_error *err);
deltos_status deltos_view_atomic_store(const deltos_view *view, const int64_t *index, int32_t order, const void *value, uint64_t size, deltos_error *err);
deltos_status deltos_view_atomic_add(const deltos_view *view, const int64_t *index, int32_t order, const void *summand, void *previous, uint64_t size, deltos_error *err);
deltos_status deltos_view_atomic_compare_exchange(const deltos_view *view, const int64_t *index, int32_t order, void *expected, const void *desired, uint64_t size, uint8_t *exchanged, deltos_error *err);
enum 
{
  DELTOS_MAP_VALUE_U64 = 0,
  DELTOS_MAP_VALUE_BYTES = 1,
  DELTOS_MAP_VALUE_UTF8 = 2,
  DELTOS_MAP_VALUE_VALUE = 3,
  DELTOS_MAP_VALUE_RECORD = 4
};
enum 
{
  DELTOS_MAP_SIMPLE = 0,
  DELTOS_MAP_MULTI = 1,
  DELTOS_MAP_APPROXIMATE = 2
};
enum 
{
  DELTOS_DUPLICATE_ERROR = 0,
  DELTOS_DUPLICATE_FIRST = 1,
  DELTOS_DUPLICATE_LAST = 2
};
enum 
{
  DELTOS_HASH_MAP_DEDUPLICATE = 1
};
typedef struct deltos_hash_map_options
{
  uint32_t struct_size;
  int32_t key;
  int32_t value;
  int32_t shape;
  int32_t duplicates;
  uint32_t flags;
  uint32_t threads;
  uint32_t reserved;
  uint64_t memory_bytes;
  const char *spill_directory;
  const deltos_schema *schema;
  deltos_progress progress;
  void *progress_user;
} deltos_hash_map_options;
deltos_status deltos_hash_map_begin(const deltos_storage *storage, const deltos_hash_map_options *options, deltos_builder **builder, deltos_error *err);
deltos_status deltos_hash_map_add(deltos_builder *builder, const deltos_column *keys, const deltos_column *values, deltos_error *err);
deltos_status deltos_hash_map_add_records(deltos_builder *builder, const deltos_column *keys, const deltos_column *columns, const uint8_t * const *presence, uint64_t slot_count, deltos_error *err);
deltos_status deltos_hash_map_add_map(deltos_builder *builder, const deltos_object *map, deltos_error *err);
deltos_status deltos_hash_map_prepare(deltos_builder *builder, deltos_error *err);
enum 
{
  DELTOS_HASH_MAP_REPLACE = 1
};
deltos_status deltos_hash_map_finish(deltos_builder *builder, deltos_transaction *transaction, const char *name, uint32_t flags, deltos_object **map, deltos_error *err);
deltos_status deltos_hash_map_pack(deltos_builder *builder, void *data, uint64_t *size, deltos_error *err);
deltos_status deltos_hash_map_open_memory(const void *data, uint64_t size, deltos_release release, void *user, deltos_object **map, deltos_error *err);
typedef struct deltos_hash_map_info
{
  uint32_t struct_size;
  int32_t key;
  int32_t value;
  int32_t shape;
  uint64_t keys;
  uint64_t pairs;
  uint64_t index_bytes;
  uint64_t image_bytes;
} deltos_hash_map_info;
deltos_status deltos_hash_map_stat(const deltos_object *map, deltos_hash_map_info *info, deltos_error *err);
typedef struct deltos_map_entry
{
  deltos_bytes key;
  deltos_bytes value;
  uint64_t number;
  uint64_t count;
  uint64_t run;
} deltos_map_entry;
deltos_status deltos_hash_map_find(const deltos_object *map, const void *key, uint64_t size, deltos_map_entry *entry, deltos_error *err);
deltos_status deltos_hash_map_get(const deltos_object *map, const void *key, uint64_t size, deltos_bytes *value, deltos_error *err);
deltos_status deltos_hash_map_get_number(const deltos_object *map, const void *key, uint64_t size, uint64_t *number, uint8_t *present, deltos_error *err);
deltos_status deltos_hash_map_find_many(const deltos_object *map, const deltos_column *keys, deltos_map_entry *entries, uint8_t *present, uint64_t *hits, deltos_error *err);
deltos_status deltos_hash_map_get_many(const deltos_object *map, const deltos_column *keys, deltos_bytes *values, uint64_t *hits, deltos_error *err);
deltos_status deltos_hash_map_get_many_numbers(const deltos_object *map, const deltos_column *keys, uint64_t absent, uint64_t *numbers, uint8_t *present, uint64_t *hits, deltos_error *err);
deltos_status deltos_hash_map_values(const deltos_object *map, const deltos_map_entry *entry, uint64_t first, deltos_bytes *values, uint64_t capacity, uint64_t *count, deltos_error *err);
deltos_status deltos_hash_map_numbers(const deltos_object *map, const deltos_map_entry *entry, uint64_t first, uint64_t *numbers, uint64_t capacity, uint64_t *count, deltos_error *err);
deltos_status deltos_hash_map_value(const deltos_object *map, const deltos_map_entry *entry, uint64_t index, deltos_object **value, deltos_error *err);
deltos_status deltos_hash_map_entries(const deltos_object *map, uint64_t *position, deltos_map_entry *entries, uint64_t capacity, uint64_t *count, deltos_error *err);
deltos_status deltos_hash_map_order(const deltos_object *map, uint64_t *positions, uint64_t capacity, uint64_t *count, deltos_error *err);
enum 
{
  DELTOS_MAP_COLUMN_KEYS = 0,
  DELTOS_MAP_COLUMN_VALUES = 1
};
deltos_status deltos_hash_map_column(const deltos_object *map, int32_t which, int32_t flags, deltos_view **view, deltos_error *err);
deltos_status deltos_hash_map_records(const deltos_object *map, deltos_object **table, deltos_error *err);
deltos_status deltos_hash_map_verify(const deltos_object *map, deltos_progress progress, void *user, deltos_error *err);
typedef struct deltos_metadatum
{
  const char *key;
  const char *format;
  const void *data;
  uint64_t size;
  int32_t ndim;
  uint32_t reserved;
  const int64_t *shape;
} deltos_metadatum;
deltos_status deltos_metadata_get(const deltos_snapshot *snapshot, const char *name, const char *key, deltos_metadatum *item, deltos_error *err);
deltos_status deltos_metadata_list(const deltos_snapshot *snapshot, const char *name, deltos_metadatum *items, uint64_t capacity, uint64_t *count, deltos_error *err);
deltos_status deltos_metadata_set(deltos_transaction *transaction, const char *name, const deltos_metadatum *item, deltos_error *err);
deltos_status deltos_metadata_remove(deltos_transaction *transaction, const char *name, const char *key, deltos_error *err);
typedef struct deltos_sorted_map_options
{
  uint32_t struct_size;
  int32_t key;
} deltos_sorted_map_options;
deltos_status deltos_sorted_map_create(deltos_transaction *transaction, const char *name, const deltos_sorted_map_options *options, deltos_object **map, deltos_error *err);
typedef struct deltos_sorted_map_info
{
  uint32_t struct_size;
  int32_t key;
  uint64_t count;
  uint64_t key_bytes;
  uint64_t value_bytes;
  uint64_t long_values;
  uint64_t objects;
  uint32_t height;
  uint32_t reserved;
} deltos_sorted_map_info;
deltos_status deltos_sorted_map_stat(const deltos_snapshot *snapshot, const deltos_object *map, deltos_sorted_map_info *info, deltos_error *err);
deltos_status deltos_sorted_map_put(deltos_transaction *transaction, const deltos_object *map, const void *key, uint64_t key_size, const void *value, uint64_t value_size, uint8_t *replaced, deltos_error *err);
deltos_status deltos_sorted_map_put_object(deltos_transaction *transaction, const deltos_object *map, const void *key, uint64_t key_size, const deltos_object *value, uint8_t *replaced, deltos_error *err);
deltos_status deltos_sorted_map_put_many(deltos_transaction *transaction, const deltos_object *map, const deltos_column *keys, const deltos_column *values, uint64_t *added, deltos_error *err);
deltos_status deltos_sorted_map_load(deltos_transaction *transaction, const deltos_object *map, const deltos_column *keys, const deltos_column *values, deltos_error *err);
deltos_status deltos_sorted_map_get(const deltos_snapshot *snapshot, const deltos_object *map, const void *key, uint64_t key_size, deltos_bytes *value, uint64_t *object_id, uint8_t *present, deltos_error *err);
deltos_status deltos_sorted_map_get_many(const deltos_snapshot *snapshot, const deltos_object *map, const deltos_column *keys, deltos_bytes *values, uint64_t *object_ids, uint8_t *present, uint64_t *hits, deltos_error *err);
deltos_status deltos_sorted_map_remove(deltos_transaction *transaction, const deltos_object *map, const void *key, uint64_t key_size, uint8_t *removed, deltos_error *err);
typedef struct deltos_range
{
  const deltos_bytes *from;
  const deltos_bytes *to;
  const deltos_bytes *prefix;
  uint8_t open_from;
  uint8_t closed_to;
  uint8_t reverse;
  uint8_t reserved[5];
} deltos_range;
typedef struct deltos_pair
{
  deltos_bytes key;
  deltos_bytes value;
  uint64_t object_id;
  uint64_t number;
} deltos_pair;
deltos_status deltos_sorted_map_remove_range(deltos_transaction *transaction, const deltos_object *map, const deltos_range *range, uint64_t *removed, deltos_error *err);
enum 
{
  DELTOS_FIND_FIRST = 0,
  DELTOS_FIND_LAST = 1,
  DELTOS_FIND_AT_LEAST = 2,
  DELTOS_FIND_ABOVE = 3,
  DELTOS_FIND_AT_MOST = 4,
  DELTOS_FIND_BELOW = 5
};
deltos_status deltos_sorted_map_find(const deltos_snapshot *snapshot, const deltos_object *map, int32_t which, const void *key, uint64_t key_size, deltos_pair *pair, uint8_t *present, deltos_error *err);
deltos_status deltos_sorted_map_count(const deltos_snapshot *snapshot, const deltos_object *map, const deltos_range *range, uint64_t *count, deltos_error *err);
deltos_status deltos_sorted_map_range(const deltos_snapshot *snapshot, const deltos_object *map, const deltos_range *range, deltos_cursor **cursor, deltos_error *err);
deltos_status deltos_cursor_next_pairs(deltos_cursor *cursor, deltos_pair *pairs, uint64_t capacity, uint64_t *count, deltos_error *err);
deltos_status deltos_cursor_seek_pair(deltos_cursor *cursor, const void *key, uint64_t key_size, deltos_error *err);
typedef struct deltos_table_info
{
  uint32_t struct_size;
  int32_t dtype;
  int64_t rows;
  int64_t columns;
  uint64_t itemsize;
  uint64_t exports;
  uint8_t readonly;
  uint8_t ragged;
  uint8_t stored;
  uint8_t sealed;
  uint32_t reserved;
  const char *format;
} deltos_table_info;
deltos_status deltos_table_create(deltos_transaction *transaction, const char *name, const char *format, int32_t dtype, int64_t rows, int64_t columns, const int64_t *lengths, deltos_object **table, deltos_error *err);
deltos_status deltos_table_wrap(void * const *rows, int64_t row_count, int64_t columns, const int64_t *lengths, const char *format, int32_t dtype, uint8_t readonly, deltos_release release, void *user, deltos_object **table, deltos_error *err);
deltos_status deltos_table_from_view(const deltos_view *view, int32_t axis, deltos_object **table, deltos_error *err);
deltos_status deltos_table_from_views(const deltos_view * const *views, int64_t count, int64_t columns, const char *format, int32_t dtype, deltos_object **table, deltos_error *err);
deltos_status deltos_table_stat(const deltos_object *table, deltos_table_info *info, deltos_error *err);
deltos_status deltos_table_rows(const deltos_object *table, uint8_t writable, deltos_view **pin, void * const **rows, const int64_t **lengths, deltos_error *err);
deltos_status deltos_table_row(const deltos_object *table, int64_t row, int32_t flags, deltos_view **view, deltos_error *err);
deltos_status deltos_table_to_dense(const deltos_object *table, deltos_view **view, deltos_error *err);
deltos_status deltos_table_reinterpret(deltos_object *table, const char *format, int32_t dtype, deltos_error *err);
deltos_status deltos_table_make_readonly(deltos_object *table, deltos_error *err);
]==]
