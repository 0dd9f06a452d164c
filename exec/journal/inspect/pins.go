package inspect

import "encoding/json"

// pinned tells whether a source has told what its offsets are positions in.
func pinned(pin json.RawMessage) bool { return len(pin) > 0 && string(pin) != "null" }

// unpinned returns the pins without those of the offsets that are set, by the keys
// that a pin has in common with its offset: {"dns":{"id":"..."}}. It is nil where
// none is left.
func (o SetOffsets) unpinned(pins []json.RawMessage) []json.RawMessage {
	out, left := make([]json.RawMessage, len(pins)), false
	for i, p := range pins {
		out[i] = p
		if wish, ok := o.Offsets[i+1]; ok {
			out[i] = without(p, wish)
		}
		left = left || pinned(out[i])
	}
	if !left {
		return nil
	}
	return out
}

// without leaves out of an object what another one names; null where nothing is
// left.
func without(pin, wish json.RawMessage) json.RawMessage {
	null := json.RawMessage("null")
	var have, names map[string]json.RawMessage
	if json.Unmarshal(pin, &have) != nil || json.Unmarshal(wish, &names) != nil {
		return null
	}
	for name := range names {
		delete(have, name)
	}
	text, err := json.Marshal(have)
	if err != nil || len(have) == 0 {
		return null
	}
	return text
}
