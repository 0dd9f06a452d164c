package memory_test

import (
	"testing"

	"github.com/riffledata/riffle/exec/exectest/storetest"
	"github.com/riffledata/riffle/exec/store"
	"github.com/riffledata/riffle/exec/store/memory"
)

func TestStore(t *testing.T) {
	s := memory.New()
	storetest.Run(t, func() (store.Store, error) { return s, nil }, storetest.Options{})
}
