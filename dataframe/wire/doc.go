// Package wire turns plans and streaming queries into bytes and back.
//
// The form is protobuf, in an envelope with the version of the form and the
// settings of the query. Bytes are the same for the same plan, so that a
// fingerprint may be made of them. Functions travel by name and are looked up
// again where the bytes are read; user-defined ones must be registered there.
//
// Reading trusts nothing: bytes of any origin give a plan as sound as one that
// the constructors of package plan made, or an error.
package wire

//go:generate python3 -m grpc_tools.protoc --proto_path=pb --go_out=pb --go_opt=paths=source_relative plan.proto
