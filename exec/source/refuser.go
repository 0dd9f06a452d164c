package source

// Refused is a piece of a source that is there and cannot be used, as a whole: its
// records are not known one by one.
type Refused struct {
	// Topic and Partition say where it is.
	Topic     string
	Partition int32
	// First and Last are the offsets of its records, as far as they are in the range.
	First, Last int64
	// Rows is how many records that is, at most.
	Rows int64
	// Cause says why it cannot be used.
	Cause error
}

// Refuser is a stream that leaves out what cannot be used, where its source's options
// say so and somebody hears of it; else it fails there. Which pieces these are depends
// on the range and the options alone.
type Refuser interface {
	// Refuse sets, before the first Next, who is told. An error ends the stream.
	Refuse(func(Refused) error)
}
