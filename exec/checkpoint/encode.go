package checkpoint

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// ErrTorn is wrapped by the error for a record whose bytes are not those that were
// written.
var ErrTorn = errors.New("the record is damaged")

// A Record is one of the records of a checkpoint.
type Record interface{ Meta | Epoch | Plan | Commit }

const sumMark = "crc32c "

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Encode writes a record as a line of JSON, and a second line with its checksum, so
// that a record that was torn is noticed: "crc32c 1a2b3c4d".
func Encode[R Record](r R) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false) // the plan's text has < and >
	if err := enc.Encode(r); err != nil {
		return nil, fmt.Errorf("encoding a %T: %w", r, err)
	}
	return withSum(buf.Bytes()), nil
}

// withSum adds the second line to the first.
func withSum(line []byte) []byte {
	return fmt.Appendf(line, "%s%08x\n", sumMark, crc32.Checksum(line, castagnoli))
}

// Decode reads what Encode wrote. Anything else is an error: a damaged record wraps
// ErrTorn, and fields that this version does not know are refused.
func Decode[R Record](data []byte) (R, error) {
	var r R
	line, err := checked(data)
	if err != nil {
		return r, err
	}
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&r); err != nil {
		return r, fmt.Errorf("reading a %T: %w; it may be of a later version of riffle", r, err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return r, fmt.Errorf("reading a %T: there is more than one value; it may be of a later version of riffle", r)
	}
	return r, nil
}

// checked returns the first line if the second one has its checksum.
func checked(data []byte) ([]byte, error) {
	end := bytes.IndexByte(data, '\n') + 1
	if end == 0 {
		return nil, fmt.Errorf("%w: it has no end", ErrTorn)
	}
	if !bytes.Equal(data, withSum(data[:end:end])) {
		return nil, fmt.Errorf("%w: its checksum is not that of its content", ErrTorn)
	}
	return data[:end], nil
}

// HashOf is the hash of an encoded record, as Commit.Parent has it.
func HashOf(record []byte) string {
	sum := sha256.Sum256(record)
	return hex.EncodeToString(sum[:16])
}
