package physical

import (
	"fmt"
	"runtime/debug"
)

// Panicked returns the error of a recovered panic: a fault in an operator or in
// a user's function must end its query, not the process.
func Panicked(p any) error {
	return fmt.Errorf("internal error: %v\n%s", p, debug.Stack())
}
