package source

import (
	"context"
	"encoding/json"
)

// Pinner is a source whose offsets are positions in logs that can be deleted, cut
// back or made anew under the same name: the same offset then means other data. A
// pin says which logs they are. It is written down with the plan of each batch.
type Pinner interface {
	// Pin returns what the positions of an offset that Next gave are positions in,
	// as a JSON object with the keys of the offset, or nil where that is not known.
	// It asks nobody: it is called for each batch.
	Pin(at Offset) json.RawMessage
	// Recall tells the source what the offset that an earlier run has planned to was
	// pinned to, before that offset is used. It is an error if the logs are
	// others now, unless the source is to go on in spite of that.
	Recall(ctx context.Context, at Offset, pin json.RawMessage) error
}
