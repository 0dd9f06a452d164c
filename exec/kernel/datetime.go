package kernel

import (
	"time"
)

// moment is a time as a calendar and a clock show it.
type moment struct {
	days                 int64 // since 1970-01-01
	year, month, day     int
	hour, minute, second int
	micro                int
	zone                 *time.Location
	at                   int64 // the instant, in microseconds
}

// momentAt is what calendar and clock of the zone show at an instant.
func momentAt(at int64, zone *time.Location) moment {
	t := local(at, zone)
	m := dateMoment(floorDiv(t, microsPerDay))
	rest := t - m.days*microsPerDay
	sec := int(rest / 1e6)
	m.hour, m.minute, m.second, m.micro = sec/3600, sec/60%60, sec%60, int(rest%1e6)
	m.zone, m.at = zone, at
	return m
}

// dateMoment is the start of a day.
func dateMoment(days int64) moment {
	m := moment{days: days}
	m.year, m.month, m.day = civil(days)
	return m
}

// civil is the date of a day, in the proleptic Gregorian calendar, counted by
// eras of 400 years that begin in March.
func civil(days int64) (year, month, day int) {
	days += 719468
	era := floorDiv(days, 146097)
	inEra := int(days - era*146097)
	yearOfEra := (inEra - inEra/1460 + inEra/36524 - inEra/146096) / 365
	inYear := inEra - (365*yearOfEra + yearOfEra/4 - yearOfEra/100)
	shifted := (5*inYear + 2) / 153
	day = inYear - (153*shifted+2)/5 + 1
	month = shifted + 3
	year = yearOfEra + int(era)*400
	if month > 12 {
		month, year = month-12, year+1
	}
	return year, month, day
}

// firstOf is the day that a month begins with; months may be out of range.
func firstOf(year, month int) int64 {
	year, month = year+int(floorDiv(int64(month-1), 12)), (month-1)%12+1
	if month < 1 {
		month += 12
	}
	if month <= 2 {
		year--
	}
	era := floorDiv(int64(year), 400)
	yearOfEra := year - int(era)*400
	inYear := (153*((month+9)%12) + 2) / 5
	return era*146097 + int64(yearOfEra*365+yearOfEra/4-yearOfEra/100+inYear) - 719468
}

// lastDay is the number of days of a month.
func lastDay(year, month int) int { return int(firstOf(year, month+1) - firstOf(year, month)) }

// weekday is the day of the week: 0 is Monday.
func weekday(days int64) int {
	d := int((days + 3) % 7)
	if d < 0 {
		d += 7
	}
	return d
}

// yearDay is the day of the year, from 1.
func (m *moment) yearDay() int { return int(m.days-firstOf(m.year, 1)) + 1 }

// isoWeek is the week of ISO 8601, and the year that it belongs to.
func isoWeek(days int64) (year, week int) {
	thursday := days - int64(weekday(days)) + 3
	year, _, _ = civil(thursday)
	return year, int(thursday-firstOf(year, 1))/7 + 1
}

func (m *moment) quarter() int { return (m.month-1)/3 + 1 }

// offset is how far the zone's clock is ahead of UTC, in seconds, and what the
// zone is called at that time.
func (m *moment) offset() (name string, seconds int) {
	if m.zone == nil {
		return "UTC", 0
	}
	return time.UnixMicro(m.at).In(m.zone).Zone()
}
