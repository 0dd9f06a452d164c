//go:build unix

package crash

import (
	"os"
	"syscall"
)

// Supported tells whether processes can be paused here.
const Supported = true

func killSelf() { _ = syscall.Kill(os.Getpid(), syscall.SIGKILL) }

func stopSelf() { _ = syscall.Kill(os.Getpid(), syscall.SIGSTOP) }

func pause(p *os.Process) error { return p.Signal(syscall.SIGSTOP) }

func proceed(p *os.Process) error { return p.Signal(syscall.SIGCONT) }

// killed tells whether a process was ended by SIGKILL.
func killed(s *os.ProcessState) bool {
	status, ok := s.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}
