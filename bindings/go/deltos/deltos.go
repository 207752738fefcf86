// Package deltos is what a Go program needs of Deltos: libdeltos by dlopen, through purego, without cgo. Storages, buffers as
// slices over the file's own memory, metadata, and errors that carry the name of the status.
//
// The library is looked for in DELTOS_LIBRARY (a path), else by the loader (libdeltos.so.0).
//
// A slice of a buffer is an address: it must not be used after Buffer.Close.
package deltos

import (
	"os"
	"unsafe"

	"github.com/ebitengine/purego"
)

// Modes of Open.
const (
	Read    int32 = 0
	InPlace int32 = 1
)

const (
	kindBuffer = 1
	kindArray  = 2
	kindTable  = 3
	kindValue  = 4

	kindRecordTable = 5

	viewFullRO = 0x11c
	viewFull   = 0x11d
)

// The structs of the C interface, field by field.
type cError struct {
	status   int32
	osErrno  int32
	objectID uint64
	message  [496]byte
}

type cOptions struct {
	structSize    uint32
	mode          int32
	create        int32
	flags         uint32
	offset        uint64
	size          uint64
	reserveBytes  uint64
	maxFileBytes  uint64
	autoSyncBytes uint64
	progress      uintptr
	progressUser  uintptr
}

type cView struct {
	structSize uint32
	ndim       int32
	dtype      int32
	readonly   uint8
	sealed     uint8
	reserved   uint16
	data       unsafe.Pointer
	nbytes     uint64
	itemsize   uint64
	format     *byte
	shape      *int64
	strides    *int64
	suboffsets *int64
	owner      unsafe.Pointer
}

type cTableInfo struct {
	structSize uint32
	dtype      int32
	rows       int64
	columns    int64
	itemsize   uint64
	exports    uint64
	readonly   uint8
	ragged     uint8
	stored     uint8
	sealed     uint8
	reserved   uint32
	format     *byte
}

type cMetadatum struct {
	key      *byte
	format   *byte
	data     unsafe.Pointer
	size     uint64
	ndim     int32
	reserved uint32
	shape    *int64
}

type cEntry struct {
	name         *byte
	id           uint64
	kind         int32
	isPrefix     uint32
	payloadBytes uint64
}

// Handles are the library's memory, which Go does not look into.
type handle = unsafe.Pointer

var (
	statusName       func(status int32) string
	storageOpen      func(path string, options *cOptions, storage *handle, err *cError) int32
	storageClose     func(storage *handle, err *cError) int32
	snapshotBegin    func(storage handle, snapshot *handle, err *cError) int32
	snapshotRelease  func(snapshot *handle)
	snapshotList     func(snapshot handle, prefix string, depth int32, cursor *handle, err *cError) int32
	cursorNext       func(cursor handle, entries *cEntry, capacity uint64, count *uint64, err *cError) int32
	cursorRelease    func(cursor *handle)
	objectOpen       func(storage handle, name string, kind int32, object *handle, err *cError) int32
	objectRelease    func(object *handle)
	viewAcquire      func(object handle, flags int32, view **cView, err *cError) int32
	viewRelease      func(view **cView)
	tableStat        func(table handle, info *cTableInfo, err *cError) int32
	tableRows        func(table handle, writable uint8, pin **cView, rows **unsafe.Pointer, lengths **int64, err *cError) int32
	valueRead        func(value handle, node uint64, item *Node, err *cError) int32
	valueChildren    func(value handle, node, first uint64, items *Node, capacity uint64, count *uint64, err *cError) int32
	valueFind        func(value handle, node uint64, key *Node, keys handle, found *Node, err *cError) int32
	valueView        func(value handle, node uint64, flags int32, view **cView, err *cError) int32
	valueHash        func(value handle, node uint64, hash *uint64, err *cError) int32
	schemaOf         func(table handle, schema *handle, err *cError) int32
	schemaStat       func(schema handle, info *cSchemaInfo, err *cError) int32
	schemaSlots      func(schema handle, slots *cSlot, capacity uint64, count *uint64, err *cError) int32
	schemaRelease    func(schema *handle)
	recordTableStat  func(table handle, info *cRecordTableInfo, err *cError) int32
	recordTableRead  func(table handle, row, slot uint64, item *Node, err *cError) int32
	recordTableValue func(table handle, row, slot uint64, value *handle, err *cError) int32
	metadataGet      func(snapshot handle, name, key string, item *cMetadatum, err *cError) int32
	metadataList     func(snapshot handle, name string, items *cMetadatum, capacity uint64, count *uint64, err *cError) int32
)

// Load finds the library; call it first.
func Load() error {
	path := os.Getenv("DELTOS_LIBRARY")
	if path == "" {
		path = "libdeltos.so.0"
	}
	library, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return err
	}
	for name, function := range map[string]any{
		"status_name": &statusName, "storage_open": &storageOpen, "storage_close": &storageClose,
		"snapshot_begin": &snapshotBegin, "snapshot_release": &snapshotRelease, "snapshot_list": &snapshotList,
		"cursor_next_entries": &cursorNext, "cursor_release": &cursorRelease,
		"object_open_newest": &objectOpen, "object_release": &objectRelease,
		"view_acquire": &viewAcquire, "view_release": &viewRelease,
		"table_stat": &tableStat, "table_rows": &tableRows,
		"value_read": &valueRead, "value_children": &valueChildren, "value_find": &valueFind,
		"value_view": &valueView, "value_hash": &valueHash,
		"schema_of": &schemaOf, "schema_stat": &schemaStat, "schema_slots": &schemaSlots, "schema_release": &schemaRelease,
		"record_table_stat": &recordTableStat, "record_table_read": &recordTableRead,
		"record_table_value": &recordTableValue,
		"metadata_get":       &metadataGet, "metadata_list": &metadataList,
	} {
		purego.RegisterLibFunc(function, library, "deltos_"+name)
	}
	return nil
}

// Error is a failure of the library. Code is the name of the status, Errno that of the system or 0.
type Error struct {
	Code    string
	Errno   int32
	Message string
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

func text(start *byte) string {
	if start == nil {
		return ""
	}
	length := 0
	for *(*byte)(unsafe.Add(unsafe.Pointer(start), length)) != 0 {
		length++
	}
	return string(unsafe.Slice(start, length))
}

func check(status int32, err *cError) error {
	if status == 0 {
		return nil
	}
	return &Error{Code: statusName(status), Errno: err.osErrno, Message: text(&err.message[0])}
}

func lengths(shape *int64, ndim int32) []int64 {
	return append([]int64{}, unsafe.Slice(shape, ndim)...)
}

// Storage is an open file.
type Storage struct{ pointer handle }

// Open opens a file that exists.
func Open(path string, mode int32) (*Storage, error) {
	var err cError
	options := cOptions{structSize: uint32(unsafe.Sizeof(cOptions{})), mode: mode}
	storage := &Storage{}
	return storage, check(storageOpen(path, &options, &storage.pointer, &err), &err)
}

// Close closes it; it fails with DELTOS_E_PINNED, and stays open, while buffers are.
func (s *Storage) Close() error {
	var err cError
	return check(storageClose(&s.pointer, &err), &err)
}

// Buffer is one exported buffer.
type Buffer struct {
	Format string
	Dtype  int32 // DELTOS_DTYPE_*
	Shape  []int64
	Sealed bool
	view   *cView
}

// Buffer opens the newest buffer of that name.
func (s *Storage) Buffer(name string, writable bool) (*Buffer, error) {
	return s.exported(name, kindBuffer, writable)
}

// Array shows the elements that the array of that name has now. What is appended later is seen by asking again.
func (s *Storage) Array(name string, writable bool) (*Buffer, error) {
	return s.exported(name, kindArray, writable)
}

func (s *Storage) exported(name string, kind int32, writable bool) (*Buffer, error) {
	var err cError
	var object handle
	if failure := check(objectOpen(s.pointer, name, kind, &object, &err), &err); failure != nil {
		return nil, failure
	}
	defer objectRelease(&object)
	flags := int32(viewFullRO)
	if writable {
		flags = viewFull
	}
	var view *cView
	if failure := check(viewAcquire(object, flags, &view, &err), &err); failure != nil {
		return nil, failure
	}
	return newBuffer(view), nil
}

func newBuffer(view *cView) *Buffer {
	return &Buffer{text(view.format), view.dtype, lengths(view.shape, view.ndim), view.sealed == 1, view}
}

// Close gives the memory back; slices of it must not be used afterwards.
func (b *Buffer) Close() { viewRelease(&b.view) }

// Bytes is its memory.
func (b *Buffer) Bytes() []byte { return Elements[byte](b) }

// Elements is its memory as elements of a type, which is the caller's to know; in C order.
func Elements[T any](b *Buffer) []T {
	var one T
	if b.view.nbytes == 0 {
		return nil
	}
	return unsafe.Slice((*T)(b.view.data), b.view.nbytes/uint64(unsafe.Sizeof(one)))
}

// Table is what a table holds; Rows are copies of the bytes of its rows.
type Table struct {
	Format  string
	Dtype   int32 // DELTOS_DTYPE_*
	Sealed  bool
	Columns int64   // elements of every row; -1: Lengths differ
	Lengths []int64 // elements of each row
	Rows    [][]byte
}

// Table reads the newest table of that name.
func (s *Storage) Table(name string) (*Table, error) {
	var err cError
	var object handle
	if failure := check(objectOpen(s.pointer, name, kindTable, &object, &err), &err); failure != nil {
		return nil, failure
	}
	defer objectRelease(&object)
	info := cTableInfo{structSize: uint32(unsafe.Sizeof(cTableInfo{}))}
	if failure := check(tableStat(object, &info, &err), &err); failure != nil {
		return nil, failure
	}
	var pin *cView
	var rows *unsafe.Pointer
	var counts *int64
	if failure := check(tableRows(object, 0, &pin, &rows, &counts, &err), &err); failure != nil {
		return nil, failure
	}
	defer viewRelease(&pin)
	table := &Table{Format: text(info.format), Dtype: info.dtype, Sealed: info.sealed == 1, Columns: info.columns}
	table.Lengths = lengths(counts, int32(info.rows))
	for i, row := range unsafe.Slice(rows, info.rows) {
		size := uint64(table.Lengths[i]) * info.itemsize
		table.Rows = append(table.Rows, append([]byte{}, unsafe.Slice((*byte)(row), size)...))
	}
	return table, nil
}

// reading calls a function with a snapshot of the newest commit.
func (s *Storage) reading(read func(snapshot handle, err *cError) error) error {
	var err cError
	var snapshot handle
	if failure := check(snapshotBegin(s.pointer, &snapshot, &err), &err); failure != nil {
		return failure
	}
	defer snapshotRelease(&snapshot)
	return read(snapshot, &err)
}

// Names lists the names that begin with a prefix, in byte order.
func (s *Storage) Names(prefix string) (names []string, failure error) {
	return names, s.reading(func(snapshot handle, err *cError) error {
		var cursor handle
		if failure := check(snapshotList(snapshot, prefix, 0, &cursor, err), err); failure != nil {
			return failure
		}
		defer cursorRelease(&cursor)
		entries, count := make([]cEntry, 64), uint64(0)
		for {
			if failure := check(cursorNext(cursor, &entries[0], 64, &count, err), err); failure != nil || count == 0 {
				return failure
			}
			for _, entry := range entries[:count] {
				names = append(names, text(entry.name))
			}
		}
	})
}

// Metadatum is one value of metadata; nil where there is none.
type Metadatum struct {
	Format string // "u8" is text
	Shape  []int64
	Bytes  []byte
}

// Metadata is one value of the metadata of an object, or of the storage ("").
func (s *Storage) Metadata(name, key string) (found *Metadatum, failure error) {
	failure = s.reading(func(snapshot handle, err *cError) error {
		var item cMetadatum
		failure := check(metadataGet(snapshot, name, key, &item, err), err)
		if failure == nil && item.data != nil {
			content := append([]byte{}, unsafe.Slice((*byte)(item.data), item.size)...)
			found = &Metadatum{text(item.format), lengths(item.shape, item.ndim), content}
		}
		return failure
	})
	return found, failure
}

// MetadataKeys lists the keys of an object's metadata, or of the storage's ("").
func (s *Storage) MetadataKeys(name string) (keys []string, failure error) {
	failure = s.reading(func(snapshot handle, err *cError) error {
		count := uint64(0)
		if failure := check(metadataList(snapshot, name, nil, 0, &count, err), err); failure != nil || count == 0 {
			return failure
		}
		items := make([]cMetadatum, count)
		failure := check(metadataList(snapshot, name, &items[0], count, &count, err), err)
		for _, item := range items {
			keys = append(keys, text(item.key))
		}
		return failure
	})
	return keys, failure
}
