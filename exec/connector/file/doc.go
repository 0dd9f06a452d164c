// Package file reads files of lines: JSON or CSV, plain or compressed with gzip or
// zstd, and of columns, Parquet or Arrow: one file, a folder or a pattern of them.
//
// A source gives the records as they are, in chunks of a few hundred KiB that
// stay in a core's cache until they are decoded; the engine decodes them in the
// tasks. A large plain file is cut into ranges at line ends, so that tasks can
// share it.
//
// A stream reads each file once, by its path, and counts it in a log that the query's
// checkpoint keeps (log.go). A file must appear as a whole, by a rename from elsewhere
// on the same file system: of one that still grows, only what was there when it was
// found is sure to be read. It may be deleted once it was read; one that is put there
// again under the same name is not read again.
//
// A sink writes files of JSON lines, CSV, Parquet or Arrow into a folder. They
// count once the manifest of their batch, _riffle_log/<batch>, names them, which is
// created by link(2) and so by one run alone. Sources that read such a folder go by
// its manifests; what a run that crashed has left is never read, and is removed a
// day later.
package file
