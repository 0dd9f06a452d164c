// Package s3 keeps a write-once store in a bucket of S3, or of a service that speaks
// its protocol and honours If-None-Match: *, by which an object is created only
// where it is not there. Some services ignore that header and overwrite; such a one
// is refused with the first record.
//
// 412 means that the object exists, 409 that another create of the same name is under
// way (it is tried again). Where an answer is lost, the object is read and its bytes
// are compared: equal bytes are this call's.
package s3
