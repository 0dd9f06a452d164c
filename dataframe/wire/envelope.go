package wire

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/wire/pb"
)

// The version of the form. Another major version is refused; a higher minor one
// may hold nodes that are not known here, which are refused one by one.
const (
	Major = 1
	Minor = 0
)

// maxDepth bounds how deep plans, expressions and types may nest, taken
// together: below the limit that protobuf itself has.
const maxDepth = 3000

// EncodePlan returns the bytes of a plan and the settings it runs with. It fails
// on an expression that is not bound.
func EncodePlan(n plan.Node, conf map[string]string) ([]byte, error) {
	e := newEncoder()
	root, err := e.node(n)
	if err != nil {
		return nil, fmt.Errorf("encode plan: %w", err)
	}
	return e.seal(&pb.Envelope{Conf: conf, Body: &pb.Envelope_Plan{Plan: root}})
}

// DecodePlan returns the plan and the settings that EncodePlan wrote. Empty maps
// come back as nil. An unknown function is an error that names it.
func DecodePlan(data []byte) (plan.Node, map[string]string, error) {
	env, err := open(data)
	if err != nil {
		return nil, nil, fmt.Errorf("decode plan: %w", err)
	}
	body, ok := env.Body.(*pb.Envelope_Plan)
	if !ok {
		return nil, nil, fmt.Errorf("decode plan: the bytes hold no plan; a streaming query is read with DecodeWrite")
	}
	d, err := newDecoder(env)
	if err != nil {
		return nil, nil, fmt.Errorf("decode plan: %w", err)
	}
	n, err := d.node(body.Plan)
	if err != nil {
		return nil, nil, fmt.Errorf("decode plan: %w", err)
	}
	return n, env.Conf, nil
}

// EncodeWrite returns the bytes of a streaming query and the settings it runs
// with.
func EncodeWrite(w *plan.Write, conf map[string]string) ([]byte, error) {
	e := newEncoder()
	body, err := e.write(w)
	if err != nil {
		return nil, fmt.Errorf("encode query: %w", err)
	}
	return e.seal(&pb.Envelope{Conf: conf, Body: &pb.Envelope_Write{Write: body}})
}

// DecodeWrite returns the streaming query and the settings that EncodeWrite
// wrote.
func DecodeWrite(data []byte) (*plan.Write, map[string]string, error) {
	env, err := open(data)
	if err != nil {
		return nil, nil, fmt.Errorf("decode query: %w", err)
	}
	body, ok := env.Body.(*pb.Envelope_Write)
	if !ok {
		return nil, nil, fmt.Errorf("decode query: the bytes hold no streaming query; a plan is read with DecodePlan")
	}
	d, err := newDecoder(env)
	if err != nil {
		return nil, nil, fmt.Errorf("decode query: %w", err)
	}
	w, err := d.write(body.Write)
	if err != nil {
		return nil, nil, fmt.Errorf("decode query: %w", err)
	}
	return w, env.Conf, nil
}

// seal adds version and types, and returns the same bytes for the same plan.
func (e *encoder) seal(env *pb.Envelope) ([]byte, error) {
	env.WireMajor, env.WireMinor, env.Types = Major, Minor, e.types
	data, err := proto.MarshalOptions{Deterministic: true}.Marshal(env)
	if err != nil {
		return nil, fmt.Errorf("encode: names and options must be UTF-8: %w", err)
	}
	return data, nil
}

func open(data []byte) (*pb.Envelope, error) {
	env := &pb.Envelope{}
	if err := proto.Unmarshal(data, env); err != nil {
		return nil, fmt.Errorf("the bytes are damaged or of another kind: %w", err)
	}
	if env.WireMajor != Major {
		return nil, fmt.Errorf("version %d.%d cannot be read here, where it is %d.%d; run the same version of riffle everywhere",
			env.WireMajor, env.WireMinor, Major, Minor)
	}
	return env, nil
}

// depth counts how deep an encoder or a decoder is.
type depth int

func (d *depth) enter() error {
	if *d++; *d > maxDepth {
		return fmt.Errorf("the plan nests deeper than %d; use IN for long chains of OR, and fewer steps one after another", maxDepth)
	}
	return nil
}

func (d *depth) leave() { *d-- }
