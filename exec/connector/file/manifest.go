package file

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strconv"
)

// logDir is the folder in a table's folder that says which files are in it.
const logDir = "_riffle_log"

// manifest lists the files of one micro-batch. Files that no manifest names do
// not count, whatever they hold.
type manifest struct {
	Format int    `json:"format"`
	Query  string `json:"query"`
	Epoch  int64  `json:"epoch"`
	Batch  int64  `json:"batch"`
	Rows   int64  `json:"rows"`
	// Replaces is set where the files are instead of those of all batches before.
	Replaces bool           `json:"replaces,omitempty"`
	Files    []manifestFile `json:"files"`
}

// manifestFile is a file in the table's folder.
type manifestFile struct {
	Name  string `json:"name"`
	Rows  int64  `json:"rows"`
	Bytes int64  `json:"bytes"`
}

const manifestFormat = 1

func manifestPath(dir string, batch int64) string {
	return filepath.Join(dir, logDir, strconv.FormatInt(batch, 10))
}

// parseManifest reads a manifest.
func parseManifest(text []byte) (*manifest, error) {
	var m manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, err
	}
	if m.Format != manifestFormat {
		return nil, fmt.Errorf("its format is %d; this program knows %d", m.Format, manifestFormat)
	}
	for _, f := range m.Files {
		if !filepath.IsLocal(f.Name) || f.Name == "." || f.Name != filepath.Base(f.Name) || f.Bytes < 0 {
			return nil, fmt.Errorf("it names the file %q, which is not in its folder", f.Name)
		}
	}
	return &m, nil
}

// readManifest returns the manifest of a batch, or nil where there is none.
func readManifest(dir string, batch int64) (*manifest, error) {
	path := manifestPath(dir, batch)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	m, err := parseManifest(text)
	if err != nil {
		return nil, fmt.Errorf("the manifest %s: %w", path, err)
	}
	return m, nil
}

// manifests returns the numbers of the batches of a table, ascending, and
// whether the folder is a table at all.
func manifests(dir string) (batches []int64, table bool, err error) {
	names, err := os.ReadDir(filepath.Join(dir, logDir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	for _, n := range names {
		if id, err := strconv.ParseInt(n.Name(), 10, 64); err == nil && id >= 0 && strconv.FormatInt(id, 10) == n.Name() {
			batches = append(batches, id)
		}
	}
	sort.Slice(batches, func(i, j int) bool { return batches[i] < batches[j] })
	return batches, err == nil, err
}

// tableFiles returns the manifests that count, in the order of their batches:
// those from the last one on that replaces all before.
func tableFiles(dir string) (out []*manifest, table bool, err error) {
	batches, table, err := manifests(dir)
	if err != nil || !table {
		return nil, table, err
	}
	for i := len(batches) - 1; i >= 0; i-- {
		m, err := readManifest(dir, batches[i])
		if err != nil {
			return nil, true, err
		}
		if m == nil {
			continue
		}
		out = append(out, m)
		if m.Replaces {
			break
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Batch < out[j].Batch })
	return out, true, nil
}

// putManifest creates a manifest, durably, unless there is one of its batch. It
// returns the one that is there then.
func putManifest(dir string, m *manifest, nonce string) (now *manifest, err error) {
	text, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	log := filepath.Join(dir, logDir)
	tmp := filepath.Join(log, fmt.Sprintf(".%d.%s", m.Batch, nonce))
	if err := writeSynced(tmp, text); err != nil {
		return nil, errors.Join(err, drop(tmp))
	}
	err = os.Link(tmp, manifestPath(dir, m.Batch))
	if dropped := drop(tmp); err == nil {
		err = dropped
	}
	if errors.Is(err, fs.ErrExist) {
		return readManifest(dir, m.Batch)
	}
	if err == nil {
		err = syncDir(log)
	}
	return m, err
}

func writeSynced(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// syncDir makes the names in a folder durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func drop(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
