# Queries from Kafka to Kafka, killed and paused under load, on a real broker, and
# with a broker that is killed, alone or one of three: nothing may be lost, doubled
# or wrong, and each record that cannot be used must be in the quarantine once. The
# longer runs: go run ./cmd/repofault -kills 26 -random 15 -pauses 15, and with
# -nodes 3 -outages 6 beside.
if [ -z "${RIFFLE_TEST_KAFKA:-}" ]; then
	echo "no broker to test with: RIFFLE_TEST_KAFKA is not set" >&2
	exit 1
fi
bin="$RIFFLE_CI_TMP/bin"
mkdir -p "$bin"
go build -o "$bin/" ./cmd/repofault
# Checkpoints belong on a disk, and the folder for temporary files may be in memory.
"$bin/repofault" -dir "$PWD/.cache" -outages 1 -kills 3 -random 3 -pauses 5 -max-pause 3s
"$bin/repofault" -dir "$PWD/.cache" -workloads copy -nodes 3 -outages 3 -kills 0 -random 0 -pauses 0 -controls=false
