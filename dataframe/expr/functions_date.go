package expr

import "github.com/riffledata/riffle/dataframe/types"

// dateFunctions compute with dates and take them apart.
func dateFunctions() []*Function {
	d, i, s := types.Date, types.Int, types.String
	all := []*Function{
		{Name: "current_date", Aliases: []string{"curdate"}, Nulls: NullNever, Volatile: true, Bind: fixed(d), Usage: "current_date()",
			Doc: "The date of the batch's time in the session's time zone."},
		{Name: "to_date", Nulls: NullMaybe, Bind: timeOf(d), Usage: "to_date(x[, format])",
			Doc: "The date that a text shows, in the format given or as a cast reads it. Other text is an error, null where ANSI mode is off. The format of what is a date or time already is not looked at.", Example: "to_date('31.12.2016', 'dd.MM.yyyy') = DATE '2016-12-31'"},
		{Name: "try_to_date", Nulls: NullMaybe, Bind: tryTimeOf(d), Usage: "try_to_date(x[, format])",
			Doc: "The date that a text shows, in the format given or as a cast reads it; null for other text.", Example: "try_to_date('foo', 'yyyy-MM-dd') = NULL"},
		{Name: "date_add", Aliases: []string{"dateadd"}, Bind: fixed(d, d, i), Usage: "date_add(date, days)",
			Doc: "The date so many days later.", Example: "date_add('2016-07-30', 1) = DATE '2016-07-31'"},
		{Name: "date_sub", Bind: fixed(d, d, i), Usage: "date_sub(date, days)",
			Doc: "The date so many days earlier.", Example: "date_sub('2016-07-30', 1) = DATE '2016-07-29'"},
		{Name: "datediff", Aliases: []string{"date_diff"}, Bind: fixed(i, d, d), Usage: "datediff(end, start)",
			Doc: "The number of days from start to end.", Example: "datediff('2009-07-31', '2009-07-30') = 1"},
		{Name: "add_months", Bind: fixed(d, d, i), Usage: "add_months(date, months)",
			Doc: "The date so many months later; the last day of the month where it has no such day.", Example: "add_months('2016-08-31', 1) = DATE '2016-09-30'"},
		{Name: "last_day", Bind: fixed(d, d), Usage: "last_day(date)",
			Doc: "The last day of the date's month.", Example: "last_day('2009-01-12') = DATE '2009-01-31'"},
		{Name: "next_day", Nulls: NullMaybe, Bind: fixed(d, d, s), Usage: "next_day(date, day)",
			Doc: "The first date after that falls on the day of the week: MO, MON, MONDAY and so on. Another day is an error, null where ANSI mode is off.", Example: "next_day('2015-01-14', 'TU') = DATE '2015-01-20'"},
		{Name: "trunc", Nulls: NullMaybe, Bind: fixed(d, d, s), Usage: "trunc(date, unit)",
			Doc: "The first day of the date's YEAR, QUARTER, MONTH or WEEK (from Monday); null for another unit.", Example: "trunc('2019-08-04', 'week') = DATE '2019-07-29'"},
		{Name: "make_date", Nulls: NullMaybe, Bind: fixed(d, i, i, i), Usage: "make_date(year, month, day)",
			Doc: "The date. Numbers that make none are an error, null where ANSI mode is off.", Example: "make_date(2013, 7, 15) = DATE '2013-07-15'"},
	}
	return inFamily("date", append(all, datePartFunctions()...))
}

// datePartFunctions give a field of a date or of a time of day.
func datePartFunctions() []*Function {
	var all []*Function
	part := func(param types.Type, name, doc, example string, aliases ...string) {
		all = append(all, &Function{Name: name, Aliases: aliases, Bind: fixed(types.Int, param), Usage: name + "(x)", Doc: doc, Example: example})
	}
	part(types.Date, "year", "The year.", "year('2016-07-30') = 2016")
	part(types.Date, "quarter", "The quarter of the year, 1 to 4.", "quarter('2016-08-31') = 3")
	part(types.Date, "month", "The month, 1 to 12.", "month('2016-07-30') = 7")
	part(types.Date, "day", "The day of the month, 1 to 31.", "day('2009-07-30') = 30", "dayofmonth")
	part(types.Date, "dayofweek", "The day of the week: 1 is Sunday, 7 Saturday.", "dayofweek('2009-07-30') = 5")
	part(types.Date, "weekday", "The day of the week: 0 is Monday, 6 Sunday.", "weekday('2009-07-30') = 3")
	part(types.Date, "dayofyear", "The day of the year, 1 to 366.", "dayofyear('2016-04-09') = 100")
	part(types.Date, "weekofyear", "The ISO week of the year, 1 to 53.", "weekofyear('2008-02-20') = 8")
	part(types.Timestamp, "hour", "The hour in the session's time zone, 0 to 23.", "hour('2009-07-30 12:58:59') = 12")
	part(types.Timestamp, "minute", "The minute in the session's time zone, 0 to 59.", "minute('2009-07-30 12:58:59') = 58")
	part(types.Timestamp, "second", "The whole seconds, 0 to 59.", "second('2009-07-30 12:58:59') = 59")
	return append(all, &Function{Name: "date_part", Aliases: []string{"datepart", "extract"}, Bind: datePartArgs, Usage: "date_part(field, x)",
		Doc: "A field of a date or timestamp: YEAR, YEAROFWEEK, QUARTER, MONTH, WEEK, DAY, DAYOFWEEK, DAYOFWEEK_ISO, DOY, HOUR, MINUTE, or SECOND with its fraction.", Example: "date_part('week', TIMESTAMP '2019-08-12 01:00:00') = 33"})
}

// timeFunctions compute with timestamps.
func timeFunctions() []*Function {
	ts, s, l := types.Timestamp, types.String, types.Long
	all := []*Function{
		{Name: "current_timestamp", Aliases: []string{"now"}, Nulls: NullNever, Volatile: true, Bind: fixed(ts), Usage: "current_timestamp()",
			Doc: "The time of the batch: the same for all its rows, and again when it is replayed."},
		{Name: "to_timestamp", Nulls: NullMaybe, Bind: timeOf(ts), Usage: "to_timestamp(x[, format])",
			Doc: "The time that a text shows, in the format given or as a cast reads it. Other text is an error, null where ANSI mode is off. The format of what is a date or time already is not looked at.", Example: "to_timestamp('2016-12-31', 'yyyy-MM-dd') = TIMESTAMP '2016-12-31 00:00:00'"},
		{Name: "try_to_timestamp", Nulls: NullMaybe, Bind: tryTimeOf(ts), Usage: "try_to_timestamp(x[, format])",
			Doc: "The time that a text shows, in the format given or as a cast reads it; null for other text.", Example: "try_to_timestamp('foo', 'yyyy-MM-dd') = NULL"},
		{Name: "date_format", Bind: fixed(s, ts, s), Usage: "date_format(time, format)",
			Doc: "The time as text, in the session's time zone. The letters of the format are Java's: y Q M d D E a h H m s S z Z X x V.", Example: "date_format('2016-04-08 10:20:30', 'dd/MM/yy HH:mm') = '08/04/16 10:20'"},
		{Name: "unix_timestamp", Nulls: NullMaybe, VolatileAlone: true, Bind: unixTimestampArgs, Usage: "unix_timestamp([x[, format]])",
			Doc: "Seconds since 1970-01-01 00:00:00 UTC of a time, or of a text in the format 'yyyy-MM-dd HH:mm:ss' or the one given; of the batch's time without an argument.", Example: "unix_timestamp('1970-01-02', 'yyyy-MM-dd') = 86400L"},
		{Name: "from_unixtime", Bind: optional(1, s, l, s), Usage: "from_unixtime(seconds[, format])",
			Doc: "The time so many seconds after 1970-01-01 00:00:00 UTC as text, in the session's time zone.", Example: "from_unixtime(0, 'yyyy-MM-dd HH:mm:ss') = '1970-01-01 00:00:00'"},
		{Name: "timestamp_seconds", Nulls: NullMaybe, Bind: numeric(0, secondsType), Usage: "timestamp_seconds(n)",
			Doc: "The time so many seconds, perhaps with a fraction, after 1970-01-01 00:00:00 UTC; null for NaN and infinity.", Example: "timestamp_seconds(1230219000) = TIMESTAMP '2008-12-25 15:30:00'"},
		{Name: "timestamp_millis", Bind: fixed(ts, l), Usage: "timestamp_millis(n)",
			Doc: "The time so many milliseconds after 1970-01-01 00:00:00 UTC.", Example: "timestamp_millis(1230219000123) = TIMESTAMP '2008-12-25 15:30:00.123'"},
		{Name: "timestamp_micros", Bind: fixed(ts, l), Usage: "timestamp_micros(n)",
			Doc: "The time so many microseconds after 1970-01-01 00:00:00 UTC.", Example: "timestamp_micros(1230219000123123) = TIMESTAMP '2008-12-25 15:30:00.123123'"},
		{Name: "unix_seconds", Bind: fixed(l, ts), Usage: "unix_seconds(time)",
			Doc: "Whole seconds since 1970-01-01 00:00:00 UTC.", Example: "unix_seconds(TIMESTAMP '1970-01-01 00:00:01') = 1L"},
		{Name: "unix_millis", Bind: fixed(l, ts), Usage: "unix_millis(time)",
			Doc: "Whole milliseconds since 1970-01-01 00:00:00 UTC.", Example: "unix_millis(TIMESTAMP '1970-01-01 00:00:01') = 1000L"},
		{Name: "unix_micros", Bind: fixed(l, ts), Usage: "unix_micros(time)",
			Doc: "Microseconds since 1970-01-01 00:00:00 UTC.", Example: "unix_micros(TIMESTAMP '1970-01-01 00:00:01') = 1000000L"},
		{Name: "date_trunc", Nulls: NullMaybe, Bind: fixed(ts, s, ts), Usage: "date_trunc(unit, time)",
			Doc: "The start of the time's YEAR, QUARTER, MONTH, WEEK (from Monday), DAY, HOUR, MINUTE, SECOND, MILLISECOND or MICROSECOND in the session's time zone; null for another unit.", Example: "date_trunc('HOUR', '2015-03-05T09:32:05.359') = TIMESTAMP '2015-03-05 09:00:00'"},
		{Name: "months_between", Bind: optional(1, types.Double, ts, ts, types.Boolean), Usage: "months_between(a, b[, round])",
			Doc: "The months from b to a, a day counting as a 31st of one; whole where both are the same or the last day of their months. Rounded to 8 digits unless round is false.", Example: "months_between('1997-02-28 10:30:00', '1996-10-30') = 3.94959677D"},
		{Name: "make_timestamp", Nulls: NullMaybe, Bind: makeTimestampArgs, Usage: "make_timestamp(year, month, day, hour, min, sec[, zone])",
			Doc: "The time, in the session's time zone or the one named. Numbers that make none are an error, null where ANSI mode is off.", Example: "make_timestamp(2014, 12, 28, 6, 30, 45.887) = TIMESTAMP '2014-12-28 06:30:45.887'"},
		{Name: "from_utc_timestamp", Bind: fixed(ts, ts, s), Usage: "from_utc_timestamp(time, zone)",
			Doc: "The time moved as far as the clock of the zone is ahead of UTC.", Example: "from_utc_timestamp('2016-08-31', 'Asia/Seoul') = TIMESTAMP '2016-08-31 09:00:00'"},
		{Name: "to_utc_timestamp", Bind: fixed(ts, ts, s), Usage: "to_utc_timestamp(time, zone)",
			Doc: "The time moved back as far as the clock of the zone is ahead of UTC.", Example: "to_utc_timestamp('2016-08-31', 'Asia/Seoul') = TIMESTAMP '2016-08-30 15:00:00'"},
	}
	return inFamily("date", all)
}
