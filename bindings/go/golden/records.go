package main

import (
	"encoding/json"
	"fmt"

	"deltos-examples/deltos"
)

// A schema in the notation of tests/conformance/README.md.
type writtenSchema struct {
	Name    string
	Version uint32
	Slots   []struct {
		Name   string
		Type   string
		Flags  []string
		Schema *writtenSchema
	}
}

// slots are those of all levels, as text.
func (s *writtenSchema) slots() (all []string) {
	bits := map[string]uint32{"nullable": 1, "optional": 2, "writable": 4, "utc": 8}
	for _, slot := range s.Slots {
		flags := uint32(0)
		for _, flag := range slot.Flags {
			flags |= bits[flag]
		}
		all = append(all, fmt.Sprint(slot.Name, " ", slot.Type, " ", flags))
		if slot.Schema != nil {
			all = append(all, slot.Schema.slots()...)
		}
	}
	return all
}

var heldAsItems = map[string]bool{"fixed": true, "date": true, "datetime": true, "bytes": true, "utf8": true, "record": true}

// compareCell compares what a row has in a slot.
func compareCell(what string, table *deltos.RecordTable, row, slot uint64, cell written) error {
	node, err := table.Read(row, slot)
	if err != nil {
		return err
	}
	kind, content := cell.kind()
	found := deltos.Kinds[node.Kind]
	if found == "end" {
		found = "unset"
	}
	if found != "unset" && found != "null" && !heldAsItems[table.Slots[slot].Type] {
		return compareCellValue(what, table, row, slot, cell)
	}
	compare(what+": kind", kind, found)
	switch {
	case kind != found || kind == "unset":
		return nil
	case kind == "record":
		var cells []written
		mustRead(content, &cells)
		return compareCells(what, table, row, int32(slot), cells)
	}
	compare(what, wantedScalar(kind, content), foundScalar(kind, &node))
	return nil
}

func compareCellValue(what string, table *deltos.RecordTable, row, slot uint64, cell written) error {
	value, err := table.Value(row, slot)
	if err != nil {
		return err
	}
	defer value.Close()
	_, err = compareTree(what, value, cell)
	return err
}

// compareCells compares what a row has on one level.
func compareCells(what string, table *deltos.RecordTable, row uint64, parent int32, cells []written) error {
	at := 0
	for number, slot := range table.Slots {
		if slot.Parent != parent {
			continue
		}
		if at < len(cells) {
			if err := compareCell(what+"/"+slot.Name, table, row, uint64(number), cells[at]); err != nil {
				return err
			}
		}
		at++
	}
	compare(what+": cells", len(cells), at)
	return nil
}

func compareRecords(storage *deltos.Storage, expected object) error {
	table, err := storage.Records(expected.Name)
	if err != nil {
		return err
	}
	defer table.Close()
	slots := []string{}
	for _, slot := range table.Slots {
		slots = append(slots, fmt.Sprint(slot.Name, " ", slot.Type, " ", slot.Flags))
	}
	var rows [][]written
	if err := json.Unmarshal(expected.Rows, &rows); err != nil {
		return err
	}
	compare(expected.Name+": schema", expected.Schema.Name, table.Name)
	compare(expected.Name+": version", expected.Schema.Version, table.Version)
	compare(expected.Name+": slots", expected.Schema.slots(), slots)
	compare(expected.Name+": layout is columns", expected.Layout == "columns", table.Columns)
	compare(expected.Name+": rows", uint64(len(rows)), table.Rows)
	for row := uint64(0); row < table.Rows && row < uint64(len(rows)); row++ {
		if err := compareCells(fmt.Sprint(expected.Name, "/", row), table, row, -1, rows[row]); err != nil {
			return err
		}
	}
	return compareMetadata(storage, expected.Name, expected.Metadata)
}
