package main

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"deltos-examples/deltos"
)

// A node in the notation of tests/conformance/README.md: its kind, and what that holds.
type written map[string]json.RawMessage

func (w written) kind() (string, json.RawMessage) {
	for kind, content := range w {
		if kind != "node" {
			return kind, content
		}
	}
	return "", nil
}

// What the objects of the notation have; each uses some.
type fields struct {
	Data     Bytes
	Dtype    string
	Format   string
	Shape    []int64
	Repeat   json.RawMessage
	Times    int
	Count    int
	From     int
	Step     *int
	In       string
	Depth    int
	Value    written
	Digits   json.RawMessage
	Exponent json.RawMessage
	Negative bool
	Special  string
}

func fieldsOf(content json.RawMessage) (f fields) {
	if len(content) > 0 && content[0] == '{' {
		mustRead(content, &f)
	}
	return f
}

// mustRead reads what the schema of descriptions has promised.
func mustRead(content json.RawMessage, into any) {
	if err := json.Unmarshal(content, into); err != nil {
		panic(fmt.Sprintf("%.100s: %v", content, err))
	}
}

// word is an integer: a number, or the digits of its eight bytes.
func word(content json.RawMessage) uint64 {
	if len(content) == 0 {
		return 0
	}
	if content[0] == '"' {
		var data Bytes
		mustRead(content, &data)
		return binary.LittleEndian.Uint64(data)
	}
	number, err := strconv.ParseInt(string(content), 10, 64)
	if err != nil {
		panic(err)
	}
	return uint64(number)
}

func textOf(content json.RawMessage) []byte {
	if content[0] == '{' {
		return fieldsOf(content).Data
	}
	text := ""
	mustRead(content, &text)
	return []byte(text)
}

func number(i int) written { return written{"int": json.RawMessage(strconv.Itoa(i))} }

// elementsOf are those of a container, without short forms; of a dict keys and values in turn.
func elementsOf(kind string, content json.RawMessage) (elements []written) {
	if content[0] == '[' && kind == "dict" {
		var pairs [][]written
		mustRead(content, &pairs)
		for _, pair := range pairs {
			elements = append(elements, pair...)
		}
		return elements
	}
	if content[0] == '[' {
		mustRead(content, &elements)
		return elements
	}
	short, step := fieldsOf(content), 1
	if short.Step != nil {
		step = *short.Step
	}
	for i := 0; i < short.Times; i++ {
		var repeated written
		mustRead(short.Repeat, &repeated)
		elements = append(elements, repeated)
	}
	for i := 0; i < short.Count; i++ {
		elements = append(elements, number(short.From+i*step))
		if kind == "dict" {
			elements = append(elements, number(short.From+i*step))
		}
	}
	return elements
}

// wantedScalar is what a description says that a scalar holds, in a form that can be compared.
func wantedScalar(kind string, content json.RawMessage) string {
	switch kind {
	case "null":
		return ""
	case "bool":
		return string(content)
	case "bytes":
		var data Bytes
		mustRead(content, &data)
		return hex.EncodeToString(data)
	case "utf8":
		return hex.EncodeToString(textOf(content))
	case "datetime":
		var parts []json.RawMessage
		mustRead(content, &parts)
		zone := uint64(deltos.NoZone)
		if string(parts[2]) != "null" {
			zone = word(parts[2])
		}
		return fmt.Sprint(int64(word(parts[0])), word(parts[1]), int32(zone))
	case "decimal":
		f := fieldsOf(content)
		special := map[string]int{"": 0, "finite": 0, "infinite": 1, "nan": 2, "signalling-nan": 3}[f.Special]
		return fmt.Sprint(string(textOf(f.Digits)), " ", int64(word(f.Exponent)), f.Negative, special)
	}
	return fmt.Sprint(word(content))
}

func foundScalar(kind string, node *deltos.Node) string {
	switch kind {
	case "null":
		return ""
	case "bool":
		return strconv.FormatBool(node.I64 == 1)
	case "bytes", "utf8":
		return hex.EncodeToString(node.Text())
	case "datetime":
		return fmt.Sprint(node.I64, node.U64, node.Detail)
	case "decimal":
		return fmt.Sprint(string(node.Text()), " ", node.I64, node.U64 == 1, node.Detail)
	case "int", "date":
		return fmt.Sprint(uint64(node.I64))
	case "float":
		return fmt.Sprint(math.Float64bits(node.F64))
	}
	return fmt.Sprint(node.U64)
}

// A comparison of one value; named are the nodes that the description has named.
type comparison struct {
	value *deltos.Value
	named map[uint64]uint64
}

func (c *comparison) buffer(what string, node *deltos.Node, content json.RawMessage) error {
	expected := fieldsOf(content)
	buffer, err := c.value.Buffer(node)
	if err != nil {
		return err
	}
	defer buffer.Close()
	if expected.Format != "" {
		compare(what+": format", expected.Format, buffer.Format)
	}
	if expected.Shape != nil {
		compare(what+": shape", expected.Shape, buffer.Shape)
	}
	compare(what+": dtype", expected.Dtype, dtypes[buffer.Dtype])
	compare(what+": content", hex.EncodeToString(expected.Data), hex.EncodeToString(buffer.Bytes()))
	return nil
}

func (c *comparison) elements(what string, node *deltos.Node, kind string, expected []written) error {
	found, err := c.value.Children(node)
	compare(what+": count", len(expected), len(found))
	if err != nil || len(expected) != len(found) {
		return err
	}
	for i := range expected {
		if err := c.node(fmt.Sprintf("%s/%d", what, i), &found[i], expected[i]); err != nil {
			return err
		}
		key, isText := expected[i]["utf8"]
		if kind != "dict" || i%2 == 1 || !isText {
			continue
		}
		leadsTo, err := c.value.Find(node, string(textOf(key)))
		if err != nil {
			return err
		}
		if leadsTo == nil || leadsTo.Number != found[i+1].Number {
			differences = append(differences, fmt.Sprintf("%s: key %d leads elsewhere", what, i))
		}
	}
	return nil
}

func (c *comparison) node(what string, node *deltos.Node, expected written) error {
	kind, content := expected.kind()
	f := fieldsOf(content)
	if kind == "nested" {
		if f.Depth == 0 {
			return c.node(what, node, f.Value)
		}
		compare(what+": kind", f.In, deltos.Kinds[node.Kind])
		f.Depth--
		inner, err := json.Marshal(map[string]any{"in": f.In, "depth": f.Depth, "value": f.Value})
		if err != nil {
			return err
		}
		return c.elements(what, node, f.In, []written{{"nested": inner}})
	}
	if name, isNamed := expected["node"]; isNamed {
		c.named[word(name)] = node.Number
	}
	if kind == "share" {
		compare(what+": node", c.named[word(content)], node.Number)
		return nil
	}
	found := deltos.Kinds[node.Kind]
	compare(what+": kind", kind, found)
	switch {
	case kind != found:
		return nil
	case kind == "ndarray" || f.Dtype != "":
		return c.buffer(what, node, content)
	case kind == "list" || kind == "tuple" || kind == "set" || kind == "dict":
		return c.elements(what, node, kind, elementsOf(kind, content))
	}
	compare(what, wantedScalar(kind, content), foundScalar(kind, node))
	return nil
}

// compareTree compares a whole value, whose root it gives back.
func compareTree(what string, value *deltos.Value, expected written) (deltos.Node, error) {
	root, err := value.Root()
	if err != nil {
		return root, err
	}
	c := comparison{value, map[uint64]uint64{}}
	return root, c.node(what, &root, expected)
}

func compareValue(storage *deltos.Storage, expected object) error {
	value, err := storage.Value(expected.Name)
	if err != nil {
		return err
	}
	defer value.Close()
	root, err := compareTree(expected.Name, value, expected.Value)
	if err != nil {
		return err
	}
	if expected.Hash != nil {
		hash, err := value.Hash(&root)
		if err != nil {
			return err
		}
		if !bytes.Equal(*expected.Hash, binary.LittleEndian.AppendUint64(nil, hash)) {
			differences = append(differences, fmt.Sprintf("%s: another hash: %016x", expected.Name, hash))
		}
	}
	return compareMetadata(storage, expected.Name, expected.Metadata)
}
