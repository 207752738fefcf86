// Reads a storage and compares it with its description, as tests/conformance/README.md says.
//
//	golden read DESCRIPTION STORAGE
package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"sort"
	"strings"

	"deltos-examples/deltos"
)

var dtypes = strings.Fields("OTHER BOOL I8 I16 I32 I64 U8 U16 U32 U64 F16 F32 F64 C64 C128 BYTES UCS4 STRUCT BF16 F8_E4M3 F8_E5M2")

// Bytes are hexadecimal digits, or an object with "repeat" and "times".
type Bytes []byte

func (b *Bytes) UnmarshalJSON(data []byte) (err error) {
	var long struct {
		Repeat string
		Times  int
	}
	digits := ""
	if err = json.Unmarshal(data, &digits); err != nil {
		err = json.Unmarshal(data, &long)
		digits = strings.Repeat(long.Repeat, long.Times)
	}
	if err == nil {
		*b, err = hex.DecodeString(digits)
	}
	return err
}

type metadatum struct {
	Key    string
	Text   *string
	Format string
	Shape  []int64
	Data   Bytes
}

type object struct {
	Name     string
	Kind     string
	Format   string
	Dtype    string
	Shape    []int64
	Lengths  []int64
	Data     Bytes
	Sealed   bool
	Value    written
	Hash     *Bytes
	Schema   writtenSchema
	Layout   string
	Rows     json.RawMessage
	Metadata []metadatum
}

type description struct {
	Objects  []object
	Metadata []metadatum
}

var differences []string

func compare(what string, expected, found any) {
	one, two := fmt.Sprintf("%v", expected), fmt.Sprintf("%v", found)
	if !reflect.DeepEqual(expected, found) && one != two {
		differences = append(differences, fmt.Sprintf("%s: expected %.200s, found %.200s", what, one, two))
	}
}

func compareMetadata(storage *deltos.Storage, name string, items []metadatum) error {
	expected := make([]string, 0, len(items))
	for _, item := range items {
		expected = append(expected, item.Key)
	}
	sort.Strings(expected)
	keys, err := storage.MetadataKeys(name)
	if err != nil {
		return err
	}
	compare(name+": keys", expected, keys)
	for _, item := range items {
		found, err := storage.Metadata(name, item.Key)
		if err != nil {
			return err
		}
		if found == nil {
			differences = append(differences, name+": "+item.Key+": is not there")
			continue
		}
		format, content := item.Format, string(item.Data)
		if item.Text != nil {
			format, content = "u8", *item.Text
		}
		compare(name+": "+item.Key+": format", format, found.Format)
		compare(name+": "+item.Key+": shape", item.Shape, found.Shape)
		compare(name+": "+item.Key+": content", content, string(found.Bytes))
	}
	return nil
}

// readTable tells of a table what a description does; its data are all rows one after the other.
func readTable(storage *deltos.Storage, name string) (object, error) {
	table, err := storage.Table(name)
	if err != nil {
		return object{}, err
	}
	shape := []int64{int64(len(table.Rows))}
	if table.Columns >= 0 {
		shape = append(shape, table.Columns)
	}
	data := bytes.Join(table.Rows, nil)
	return object{Format: table.Format, Dtype: dtypes[table.Dtype], Shape: shape, Lengths: table.Lengths, Data: data,
		Sealed: table.Sealed}, nil
}

// readObject tells of an object what a description does.
func readObject(storage *deltos.Storage, expected object) (object, error) {
	open := storage.Buffer
	switch expected.Kind {
	case "table":
		return readTable(storage, expected.Name)
	case "array":
		open = storage.Array
	}
	buffer, err := open(expected.Name, false)
	if err != nil {
		return object{}, err
	}
	defer buffer.Close()
	data := append(Bytes{}, buffer.Bytes()...)
	return object{Format: buffer.Format, Dtype: dtypes[buffer.Dtype], Shape: buffer.Shape, Data: data, Sealed: buffer.Sealed}, nil
}

func compareObject(storage *deltos.Storage, expected object) error {
	switch expected.Kind {
	case "value":
		return compareValue(storage, expected)
	case "records":
		return compareRecords(storage, expected)
	}
	found, err := readObject(storage, expected)
	if err != nil {
		return err
	}
	if expected.Format != "" {
		compare(expected.Name+": format", expected.Format, found.Format)
	}
	if expected.Dtype != "" {
		compare(expected.Name+": dtype", expected.Dtype, found.Dtype)
	}
	compare(expected.Name+": shape", expected.Shape, found.Shape)
	if expected.Lengths != nil {
		compare(expected.Name+": lengths", expected.Lengths, found.Lengths)
	}
	compare(expected.Name+": sealed", expected.Sealed, found.Sealed)
	compare(expected.Name+": content", hex.EncodeToString(expected.Data), hex.EncodeToString(found.Data))
	return compareMetadata(storage, expected.Name, expected.Metadata)
}

func read(expected description, path string) error {
	storage, err := deltos.Open(path, deltos.Read)
	if err != nil {
		return err
	}
	names := []string{}
	for _, object := range expected.Objects {
		names = append(names, object.Name)
	}
	sort.Strings(names)
	found, err := storage.Names("")
	if err != nil {
		return err
	}
	compare("names", names, found)
	for _, object := range expected.Objects {
		if err := compareObject(storage, object); err != nil {
			return err
		}
	}
	if err := compareMetadata(storage, "", expected.Metadata); err != nil {
		return err
	}
	return storage.Close()
}

func main() {
	if len(os.Args) != 4 || os.Args[1] != "read" {
		fmt.Fprintln(os.Stderr, "usage: golden read DESCRIPTION STORAGE")
		os.Exit(2)
	}
	var expected description
	content, err := os.ReadFile(os.Args[2])
	if err == nil {
		err = json.Unmarshal(content, &expected)
	}
	if err == nil {
		err = deltos.Load()
	}
	if err == nil {
		err = read(expected, os.Args[3])
	}
	if err != nil {
		differences = append(differences, err.Error())
	}
	for _, difference := range differences {
		fmt.Println(difference)
	}
	if len(differences) != 0 {
		os.Exit(1)
	}
}
