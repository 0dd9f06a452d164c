package operator

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
)

func newNestedDict(dt arrow.DataType) (dictionary, error) {
	return nil, fmt.Errorf("columns of Arrow type %s cannot be grouped", dt)
}
