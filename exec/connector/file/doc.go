// Package file reads files of lines: JSON lines, plain or compressed with gzip,
// one file, a folder or a pattern of them.
//
// A source gives the records as they are, in chunks of a few hundred KiB that
// stay in a core's cache until they are decoded; the engine decodes them in the
// tasks. A large plain file is cut into ranges at line ends, so that tasks can
// share it.
package file
