//go:build !unix

package crash

import (
	"errors"
	"os"
)

// Supported tells whether processes can be paused here.
const Supported = false

func killSelf() {
	if p, err := os.FindProcess(os.Getpid()); err == nil {
		_ = p.Kill()
	}
}

func stopSelf() {}

func pause(*os.Process) error { return errors.New("this system cannot pause a process") }

func proceed(*os.Process) error { return errors.New("this system cannot pause a process") }

func killed(s *os.ProcessState) bool { return s.ExitCode() == 1 }
