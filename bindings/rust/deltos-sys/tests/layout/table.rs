// Made by bindings/generate.py from include/deltos. Do not edit.

layout! {
    struct deltos_error {
        status os_errno object_id message
    }
    struct deltos_bytes {
        data size
    }
    struct deltos_column {
        layout dtype count data offsets item_size stride
    }
    struct deltos_open_options {
        struct_size mode create flags offset size reserve_bytes max_file_bytes auto_sync_bytes progress progress_user
    }
    struct deltos_storage_info {
        struct_size mode format_major format_minor file_bytes allocated_bytes live_bytes reusable_bytes pinned_bytes
        object_count transaction_id durable_id oldest_pin snapshot_count view_count uuid io_failed lost unaligned sparse
        reserved
    }
    struct deltos_finding {
        status reserved object_id file_offset message
    }
    struct deltos_pin {
        object_id transaction_id bytes view_count writable reserved name
    }
    struct deltos_copy_options {
        struct_size flags progress progress_user
    }
    struct deltos_object_info {
        struct_size kind dtype ndim sealed writable current stored reserved id count itemsize payload_bytes created_id
        changed_id name format shape
    }
    struct deltos_entry {
        name id kind is_prefix payload_bytes
    }
    struct deltos_view {
        struct_size ndim dtype readonly sealed reserved data nbytes itemsize format shape strides suboffsets owner
    }
    struct deltos_slice {
        start stop step flags reserved
    }
    struct deltos_format_info {
        struct_size dtype itemsize alignment
    }
    struct deltos_array_options {
        struct_size create flags reserved capacity window_bytes max_bytes
    }
    struct deltos_item {
        kind detail node count i64 u64 f64 data
    }
    struct deltos_slot {
        name format schema r#type dtype flags parent valid_bit null_bit offset size
    }
    struct deltos_schema_options {
        struct_size version min_reader reserved metadata metadata_size
    }
    struct deltos_schema_info {
        struct_size version min_reader presence_bits name metadata metadata_size slots row_bytes alignment
        presence_offset
    }
    struct deltos_record_table_options {
        struct_size layout memory_bytes spill_directory progress progress_user
    }
    struct deltos_record_table_info {
        struct_size layout rows slots row_bytes heap_bytes image_bytes sealed writable reserved16 reserved
    }
    struct deltos_hash_map_options {
        struct_size key value shape duplicates flags threads reserved memory_bytes spill_directory schema progress
        progress_user
    }
    struct deltos_hash_map_info {
        struct_size key value shape keys pairs index_bytes image_bytes
    }
    struct deltos_map_entry {
        key value number count run
    }
    struct deltos_metadatum {
        key format data size ndim reserved shape
    }
    struct deltos_sorted_map_options {
        struct_size key
    }
    struct deltos_sorted_map_info {
        struct_size key count key_bytes value_bytes long_values objects height reserved
    }
    struct deltos_range {
        from to prefix open_from closed_to reverse reserved
    }
    struct deltos_pair {
        key value object_id number
    }
    struct deltos_table_info {
        struct_size dtype rows columns itemsize exports readonly ragged stored sealed reserved format
    }
    constants {
        DELTOS_OK DELTOS_E_INVALID DELTOS_E_KIND DELTOS_E_TYPE DELTOS_E_RANGE DELTOS_E_TOO_SMALL DELTOS_E_NOT_FOUND
        DELTOS_E_EXISTS DELTOS_E_READONLY DELTOS_E_SEALED DELTOS_E_PINNED DELTOS_E_BUSY DELTOS_E_CLOSED DELTOS_E_STALE
        DELTOS_E_FORKED DELTOS_E_LAYOUT DELTOS_E_FORMAT DELTOS_E_CANCELLED DELTOS_E_STRUCT DELTOS_E_UNSUPPORTED
        DELTOS_E_DUPLICATE DELTOS_E_CORRUPT DELTOS_E_NOT_DELTOS DELTOS_E_FEATURE DELTOS_E_LIMIT DELTOS_E_REPLACED
        DELTOS_E_IO DELTOS_E_IN_DOUBT DELTOS_E_NO_SPACE DELTOS_E_NO_MEMORY DELTOS_E_ADDRESS_SPACE DELTOS_E_FILESYSTEM
        DELTOS_E_LOCKED DELTOS_E_INTERNAL DELTOS_KIND_ANY DELTOS_KIND_BUFFER DELTOS_KIND_ARRAY DELTOS_KIND_TABLE
        DELTOS_KIND_VALUE DELTOS_KIND_RECORD_TABLE DELTOS_KIND_HASH_MAP DELTOS_KIND_SORTED_MAP DELTOS_DTYPE_OTHER
        DELTOS_DTYPE_BOOL DELTOS_DTYPE_I8 DELTOS_DTYPE_I16 DELTOS_DTYPE_I32 DELTOS_DTYPE_I64 DELTOS_DTYPE_U8
        DELTOS_DTYPE_U16 DELTOS_DTYPE_U32 DELTOS_DTYPE_U64 DELTOS_DTYPE_F16 DELTOS_DTYPE_F32 DELTOS_DTYPE_F64
        DELTOS_DTYPE_C64 DELTOS_DTYPE_C128 DELTOS_DTYPE_BYTES DELTOS_DTYPE_UCS4 DELTOS_DTYPE_STRUCT DELTOS_DTYPE_BF16
        DELTOS_DTYPE_F8_E4M3 DELTOS_DTYPE_F8_E5M2 DELTOS_KEY_BYTES DELTOS_KEY_UTF8 DELTOS_KEY_U64 DELTOS_KEY_VALUE
        DELTOS_COLUMN_FIXED DELTOS_COLUMN_OFFSETS DELTOS_COLUMN_SLICES DELTOS_MODE_READ DELTOS_MODE_IN_PLACE
        DELTOS_MODE_WRITE DELTOS_MODE_STATIC DELTOS_CREATE_NEVER DELTOS_CREATE_IF_ABSENT DELTOS_CREATE_NEW
        DELTOS_CREATE_REPLACE DELTOS_OPEN_SIGBUS_GUARD DELTOS_OPEN_VERIFY DELTOS_OPEN_ROLLBACK DELTOS_OPEN_REDIRTY
        DELTOS_OPEN_COPY DELTOS_OPEN_NO_TRIM DELTOS_OPEN_FORCE DELTOS_OPEN_SPARSE DELTOS_OPEN_COMPRESS
        DELTOS_VERIFY_STRUCT DELTOS_VERIFY_FULL DELTOS_COPY_REPLACE DELTOS_SYNC DELTOS_LAZY DELTOS_ASYNC
        DELTOS_ADVICE_NORMAL DELTOS_ADVICE_RANDOM DELTOS_ADVICE_SEQUENTIAL DELTOS_ADVICE_WILL_NEED
        DELTOS_ADVICE_DONT_NEED DELTOS_ADVICE_PREFAULT DELTOS_LIST_ALL DELTOS_LIST_ONE_LEVEL DELTOS_VIEW_SIMPLE
        DELTOS_VIEW_WRITABLE DELTOS_VIEW_FORMAT DELTOS_VIEW_ND DELTOS_VIEW_STRIDES DELTOS_VIEW_C DELTOS_VIEW_F
        DELTOS_VIEW_ANY DELTOS_VIEW_INDIRECT DELTOS_VIEW_FULL_RO DELTOS_VIEW_FULL DELTOS_SLICE_NO_START
        DELTOS_SLICE_NO_STOP DELTOS_SLICE_INDEX DELTOS_CONTIGUOUS_C DELTOS_CONTIGUOUS_F DELTOS_VALUE_NULL
        DELTOS_VALUE_BOOL DELTOS_VALUE_INT DELTOS_VALUE_UINT DELTOS_VALUE_FLOAT DELTOS_VALUE_BYTES DELTOS_VALUE_UTF8
        DELTOS_VALUE_LIST DELTOS_VALUE_TUPLE DELTOS_VALUE_SET DELTOS_VALUE_DICT DELTOS_VALUE_DATE DELTOS_VALUE_DATETIME
        DELTOS_VALUE_DECIMAL DELTOS_VALUE_NDARRAY DELTOS_VALUE_RECORD DELTOS_VALUE_REFERENCE DELTOS_VALUE_END
        DELTOS_VALUE_SHARE DELTOS_DECIMAL_FINITE DELTOS_DECIMAL_INFINITE DELTOS_DECIMAL_NAN
        DELTOS_DECIMAL_SIGNALLING_NAN DELTOS_VALUE_NO_ZONE DELTOS_JSON_COMPACT DELTOS_JSON_INDENT DELTOS_JSON_ASCII
        DELTOS_TYPE_FIXED DELTOS_TYPE_DATE DELTOS_TYPE_DATETIME DELTOS_TYPE_BYTES DELTOS_TYPE_UTF8 DELTOS_TYPE_LIST
        DELTOS_TYPE_TUPLE DELTOS_TYPE_SET DELTOS_TYPE_DICT DELTOS_TYPE_DECIMAL DELTOS_TYPE_NDARRAY DELTOS_TYPE_VALUE
        DELTOS_TYPE_RECORD DELTOS_SLOT_NULLABLE DELTOS_SLOT_OPTIONAL DELTOS_SLOT_WRITABLE DELTOS_SLOT_UTC
        DELTOS_LAYOUT_ROWS DELTOS_LAYOUT_COLUMNS DELTOS_PRESENT DELTOS_NULL DELTOS_UNSET DELTOS_PRESENCE_VALID
        DELTOS_PRESENCE_NULL DELTOS_COMPARE_LESS DELTOS_COMPARE_EQUAL DELTOS_COMPARE_GREATER DELTOS_COMPARE_UNORDERED
        DELTOS_MEMORY_RELAXED DELTOS_MEMORY_ACQUIRE DELTOS_MEMORY_RELEASE DELTOS_MEMORY_ACQ_REL DELTOS_MEMORY_SEQ_CST
        DELTOS_MAP_VALUE_U64 DELTOS_MAP_VALUE_BYTES DELTOS_MAP_VALUE_UTF8 DELTOS_MAP_VALUE_VALUE DELTOS_MAP_VALUE_RECORD
        DELTOS_MAP_SIMPLE DELTOS_MAP_MULTI DELTOS_MAP_APPROXIMATE DELTOS_DUPLICATE_ERROR DELTOS_DUPLICATE_FIRST
        DELTOS_DUPLICATE_LAST DELTOS_HASH_MAP_DEDUPLICATE DELTOS_HASH_MAP_REPLACE DELTOS_MAP_COLUMN_KEYS
        DELTOS_MAP_COLUMN_VALUES DELTOS_FIND_FIRST DELTOS_FIND_LAST DELTOS_FIND_AT_LEAST DELTOS_FIND_ABOVE
        DELTOS_FIND_AT_MOST DELTOS_FIND_BELOW DELTOS_VERSION_MAJOR DELTOS_VERSION_MINOR DELTOS_VERSION_PATCH
        DELTOS_VERSION DELTOS_ABI_VERSION DELTOS_FORMAT_MAJOR DELTOS_FORMAT_MINOR
    }
    functions {
        deltos_status_name deltos_version deltos_abi_version deltos_storage_open deltos_storage_open_fd
        deltos_storage_open_anonymous deltos_storage_open_memory deltos_storage_fd deltos_storage_close
        deltos_storage_detach deltos_storage_sync deltos_storage_stat deltos_storage_verify deltos_storage_pins
        deltos_snapshot_begin deltos_snapshot_id deltos_snapshot_refresh deltos_snapshot_release deltos_snapshot_copy_to
        deltos_snapshot_compact_to deltos_transaction_begin deltos_transaction_snapshot deltos_transaction_commit
        deltos_transaction_abort deltos_transaction_rename deltos_transaction_delete deltos_transaction_delete_prefix
        deltos_object_open deltos_object_open_id deltos_object_open_newest deltos_object_refresh deltos_object_stat
        deltos_object_release deltos_object_seal deltos_object_unseal deltos_object_file_offset deltos_object_advise
        deltos_snapshot_list deltos_cursor_next_entries deltos_cursor_release deltos_view_acquire deltos_view_wrap
        deltos_view_share deltos_view_release deltos_view_slice deltos_view_window deltos_view_transpose
        deltos_view_reshape deltos_view_cast deltos_view_contiguity deltos_view_copy deltos_format_describe
        deltos_array_create deltos_array_open_file deltos_array_open_anonymous deltos_array_open_fd deltos_array_fd
        deltos_array_count deltos_array_capacity deltos_array_append deltos_array_tail deltos_array_advance
        deltos_array_extend deltos_array_insert deltos_array_remove deltos_array_resize deltos_array_reserve
        deltos_array_shrink deltos_array_clear deltos_array_reverse deltos_array_byteswap deltos_array_flush
        deltos_array_close deltos_value_open_memory deltos_value_read deltos_value_children deltos_value_find
        deltos_value_view deltos_value_hash deltos_value_equal deltos_value_to_json deltos_value_builder_begin
        deltos_value_builder_put deltos_value_builder_put_view deltos_value_builder_put_json deltos_value_builder_pack
        deltos_value_builder_store deltos_builder_release deltos_schema_make deltos_schema_of deltos_schema_stat
        deltos_schema_slots deltos_schema_find deltos_schema_nested deltos_schema_check deltos_schema_pack
        deltos_schema_unpack deltos_schema_release deltos_record_table_begin deltos_record_table_add
        deltos_record_table_finish deltos_record_table_pack deltos_record_table_open_memory deltos_record_table_stat
        deltos_record_table_read deltos_record_table_value deltos_record_table_rows deltos_record_table_heap
        deltos_record_table_column deltos_record_table_presence deltos_record_table_verify deltos_view_to_arrow
        deltos_object_to_arrow deltos_record_table_to_arrow_stream deltos_record_table_from_arrow deltos_buffer_create
        deltos_buffer_create_zeroed deltos_buffer_replace deltos_view_fill deltos_view_equal deltos_view_compare
        deltos_view_find deltos_view_count deltos_view_gather deltos_view_read_fd deltos_view_write_fd
        deltos_view_get_i64 deltos_view_get_u64 deltos_view_get_f64 deltos_view_get_bytes deltos_view_set_i64
        deltos_view_set_u64 deltos_view_set_f64 deltos_view_set_bytes deltos_view_atomic_load deltos_view_atomic_store
        deltos_view_atomic_add deltos_view_atomic_compare_exchange deltos_hash_map_begin deltos_hash_map_add
        deltos_hash_map_add_records deltos_hash_map_add_map deltos_hash_map_prepare deltos_hash_map_finish
        deltos_hash_map_pack deltos_hash_map_open_memory deltos_hash_map_stat deltos_hash_map_find deltos_hash_map_get
        deltos_hash_map_get_number deltos_hash_map_find_many deltos_hash_map_get_many deltos_hash_map_get_many_numbers
        deltos_hash_map_values deltos_hash_map_numbers deltos_hash_map_value deltos_hash_map_entries
        deltos_hash_map_order deltos_hash_map_column deltos_hash_map_records deltos_hash_map_verify deltos_metadata_get
        deltos_metadata_list deltos_metadata_set deltos_metadata_remove deltos_sorted_map_create deltos_sorted_map_stat
        deltos_sorted_map_put deltos_sorted_map_put_object deltos_sorted_map_put_many deltos_sorted_map_load
        deltos_sorted_map_get deltos_sorted_map_get_many deltos_sorted_map_remove deltos_sorted_map_remove_range
        deltos_sorted_map_find deltos_sorted_map_count deltos_sorted_map_range deltos_cursor_next_pairs
        deltos_cursor_seek_pair deltos_table_create deltos_table_wrap deltos_table_from_view deltos_table_from_views
        deltos_table_stat deltos_table_rows deltos_table_row deltos_table_to_dense deltos_table_reinterpret
        deltos_table_make_readonly
    }
}
