package kafka

import "github.com/riffledata/riffle/exec/option"

// optionSpecs lists the source's own options, named as in Spark's.
var optionSpecs = []option.Spec{
	{Key: "kafka.", Doc: "Options of the connection, under the names of Kafka's own clients: kafka.bootstrap.servers (required), kafka.security.protocol, kafka.ssl.ca.location, kafka.sasl.mechanism, kafka.fetch.max.bytes and others."},
	{Key: "subscribe", Doc: "The topics to read, separated by commas. Exactly one of subscribe, subscribePattern and assign is needed."},
	{Key: "subscribePattern", Doc: "A regular expression that names of topics to read match as a whole; topics that come later are found while running."},
	{Key: "assign", Doc: `The partitions to read, as JSON: {"topic":[0,1]}.`},
	{Key: "startingOffsets", Doc: `Where a query without a checkpoint begins: earliest, latest, or JSON {"topic":{"0":23,"1":-2}} where -2 is earliest and -1 latest. A stream begins at latest, a batch query at earliest.`},
	{Key: "endingOffsets", Doc: `Where a batch query ends: latest (the default), or JSON {"topic":{"0":50,"1":-1}}.`},
	{Key: "startingTimestamp", Doc: "Begin at the first record of each partition at or after this time, in milliseconds since 1970."},
	{Key: "endingTimestamp", Doc: "End a batch query before the first record of each partition at or after this time, in milliseconds since 1970."},
	{Key: "startingOffsetsByTimestamp", Doc: `As startingTimestamp, for each partition: {"topic":{"0":1700000000000}}.`},
	{Key: "endingOffsetsByTimestamp", Doc: `As endingTimestamp, for each partition: {"topic":{"0":1700000000000}}.`},
	{Key: "startingOffsetsByTimestampStrategy", Default: "error", Doc: "What to do where no record is as late as the starting time: error, or latest."},
	{Key: "maxOffsetsPerTrigger", Doc: "The most offsets that a batch of a stream covers, shared among partitions in proportion to what they hold."},
	{Key: "minPartitions", Doc: "Split large partitions, so that there are about this many ranges to read in parallel."},
	{Key: "failOnDataLoss", Default: "true", Doc: "Whether a query fails where offsets that it has not read are gone; false goes on from the earliest there are, and counts the loss. It also leaves out record batches that hold more than max.batch.bytes."},
	{Key: "includeHeaders", Default: "false", Doc: "Adds the column headers: array<struct<key:string,value:binary>>."},
	{Key: "value.format", Doc: "The format of record values (json), to be decoded by the reader with the declared schema."},
	{Key: "groupId", Doc: "The consumer group under which a stream publishes what it has read, for tools that show its lag. Offsets are never read from it. Default: riffle. and the query's id, where the query has a checkpoint."},
	{Key: "prefetch.bytes", Default: "67108864", Doc: "The most bytes, as they come from the broker, that a stream keeps fetched ahead over all its partitions."},
	{Key: "max.batch.bytes", Default: "268435456", Doc: "The most bytes that one record batch may hold once it is decompressed. A query fails at a larger one, before it takes that memory: a megabyte can be made to hold gigabytes. With failOnDataLoss=false it is left out instead, counted as so many bad records, and in the quarantine with its offsets. Change it between batches only."},
}

// foreign are Spark's options that mean nothing here, with what to do instead.
var foreign = map[string]string{
	"minoffsetspertrigger":                "is not supported: a batch starts as soon as there is data; set the trigger's interval to make batches larger",
	"maxtriggerdelay":                     "is not supported without minOffsetsPerTrigger; set the trigger's interval",
	"groupidprefix":                       "is not supported: the source reads without a consumer group",
	"kafkaconsumer.polltimeoutms":         "is not supported: set kafka.default.api.timeout.ms",
	"fetchoffset.numretries":              "is not supported: offsets are asked for until kafka.default.api.timeout.ms is over",
	"fetchoffset.retryintervalms":         "is not supported: offsets are asked for until kafka.default.api.timeout.ms is over",
	"kafka.group.id":                      "is not supported: the source reads without a consumer group, its offsets are kept in the query's checkpoint",
	"kafka.group.instance.id":             "is not supported: the source reads without a consumer group",
	"kafka.auto.offset.reset":             "is not supported: set startingOffsets to earliest or latest; the query itself keeps what it has read",
	"kafka.enable.auto.commit":            "is not supported: offsets are kept in the query's checkpoint",
	"kafka.auto.commit.interval.ms":       "is not supported: offsets are kept in the query's checkpoint",
	"kafka.key.deserializer":              "is not supported: keys are always read as bytes; cast the column",
	"kafka.value.deserializer":            "is not supported: values are always read as bytes; cast the column, or set value.format",
	"kafka.key.serializer":                "is an option of producers",
	"kafka.value.serializer":              "is an option of producers",
	"kafka.interceptor.classes":           "is not supported: interceptors are Java classes",
	"kafka.max.poll.records":              "is not supported: rows come in batches of a fixed size; maxOffsetsPerTrigger bounds a batch of the stream",
	"kafka.sasl.kerberos.service.name":    "is not supported: Kerberos is not; use SCRAM-SHA-512 over SASL_SSL",
	"kafka.ssl.keystore.password":         "is not supported: Java keystores are not read; give PEM files in kafka.ssl.certificate.location and kafka.ssl.key.location",
	"kafka.ssl.truststore.password":       "is not supported: Java keystores are not read; give a PEM file in kafka.ssl.ca.location",
	"kafka.ssl.key.password":              "is not supported: decrypt the key with openssl pkey -in key.pem -out plain.pem",
	"kafka.allow.auto.create.topics":      "is not supported: reading never creates a topic",
	"kafka.partition.assignment.strategy": "is not supported: the source reads without a consumer group",
}

// foreignSpecs makes the options of others known to option.Check, so that they
// are refused with their reason and not as misspelt.
func foreignSpecs() []option.Spec {
	return []option.Spec{
		{Key: "minOffsetsPerTrigger", Doc: "Refused: a batch starts as soon as there is data."},
		{Key: "maxTriggerDelay", Doc: "Refused: it goes with minOffsetsPerTrigger."},
		{Key: "groupIdPrefix", Doc: "Refused: the source reads without a consumer group."},
		{Key: "kafkaConsumer.pollTimeoutMs", Doc: "Refused: see kafka.default.api.timeout.ms."},
		{Key: "fetchOffset.numRetries", Doc: "Refused: see kafka.default.api.timeout.ms."},
		{Key: "fetchOffset.retryIntervalMs", Doc: "Refused: see kafka.default.api.timeout.ms."},
	}
}

// refuseForeign reports the first option given that is only Spark's or Java's.
func refuseForeign(set option.Set) error {
	for _, s := range foreignSpecs() {
		if set.Given(s.Key) {
			return &option.Error{Key: s.Key, Msg: foreign[lower(s.Key)]}
		}
	}
	return nil
}
