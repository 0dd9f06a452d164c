package fn

// CurrentDate is the date of the batch's time in the session's time zone.
func CurrentDate() Column { return call("current_date") }

// ToDate is the date that a text shows as a cast reads it, or that of a time.
// Other text is an error, null where ANSI mode is off.
func ToDate(x Column) Column { return call("to_date", x) }

// ToDateFormat is the date that a text shows in the format given. Other text is
// an error, null where ANSI mode is off.
func ToDateFormat(s Column, format any) Column { return call("to_date", s, format) }

// TryToDate is the date that a text shows in the format given; null for other
// text.
func TryToDate(s Column, format any) Column { return call("try_to_date", s, format) }

// DateAdd is the date so many days later.
func DateAdd(date Column, days any) Column { return call("date_add", date, days) }

// DateSub is the date so many days earlier.
func DateSub(date Column, days any) Column { return call("date_sub", date, days) }

// DateDiff is the number of days from start to end.
func DateDiff(end Column, start any) Column { return call("datediff", end, start) }

// AddMonths is the date so many months later; the last day of the month where
// it has no such day.
func AddMonths(date Column, months any) Column { return call("add_months", date, months) }

// LastDay is the last day of the date's month.
func LastDay(date Column) Column { return call("last_day", date) }

// NextDay is the first date after that falls on the day of the week: MO, MON,
// MONDAY and so on. Another day is an error, null where ANSI mode is off.
func NextDay(date Column, day any) Column { return call("next_day", date, day) }

// Trunc is the first day of the date's YEAR, QUARTER, MONTH or WEEK (from
// Monday); null for another unit.
func Trunc(date Column, unit any) Column { return call("trunc", date, unit) }

// MakeDate is the date. Numbers that make none are an error, null where ANSI
// mode is off.
func MakeDate(year, month, day any) Column { return call("make_date", year, month, day) }

// Year is the year.
func Year(x Column) Column { return call("year", x) }

// Quarter is the quarter of the year, 1 to 4.
func Quarter(x Column) Column { return call("quarter", x) }

// Month is the month, 1 to 12.
func Month(x Column) Column { return call("month", x) }

// Day is the day of the month, 1 to 31.
func Day(x Column) Column { return call("day", x) }

// DayOfWeek is the day of the week: 1 is Sunday, 7 Saturday.
func DayOfWeek(x Column) Column { return call("dayofweek", x) }

// Weekday is the day of the week: 0 is Monday, 6 Sunday.
func Weekday(x Column) Column { return call("weekday", x) }

// DayOfYear is the day of the year, 1 to 366.
func DayOfYear(x Column) Column { return call("dayofyear", x) }

// WeekOfYear is the ISO week of the year, 1 to 53.
func WeekOfYear(x Column) Column { return call("weekofyear", x) }

// Hour is the hour in the session's time zone, 0 to 23.
func Hour(x Column) Column { return call("hour", x) }

// Minute is the minute in the session's time zone, 0 to 59.
func Minute(x Column) Column { return call("minute", x) }

// Second is the whole seconds, 0 to 59.
func Second(x Column) Column { return call("second", x) }

// DatePart is a field of a date or timestamp: YEAR, YEAROFWEEK, QUARTER, MONTH,
// WEEK, DAY, DAYOFWEEK, DAYOFWEEK_ISO, DOY, HOUR, MINUTE, or SECOND with its
// fraction.
func DatePart(field string, x Column) Column { return call("date_part", field, x) }
