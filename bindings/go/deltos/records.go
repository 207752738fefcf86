package deltos

import "unsafe"

// SlotTypes are the names of the types of slots, by their number.
var SlotTypes = [...]string{"fixed", "date", "datetime", "bytes", "utf8", "list", "tuple", "set", "dict", "decimal", "ndarray",
	"value", "record"}

type cSlot struct {
	name     *byte
	format   *byte
	schema   handle
	slotType int32
	dtype    int32
	flags    uint32
	parent   int32
	validBit int32
	nullBit  int32
	offset   uint64
	size     uint64
}

type cSchemaInfo struct {
	structSize     uint32
	version        uint32
	minReader      uint32
	presenceBits   uint32
	name           *byte
	metadata       unsafe.Pointer
	metadataSize   uint64
	slots          uint64
	rowBytes       uint64
	alignment      uint64
	presenceOffset uint64
}

type cRecordTableInfo struct {
	structSize uint32
	layout     int32
	rows       uint64
	slots      uint64
	rowBytes   uint64
	heapBytes  uint64
	imageBytes uint64
	sealed     uint8
	writable   uint8
	reserved16 uint16
	reserved   uint32
}

// Slot is one slot of a schema. Parent is the number of the record that it is in, or -1.
type Slot struct {
	Name   string
	Type   string
	Flags  uint32
	Parent int32
}

// RecordTable is one stored record table: rows that have the slots of its schema.
type RecordTable struct {
	object  handle
	Name    string // of the schema
	Version uint32
	Slots   []Slot // of all levels
	Columns bool   // the layout
	Rows    uint64
}

// Records opens the newest record table of that name.
func (s *Storage) Records(name string) (*RecordTable, error) {
	var err cError
	table := &RecordTable{}
	info := cRecordTableInfo{structSize: uint32(unsafe.Sizeof(cRecordTableInfo{}))}
	if failure := check(objectOpen(s.pointer, name, kindRecordTable, &table.object, &err), &err); failure != nil {
		return nil, failure
	}
	failure := check(recordTableStat(table.object, &info, &err), &err)
	if failure == nil {
		table.Columns, table.Rows = info.layout == 1, info.rows
		failure = table.readSchema()
	}
	if failure != nil {
		table.Close()
		return nil, failure
	}
	return table, nil
}

func (t *RecordTable) readSchema() error {
	var err cError
	var schema handle
	info, count := cSchemaInfo{structSize: uint32(unsafe.Sizeof(cSchemaInfo{}))}, uint64(0)
	if failure := check(schemaOf(t.object, &schema, &err), &err); failure != nil {
		return failure
	}
	defer schemaRelease(&schema)
	if failure := check(schemaStat(schema, &info, &err), &err); failure != nil {
		return failure
	}
	slots := make([]cSlot, info.slots)
	failure := check(schemaSlots(schema, &slots[0], info.slots, &count, &err), &err)
	t.Name, t.Version = text(info.name), info.version
	for _, slot := range slots[:count] {
		t.Slots = append(t.Slots, Slot{text(slot.name), SlotTypes[slot.slotType], slot.flags, slot.parent})
	}
	return failure
}

// Read tells what is in a slot of a row. Its kind is "end" where the slot is unset, and "record" of a record.
func (t *RecordTable) Read(row, slot uint64) (node Node, failure error) {
	var err cError
	return node, check(recordTableRead(t.object, row, slot, &node, &err), &err)
}

// Value opens the value in a slot that holds one.
func (t *RecordTable) Value(row, slot uint64) (*Value, error) {
	var err cError
	value := &Value{}
	return value, check(recordTableValue(t.object, row, slot, &value.object, &err), &err)
}

// Close gives the memory back.
func (t *RecordTable) Close() { objectRelease(&t.object) }
