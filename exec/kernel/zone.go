package kernel

import (
	"fmt"
	"time"

	"github.com/riffledata/riffle/dataframe/types"
)

// LoadZone is types.LoadZone with the error that Spark's functions give.
func LoadZone(name string) (*time.Location, error) {
	zone, err := types.LoadZone(name)
	if err != nil {
		return nil, fmt.Errorf("[INVALID_TIMEZONE] %w", err)
	}
	return zone, nil
}
