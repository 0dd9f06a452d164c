package open

import (
	"context"

	"github.com/riffledata/riffle/exec/store"
	"github.com/riffledata/riffle/exec/store/dir"
)

func Open(_ context.Context, location string) (store.Store, error) { return dir.Open(location) }
