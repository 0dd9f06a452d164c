// Package batch is the contract by which rows flow: what a batch is, who may
// call Next, and who owns what comes out.
//
// A batch belongs to nobody. It never changes once it has left its maker, its
// buffers come from Go's allocator and the garbage collector frees them: no
// operator calls Retain or Release. What a library hands out of memory of its
// own is copied at the edge. The one exception are raw records on the way to
// their decoder: see source.Reuser.
package batch
