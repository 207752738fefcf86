package deltos

import (
	"runtime"
	"unsafe"
)

// NoZone is the Detail of a date and time that has no zone.
const NoZone = 1<<31 - 1

// Kinds are the names of the kinds of nodes, by their number.
var Kinds = [...]string{"null", "bool", "int", "uint", "float", "bytes", "utf8", "list", "tuple", "set", "dict", "date", "datetime",
	"decimal", "ndarray", "record", "reference", "end"}

const (
	valueUTF8 = 6
	valueDict = 10
	valueEnd  = 17
)

// Node is one node of a value; include/deltos/value.h explains its fields.
type Node struct {
	Kind   int32 // an index of Kinds
	Detail int32
	Number uint64
	Count  uint64
	I64    int64
	U64    uint64
	F64    float64
	data   unsafe.Pointer
}

// Text copies the bytes of text, bytes, and the digits of a decimal.
func (n *Node) Text() []byte { return append([]byte{}, unsafe.Slice((*byte)(n.data), n.Count)...) }

// Value is one stored value: a tree, read where it lies.
type Value struct{ object handle }

// Value opens the newest value of that name.
func (s *Storage) Value(name string) (*Value, error) {
	var err cError
	value := &Value{}
	return value, check(objectOpen(s.pointer, name, kindValue, &value.object, &err), &err)
}

// Root is the first node.
func (v *Value) Root() (root Node, failure error) {
	var err cError
	return root, check(valueRead(v.object, 0, &root, &err), &err)
}

// Children are elements, members, or keys and values in turn.
func (v *Value) Children(node *Node) ([]Node, error) {
	var err cError
	total, count := node.Count, uint64(0)
	if node.Kind == valueDict {
		total *= 2
	}
	nodes := make([]Node, total+1)
	failure := check(valueChildren(v.object, node.Number, 0, &nodes[0], total, &count, &err), &err)
	return nodes[:count], failure
}

// Find gives what a dict has for a text; nil where there is none.
func (v *Value) Find(node *Node, text string) (*Node, error) {
	var err cError
	var found Node
	content := append([]byte(text), 0)
	key := Node{Kind: valueUTF8, Count: uint64(len(text)), data: unsafe.Pointer(&content[0])}
	failure := check(valueFind(v.object, node.Number, &key, nil, &found, &err), &err)
	runtime.KeepAlive(content)
	if failure != nil || found.Kind == valueEnd {
		return nil, failure
	}
	return &found, nil
}

// Buffer shows the elements of an array, or of a list that lies as numbers.
func (v *Value) Buffer(node *Node) (*Buffer, error) {
	var err cError
	var view *cView
	if failure := check(valueView(v.object, node.Number, viewFullRO, &view, &err), &err); failure != nil {
		return nil, failure
	}
	return newBuffer(view), nil
}

// Hash is 64 bits, the same for equal nodes everywhere.
func (v *Value) Hash(node *Node) (hash uint64, failure error) {
	var err cError
	return hash, check(valueHash(v.object, node.Number, &hash, &err), &err)
}

// Close gives the memory back; nodes must not be used afterwards.
func (v *Value) Close() { objectRelease(&v.object) }
