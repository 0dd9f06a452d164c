# Queries from Kafka to Kafka, killed and paused under load, on a real broker, and
# with a broker that is killed: nothing may be lost, doubled or wrong. The longer
# run: go run ./cmd/repofault -kills 34 -random 20 -pauses 20
if [ -z "${RIFFLE_TEST_KAFKA:-}" ]; then
	echo "no broker to test with: RIFFLE_TEST_KAFKA is not set" >&2
	exit 1
fi
bin="$RIFFLE_CI_TMP/bin"
mkdir -p "$bin"
go build -o "$bin/" ./cmd/repofault
# Checkpoints belong on a disk, and the folder for temporary files may be in memory.
"$bin/repofault" -dir "$PWD/.cache" -outages 1 -kills 4 -random 4 -pauses 7 -max-pause 3s
