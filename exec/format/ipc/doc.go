// Package ipc writes and reads record batches as files in Arrow's IPC format,
// also known as Feather.
package ipc
