/* The layout of every public struct, for ever: a change here breaks programs that were compiled before. */
#include <deltos/deltos.h>
#include <stddef.h>

#define SIZE(type, bytes) _Static_assert(sizeof(type) == (bytes), #type " has changed its size")
#define AT(type, field, offset) _Static_assert(offsetof(type, field) == (offset), #type "." #field " has moved")

_Static_assert(sizeof(deltos_status) == 4, "a status has 4 bytes");

SIZE(deltos_error, 512);
AT(deltos_error, os_errno, 4);
AT(deltos_error, object_id, 8);
AT(deltos_error, message, 16);

SIZE(deltos_open_options, 72);
AT(deltos_open_options, struct_size, 0);
AT(deltos_open_options, mode, 4);
AT(deltos_open_options, create, 8);
AT(deltos_open_options, flags, 12);
AT(deltos_open_options, offset, 16);
AT(deltos_open_options, size, 24);
AT(deltos_open_options, reserve_bytes, 32);
AT(deltos_open_options, max_file_bytes, 40);
AT(deltos_open_options, auto_sync_bytes, 48);
AT(deltos_open_options, progress, 56);
AT(deltos_open_options, progress_user, 64);

SIZE(deltos_storage_info, 128);
AT(deltos_storage_info, mode, 4);
AT(deltos_storage_info, format_major, 8);
AT(deltos_storage_info, format_minor, 12);
AT(deltos_storage_info, file_bytes, 16);
AT(deltos_storage_info, allocated_bytes, 24);
AT(deltos_storage_info, live_bytes, 32);
AT(deltos_storage_info, reusable_bytes, 40);
AT(deltos_storage_info, pinned_bytes, 48);
AT(deltos_storage_info, object_count, 56);
AT(deltos_storage_info, transaction_id, 64);
AT(deltos_storage_info, durable_id, 72);
AT(deltos_storage_info, oldest_pin, 80);
AT(deltos_storage_info, snapshot_count, 88);
AT(deltos_storage_info, view_count, 96);
AT(deltos_storage_info, uuid, 104);
AT(deltos_storage_info, io_failed, 120);
AT(deltos_storage_info, lost, 121);
AT(deltos_storage_info, unaligned, 122);
AT(deltos_storage_info, sparse, 123);
AT(deltos_storage_info, reserved, 124);

SIZE(deltos_finding, 256);
AT(deltos_finding, reserved, 4);
AT(deltos_finding, object_id, 8);
AT(deltos_finding, file_offset, 16);
AT(deltos_finding, message, 24);

SIZE(deltos_pin, 256);
AT(deltos_pin, transaction_id, 8);
AT(deltos_pin, bytes, 16);
AT(deltos_pin, view_count, 24);
AT(deltos_pin, writable, 28);
AT(deltos_pin, reserved, 29);
AT(deltos_pin, name, 32);

SIZE(deltos_copy_options, 24);
AT(deltos_copy_options, flags, 4);
AT(deltos_copy_options, progress, 8);
AT(deltos_copy_options, progress_user, 16);

SIZE(deltos_object_info, 96);
AT(deltos_object_info, kind, 4);
AT(deltos_object_info, dtype, 8);
AT(deltos_object_info, ndim, 12);
AT(deltos_object_info, sealed, 16);
AT(deltos_object_info, writable, 17);
AT(deltos_object_info, current, 18);
AT(deltos_object_info, stored, 19);
AT(deltos_object_info, reserved, 20);
AT(deltos_object_info, id, 24);
AT(deltos_object_info, count, 32);
AT(deltos_object_info, itemsize, 40);
AT(deltos_object_info, payload_bytes, 48);
AT(deltos_object_info, created_id, 56);
AT(deltos_object_info, changed_id, 64);
AT(deltos_object_info, name, 72);
AT(deltos_object_info, format, 80);
AT(deltos_object_info, shape, 88);

SIZE(deltos_entry, 32);
AT(deltos_entry, id, 8);
AT(deltos_entry, kind, 16);
AT(deltos_entry, is_prefix, 20);
AT(deltos_entry, payload_bytes, 24);

SIZE(deltos_metadatum, 48);
AT(deltos_metadatum, format, 8);
AT(deltos_metadatum, data, 16);
AT(deltos_metadatum, size, 24);
AT(deltos_metadatum, ndim, 32);
AT(deltos_metadatum, reserved, 36);
AT(deltos_metadatum, shape, 40);

SIZE(deltos_view, 80);
AT(deltos_view, ndim, 4);
AT(deltos_view, dtype, 8);
AT(deltos_view, readonly, 12);
AT(deltos_view, sealed, 13);
AT(deltos_view, reserved, 14);
AT(deltos_view, data, 16);
AT(deltos_view, nbytes, 24);
AT(deltos_view, itemsize, 32);
AT(deltos_view, format, 40);
AT(deltos_view, shape, 48);
AT(deltos_view, strides, 56);
AT(deltos_view, suboffsets, 64);
AT(deltos_view, owner, 72);

SIZE(deltos_slice, 32);
AT(deltos_slice, start, 0);
AT(deltos_slice, stop, 8);
AT(deltos_slice, step, 16);
AT(deltos_slice, flags, 24);
AT(deltos_slice, reserved, 28);

SIZE(deltos_format_info, 24);
AT(deltos_format_info, dtype, 4);
AT(deltos_format_info, itemsize, 8);
AT(deltos_format_info, alignment, 16);

SIZE(deltos_array_options, 40);
AT(deltos_array_options, create, 4);
AT(deltos_array_options, flags, 8);
AT(deltos_array_options, reserved, 12);
AT(deltos_array_options, capacity, 16);
AT(deltos_array_options, window_bytes, 24);
AT(deltos_array_options, max_bytes, 32);

SIZE(deltos_table_info, 56);
AT(deltos_table_info, dtype, 4);
AT(deltos_table_info, rows, 8);
AT(deltos_table_info, columns, 16);
AT(deltos_table_info, itemsize, 24);
AT(deltos_table_info, exports, 32);
AT(deltos_table_info, readonly, 40);
AT(deltos_table_info, ragged, 41);
AT(deltos_table_info, stored, 42);
AT(deltos_table_info, sealed, 43);
AT(deltos_table_info, reserved, 44);
AT(deltos_table_info, format, 48);

SIZE(deltos_item, 56);
AT(deltos_item, detail, 4);
AT(deltos_item, node, 8);
AT(deltos_item, count, 16);
AT(deltos_item, i64, 24);
AT(deltos_item, u64, 32);
AT(deltos_item, f64, 40);
AT(deltos_item, data, 48);

SIZE(deltos_bytes, 16);
AT(deltos_bytes, size, 8);

SIZE(deltos_column, 48);
AT(deltos_column, dtype, 4);
AT(deltos_column, count, 8);
AT(deltos_column, data, 16);
AT(deltos_column, offsets, 24);
AT(deltos_column, item_size, 32);
AT(deltos_column, stride, 40);

SIZE(deltos_slot, 64);
AT(deltos_slot, format, 8);
AT(deltos_slot, schema, 16);
AT(deltos_slot, type, 24);
AT(deltos_slot, dtype, 28);
AT(deltos_slot, flags, 32);
AT(deltos_slot, parent, 36);
AT(deltos_slot, valid_bit, 40);
AT(deltos_slot, null_bit, 44);
AT(deltos_slot, offset, 48);
AT(deltos_slot, size, 56);

SIZE(deltos_schema_options, 32);
AT(deltos_schema_options, version, 4);
AT(deltos_schema_options, min_reader, 8);
AT(deltos_schema_options, reserved, 12);
AT(deltos_schema_options, metadata, 16);
AT(deltos_schema_options, metadata_size, 24);

SIZE(deltos_schema_info, 72);
AT(deltos_schema_info, version, 4);
AT(deltos_schema_info, min_reader, 8);
AT(deltos_schema_info, presence_bits, 12);
AT(deltos_schema_info, name, 16);
AT(deltos_schema_info, metadata, 24);
AT(deltos_schema_info, metadata_size, 32);
AT(deltos_schema_info, slots, 40);
AT(deltos_schema_info, row_bytes, 48);
AT(deltos_schema_info, alignment, 56);
AT(deltos_schema_info, presence_offset, 64);

SIZE(deltos_record_table_options, 40);
AT(deltos_record_table_options, layout, 4);
AT(deltos_record_table_options, memory_bytes, 8);
AT(deltos_record_table_options, spill_directory, 16);
AT(deltos_record_table_options, progress, 24);
AT(deltos_record_table_options, progress_user, 32);

SIZE(deltos_record_table_info, 56);
AT(deltos_record_table_info, layout, 4);
AT(deltos_record_table_info, rows, 8);
AT(deltos_record_table_info, slots, 16);
AT(deltos_record_table_info, row_bytes, 24);
AT(deltos_record_table_info, heap_bytes, 32);
AT(deltos_record_table_info, image_bytes, 40);
AT(deltos_record_table_info, sealed, 48);
AT(deltos_record_table_info, writable, 49);
AT(deltos_record_table_info, reserved16, 50);
AT(deltos_record_table_info, reserved, 52);

SIZE(deltos_sorted_map_options, 8);
AT(deltos_sorted_map_options, key, 4);

SIZE(deltos_sorted_map_info, 56);
AT(deltos_sorted_map_info, key, 4);
AT(deltos_sorted_map_info, count, 8);
AT(deltos_sorted_map_info, key_bytes, 16);
AT(deltos_sorted_map_info, value_bytes, 24);
AT(deltos_sorted_map_info, long_values, 32);
AT(deltos_sorted_map_info, objects, 40);
AT(deltos_sorted_map_info, height, 48);
AT(deltos_sorted_map_info, reserved, 52);

SIZE(deltos_range, 32);
AT(deltos_range, to, 8);
AT(deltos_range, prefix, 16);
AT(deltos_range, open_from, 24);
AT(deltos_range, closed_to, 25);
AT(deltos_range, reverse, 26);
AT(deltos_range, reserved, 27);

SIZE(deltos_pair, 48);
AT(deltos_pair, value, 16);
AT(deltos_pair, object_id, 32);
AT(deltos_pair, number, 40);

int main(void) { return 0; }
