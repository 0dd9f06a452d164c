package broker

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// ErrInUse is the error of Embedded where another broker has the folder.
var ErrInUse = errors.New("another embedded broker is using the folder")

// lockDir makes a folder and takes it for this process, until unlock or the end of
// the process; nil where there is none.
func lockDir(dir string) (*flock.Flock, error) {
	if dir == "" {
		return nil, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("starting the embedded broker: %w", err)
	}
	lock := flock.New(filepath.Join(dir, "lock"))
	switch ours, err := lock.TryLock(); {
	case err != nil:
		return nil, fmt.Errorf("starting the embedded broker in %s: %w", dir, err)
	case !ours:
		return nil, fmt.Errorf("starting the embedded broker in %s: %w", dir, errors.Join(ErrInUse, lock.Close()))
	}
	return lock, nil
}

func unlock(lock *flock.Flock) error {
	if lock == nil {
		return nil
	}
	return lock.Close()
}
