package kafka

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"github.com/riffledata/riffle/exec/source"
)

// pin says what the offsets of a topic are positions in.
type pin struct {
	// ID is the topic's id as Kafka's own tools print it; "" where brokers have none.
	ID string `json:"id,omitempty"`
	// Epochs are by partition those of the leaders that told that their logs reach
	// the offset.
	Epochs map[int32]int32 `json:"epochs,omitempty"`
}

// topicID writes an id as Kafka's own tools do.
func topicID(id [16]byte) string { return base64.RawURLEncoding.EncodeToString(id[:]) }

// Pin returns {"topic":{"id":"...","epochs":{"0":7}}}, of what brokers tell.
func (s *kafkaSource) Pin(at source.Offset) json.RawMessage {
	ends, err := parseOffsets(at)
	if err != nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]pin{}
	for k := range ends {
		p, ok := out[k.topic]
		if id := s.ids[k.topic]; !ok && id != [16]byte{} {
			p.ID = topicID(id)
		}
		if epoch, ok := s.epochs[k]; ok {
			if p.Epochs == nil {
				p.Epochs = map[int32]int32{}
			}
			p.Epochs[k.partition] = int32(epoch)
		}
		if p.ID != "" || p.Epochs != nil {
			out[k.topic] = p
		}
	}
	if len(out) == 0 {
		return nil
	}
	text, err := json.Marshal(out)
	if err != nil {
		return nil
	}
	return text
}

// Recall takes over what the offsets of an earlier run were positions in. With
// failOnDataLoss, topics that were made anew, and logs that were cut back, are
// errors; without, the next batches find out and begin again there.
func (s *kafkaSource) Recall(ctx context.Context, at source.Offset, text json.RawMessage) error {
	given, err := parseOffsets(at)
	if err != nil {
		return err
	}
	if err := s.adopt(given, text); err != nil || !s.conf.failOnLoss {
		return err
	}
	cat, err := s.sameTopics(ctx, given)
	if err != nil {
		return err
	}
	leaders := offsets{}
	for k := range given {
		if leader, _, ok := cat.leader(k); ok {
			leaders[k] = int64(leader.epoch)
		}
	}
	cut, err := s.cuts(ctx, given, leaders)
	for _, k := range cut.sorted() {
		return s.cutLoss(k, cut[k], given[k])
	}
	return err
}

// adopt makes the pins of an earlier run our own.
func (s *kafkaSource) adopt(given offsets, text json.RawMessage) error {
	var pins map[string]pin
	if err := json.Unmarshal(text, &pins); err != nil {
		return fmt.Errorf("%.200q does not say what Kafka offsets are positions in: %w", text, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, p := range pins {
		id, err := base64.RawURLEncoding.DecodeString(p.ID)
		if err != nil || len(id) != 0 && len(id) != 16 {
			return fmt.Errorf("%q of topic %s in the checkpoint is not the id of a topic", p.ID, name)
		}
		if len(id) == 16 {
			s.ids[name] = [16]byte(id)
		}
		for partition, epoch := range p.Epochs {
			if k := (tp{name, partition}); given.has(k) && epoch >= 0 {
				s.epochs[k] = int64(epoch)
			}
		}
	}
	return nil
}

func (o offsets) has(k tp) bool {
	_, ok := o[k]
	return ok
}

// sameTopics sees that the topics are those that their offsets were taken from. A
// broker that has just started may still tell of an older one. Those that are gone
// are left to Next.
func (s *kafkaSource) sameTopics(ctx context.Context, given offsets) (*catalog, error) {
	for begin, fresh := time.Now(), false; ; fresh = true {
		cat, err := s.catalog(ctx, fresh)
		if err != nil {
			return nil, err
		}
		var loss error
		for _, k := range given.sorted() {
			if _, _, ok := cat.leader(k); ok && loss == nil {
				loss = checkTopic(cat, k, s.id(k.topic), given[k])
			}
		}
		if loss == nil || time.Since(begin) > patience || ctx.Err() != nil {
			return cat, loss
		}
		sleep(ctx, s.conf.client.backoff)
	}
}
