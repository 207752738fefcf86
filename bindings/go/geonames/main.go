// Reads the storage that `./dev demo` builds, in Go: its metadata, its buffers, and one store in place.
//
//	geonames STORAGE
//
// Ends with 1 and one line when something is not as it should be.
package main

import (
	"errors"
	"fmt"
	"os"
	"sync/atomic"

	"deltos-examples/deltos"
)

func run(path string) error {
	storage, err := deltos.Open(path, deltos.InPlace)
	if err != nil {
		return err
	}
	places := map[string]*deltos.Buffer{}
	for _, name := range []string{"population", "ids", "offsets", "names"} {
		if places[name], err = storage.Buffer("places/"+name, false); err != nil {
			return err
		}
	}
	source, err := storage.Metadata("", "attribution")
	if err != nil {
		return err
	}
	tell(places, source)

	ball, err := storage.Buffer("live/ball", true)
	if err != nil {
		return err
	}
	visits := &deltos.Elements[int64](ball)[1]
	fmt.Println("visits:", atomic.AddInt64(visits, 1)) // a store: every process that has the file open sees it at once

	var refusal *deltos.Error
	if err = storage.Close(); !errors.As(err, &refusal) || refusal.Code != "DELTOS_E_PINNED" {
		return errors.New("a storage closed while buffers were open")
	}
	for _, buffer := range places {
		buffer.Close()
	}
	ball.Close()
	if _, err = storage.Buffer("places/none", false); errors.As(err, &refusal) {
		fmt.Println("places/none:", refusal.Code)
	}
	return storage.Close()
}

func tell(places map[string]*deltos.Buffer, source *deltos.Metadatum) {
	population := deltos.Elements[int64](places["population"])
	people, largest := int64(0), 0
	for place, count := range population {
		people += count
		if count > population[largest] {
			largest = place
		}
	}
	offsets := deltos.Elements[int64](places["offsets"])
	name := places["names"].Bytes()[offsets[largest]:offsets[largest+1]]
	fmt.Println("places:", len(population))
	fmt.Println("source:", string(source.Bytes))
	fmt.Println("people:", people)
	fmt.Printf("largest: %s, id %d\n", name, deltos.Elements[uint32](places["ids"])[largest])
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: geonames STORAGE")
		os.Exit(2)
	}
	err := deltos.Load()
	if err == nil {
		err = run(os.Args[1])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
