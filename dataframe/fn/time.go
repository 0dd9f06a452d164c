package fn

// CurrentTimestamp is the time of the batch: the same for all its rows, and
// again when it is replayed.
func CurrentTimestamp() Column { return call("current_timestamp") }

// ToTimestamp is the time that a text shows as a cast reads it. Other text is
// an error, null where ANSI mode is off.
func ToTimestamp(x Column) Column { return call("to_timestamp", x) }

// ToTimestampFormat is the time that a text shows in the format given. Other
// text is an error, null where ANSI mode is off.
func ToTimestampFormat(s Column, format any) Column { return call("to_timestamp", s, format) }

// TryToTimestamp is the time that a text shows in the format given; null for
// other text.
func TryToTimestamp(s Column, format any) Column { return call("try_to_timestamp", s, format) }

// DateFormat is the time as text, in the session's time zone. The letters of
// the format are Java's: y Q M d D E a h H m s S z Z X x V.
func DateFormat(time Column, format any) Column { return call("date_format", time, format) }

// UnixTimestamp is the seconds since 1970-01-01 00:00:00 UTC of a time, or of a
// text like 2006-01-02 15:04:05.
func UnixTimestamp(x Column) Column { return call("unix_timestamp", x) }

// UnixTimestampFormat is UnixTimestamp of a text in the format given.
func UnixTimestampFormat(s Column, format any) Column { return call("unix_timestamp", s, format) }

// FromUnixtime is the time so many seconds after 1970-01-01 00:00:00 UTC as
// text in the format given, in the session's time zone.
func FromUnixtime(seconds Column, format any) Column { return call("from_unixtime", seconds, format) }

// TimestampSeconds is the time so many seconds, perhaps with a fraction, after
// 1970-01-01 00:00:00 UTC; null for NaN and infinity.
func TimestampSeconds(n Column) Column { return call("timestamp_seconds", n) }

// TimestampMillis is the time so many milliseconds after 1970-01-01 00:00:00
// UTC.
func TimestampMillis(n Column) Column { return call("timestamp_millis", n) }

// TimestampMicros is the time so many microseconds after 1970-01-01 00:00:00
// UTC.
func TimestampMicros(n Column) Column { return call("timestamp_micros", n) }

// UnixSeconds is whole seconds since 1970-01-01 00:00:00 UTC.
func UnixSeconds(time Column) Column { return call("unix_seconds", time) }

// UnixMillis is whole milliseconds since 1970-01-01 00:00:00 UTC.
func UnixMillis(time Column) Column { return call("unix_millis", time) }

// UnixMicros is microseconds since 1970-01-01 00:00:00 UTC.
func UnixMicros(time Column) Column { return call("unix_micros", time) }

// DateTrunc is the start of the time's YEAR, QUARTER, MONTH, WEEK (from
// Monday), DAY, HOUR, MINUTE, SECOND, MILLISECOND or MICROSECOND in the
// session's time zone; null for another unit.
func DateTrunc(unit any, time Column) Column { return call("date_trunc", unit, time) }

// MonthsBetween is the months from b to a, a day counting as a 31st of one,
// rounded to 8 digits; whole where both are the same or the last day of their
// months.
func MonthsBetween(a Column, b any) Column { return call("months_between", a, b) }

// MakeTimestamp is the time in the session's time zone. Numbers that make none
// are an error, null where ANSI mode is off.
func MakeTimestamp(year, month, day, hour, minute, second any) Column {
	return call("make_timestamp", year, month, day, hour, minute, second)
}

// FromUTCTimestamp is the time moved as far as the clock of the zone is ahead
// of UTC.
func FromUTCTimestamp(time Column, zone any) Column { return call("from_utc_timestamp", time, zone) }

// ToUTCTimestamp is the time moved back as far as the clock of the zone is
// ahead of UTC.
func ToUTCTimestamp(time Column, zone any) Column { return call("to_utc_timestamp", time, zone) }
