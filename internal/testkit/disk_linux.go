package testkit

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
)

// ownDisk, in the environment, says that this process has mounts of its own.
const ownDisk = "HELIOGRAPH_TEST_OWN_DISK"

// OnSmallDisk runs the test on a disk of its own of so many bytes, mounted at dir.
// Space runs out there as it does anywhere, and nobody else is in want of it. The
// test runs in a second process, which alone sees the mount; it goes with the
// process, whatever becomes of that.
func OnSmallDisk(t *testing.T, bytes int, test func(t *testing.T, dir string)) {
	t.Helper()
	if os.Getenv(ownDisk) == t.Name() {
		dir := t.TempDir()
		if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", bytes)); err != nil {
			t.Fatalf("mount a small disk: %v", err)
		}
		t.Cleanup(func() {
			if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
				t.Errorf("unmount the small disk: %v", err)
			}
		})
		test(t, dir)
		return
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), ownDisk+"="+t.Name())
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	if os.Getuid() != 0 { // root in a name space of its own, where the kernel lets users have one
		cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("the test needs to mount a small disk, as root or in a user's name space: %v\n%s", err, out)
	}
	t.Logf("%s", out)
}
