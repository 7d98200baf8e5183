// Expression language, section 6: Date, Calendar, java.time and the formats of java.text.
#include <cstdlib>
#include <ctime>

#include "tests/el/support/rows.hpp"

namespace perigee::el {
namespace {

using test::check;

// 1700000000000 is Tuesday, 2023-11-14T22:13:20Z.
class ElTemporal : public ::testing::Test {
 public:
  static void SetUpTestSuite() { set_zone("UTC"); }
  static void set_zone(const char* zone) {
    setenv("TZ", zone, 1);
    tzset();
  }
};

TEST_F(ElTemporal, Date) {
  check({
      {"{(new java.util.Date(1700000000123L).getTime())}", "1700000000123"},
      {"{(new java.util.Date(1700000000000L))}", "Tue Nov 14 22:13:20 UTC 2023"},
      {"{('' + new java.util.Date(0))}", "Thu Jan 01 00:00:00 UTC 1970"},
      {"{(new java.util.Date(-1).getTime())}", "-1"},
      {"{(new java.util.Date(1).before(new java.util.Date(2)))}", "true"},
      {"{(new java.util.Date(1).after(new java.util.Date(2)))}", "false"},
      {"{(new java.util.Date(1).compareTo(new java.util.Date(2)))}", "-1"},
      {"{(new java.util.Date(1).equals(new java.util.Date(1)))}", "true"},
      {"{(new java.util.Date(1) == new java.util.Date(1))}", "true"},
      {"{(new java.util.Date(1) < new java.util.Date(2))}", "true"},
      {"{(new java.util.Date(1700000000000L).getYear())}", "123"},
      {"{(new java.util.Date(1700000000000L).getMonth())}", "10"},
      {"{(new java.util.Date(1700000000000L).getDate())}", "14"},
      {"{(new java.util.Date(1700000000000L).getDay())}", "2"},
      {"{(new java.util.Date(1700000000000L).getHours())}", "22"},
      {"{(new java.util.Date(9223372036854775807L))}", "?"},
      {"{(new java.util.Date('x'))}", "error: a date is made from milliseconds"},
      {"{(new java.util.Date(1).before('x'))}", "error: a date of the same kind is needed"},
      {"{(new java.util.Date(1).plusDays(1))}", "error: 'plusDays' is not allowed on a date"},
      {"{(new java.util.Date(1).getTimeInMillis())}", "error: not allowed"},
      {"{(new java.util.Date() instanceof T(java.util.Date))}", "true"},
      {"{(new java.util.Date().getTime() == T(java.lang.System).currentTimeMillis())}", "true"},
  });
}

TEST_F(ElTemporal, Calendar) {
  check({
      {"{T(java.util.Calendar).getInstance().getTimeInMillis() == T(System).currentTimeMillis()}",
       "true"},
      {"{T(java.util.Calendar).getInstance().getTime() instanceof T(java.util.Date)}", "true"},
      {"{T(java.util.Calendar).getInstance().get(1) >= 1970}", "true"},
      {"{T(java.util.Calendar).getInstance(T(java.util.TimeZone).getTimeZone('GMT+02:00')).get(15)"
       "}",
       "7200000"},
      {"{T(java.util.Calendar).getInstance().get(99)}", "error: the field 99 of a calendar"},
      {"{T(java.util.Calendar).getInstance().plusDays(1)}", "error: not allowed"},
      {"{T(java.util.TimeZone).getTimeZone('Mars/Base')}",
       "error: the zone 'Mars/Base' is not known here; write UTC, GMT or a distance"},
  });
}

TEST_F(ElTemporal, LocalDate) {
  check({
      {"{T(java.time.LocalDate).of(2024, 2, 29)}", "2024-02-29"},
      {"{T(java.time.LocalDate).of(2023, 2, 29)}", "error: there is no such date"},
      {"{T(java.time.LocalDate).of(99999, 1, 1)}", "error: its year is beyond 9999"},
      {"{T(java.time.LocalDate).parse('2024-02-29').plusYears(1)}", "2025-02-28"},
      {"{T(java.time.LocalDate).parse('2024-01-31').plusMonths(1)}", "2024-02-29"},
      {"{T(java.time.LocalDate).parse('2024-01-31').minusMonths(2)}", "2023-11-30"},
      {"{T(java.time.LocalDate).parse('2024-01-31').plusDays(-31)}", "2023-12-31"},
      {"{T(java.time.LocalDate).parse('2024-01-31').plusWeeks(1)}", "2024-02-07"},
      {"{T(java.time.LocalDate).parse('2024-01-31').plusDays(9223372036854775807L)}", "error"},
      {"{T(java.time.LocalDate).parse('2024-01-31').minusYears(100000)}", "error"},
      {"{T(java.time.LocalDate).parse('2024-01-31').plusHours(1)}", "error: not allowed"},
      {"{T(java.time.LocalDate).parse('2024-01-31').withDayOfMonth(1)}", "2024-01-01"},
      {"{T(java.time.LocalDate).parse('2024-01-31').withMonth(2)}", "2024-02-29"},
      {"{T(java.time.LocalDate).parse('2024-01-31').withDayOfYear(366)}", "2024-12-31"},
      {"{T(java.time.LocalDate).parse('2024-01-31').withDayOfMonth(32)}", "error: no such date"},
      {"{T(java.time.LocalDate).parse('2024-02-29').getYear()}", "2024"},
      {"{T(java.time.LocalDate).parse('2024-02-29').getMonthValue()}", "2"},
      {"{T(java.time.LocalDate).parse('2024-02-29').getMonth()}", "FEBRUARY"},
      {"{T(java.time.LocalDate).parse('2024-02-29').getDayOfWeek()}", "THURSDAY"},
      {"{T(java.time.LocalDate).parse('2024-02-29').getDayOfYear()}", "60"},
      {"{T(java.time.LocalDate).parse('2024-02-29').lengthOfMonth()}", "29"},
      {"{T(java.time.LocalDate).parse('2024-02-29').lengthOfYear()}", "366"},
      {"{T(java.time.LocalDate).parse('1900-02-01').isLeapYear()}", "false"},
      {"{T(java.time.LocalDate).parse('2024-02-29').getHour()}", "error: not allowed"},
      {"{T(java.time.LocalDate).parse('2024-02-29').toEpochDay()}", "19782"},
      {"{T(java.time.LocalDate).ofEpochDay(19782)}", "2024-02-29"},
      {"{T(java.time.LocalDate).ofYearDay(2024, 60)}", "2024-02-29"},
      {"{T(java.time.LocalDate).parse('2024-02-29').atStartOfDay()}", "2024-02-29T00:00"},
      {"{T(java.time.LocalDate).parse('2024-02-29').isBefore(T(java.time.LocalDate).now())}",
       "false"},
      {"{T(java.time.LocalDate).parse('2024-02-29') > T(java.time.LocalDate).now()}", "true"},
      {"{T(java.time.LocalDate).now()}", "2023-11-14"},
      {"{T(java.time.LocalDate).now('+23:00')}", "error"},
      {"{T(java.time.LocalDate).parse('2024-2-29')}", "error: is no date of the form"},
      {"{T(java.time.LocalDate).parse('2024-02-29T10:00')}", "error: more than the type takes"},
      {"{T(java.time.LocalDate).parse(null)}", "error: a text is needed"},
  });
}

TEST_F(ElTemporal, TimesWithAndWithoutZone) {
  check({
      {"{T(java.time.LocalDateTime).of(2024, 2, 29, 13, 5)}", "2024-02-29T13:05"},
      {"{T(java.time.LocalDateTime).of(2024, 2, 29, 13, 5, 7, 120000000)}",
       "2024-02-29T13:05:07.120"},
      {"{T(java.time.LocalDateTime).of(2024, 2, 29, 24, 5)}", "error: there is no such date"},
      {"{T(java.time.LocalDateTime).parse('2024-02-29T13:05:07').plusSeconds(53)}",
       "2024-02-29T13:06"},
      {"{T(java.time.LocalDateTime).parse('2024-02-29T23:59').plusMinutes(1)}", "2024-03-01T00:00"},
      {"{T(java.time.LocalDateTime).parse('2024-02-29T00:00').minusNanos(1)}",
       "2024-02-28T23:59:59.999999999"},
      {"{T(java.time.LocalDateTime).parse('2024-02-29T13:05').truncatedTo('DAYS')}",
       "2024-02-29T00:00"},
      {"{T(java.time.LocalDateTime).parse('2024-02-29T13:05').truncatedTo('YEARS')}",
       "error: a unit is needed"},
      {"{T(java.time.LocalDateTime).parse('2024-02-29T13:05').toLocalDate()}", "2024-02-29"},
      {"{T(java.time.LocalDateTime).parse('2024-02-29T13:05').atZone('+01:00')}",
       "2024-02-29T13:05+01:00"},
      {"{T(java.time.LocalDateTime).parse('2024-02-29T13:05').toEpochSecond()}",
       "error: not allowed"},
      {"{T(java.time.LocalDateTime).parse('2024-02-29')}", "error: the text has no time"},
      {"{T(java.time.ZonedDateTime).parse('2024-02-29T13:05:07.5+01:00')}",
       "2024-02-29T13:05:07.500+01:00"},
      {"{T(java.time.ZonedDateTime).parse('2024-02-29T13:05:07Z[UTC]').toEpochSecond()}",
       "1709211907"},
      {"{T(java.time.ZonedDateTime).parse('2024-02-29T13:05+01:00').withZoneSameInstant('UTC')}",
       "2024-02-29T12:05Z"},
      {"{T(java.time.ZonedDateTime).parse('2024-02-29T13:05+01:00').toLocalDateTime()}",
       "2024-02-29T13:05"},
      {"{T(java.time.ZonedDateTime).parse('2024-02-29T13:05')}", "error: the text has no zone"},
      {"{T(java.time.ZonedDateTime).of(2024, 2, 29, 13, 5, 7, 0, 'UTC').getHour()}", "13"},
      {"{T(java.time.ZonedDateTime).now('UTC')}", "2023-11-14T22:13:20Z"},
      {"{T(java.time.ZonedDateTime).now('Europe/Paris')}", "error: 'Europe/Paris' is not known"},
      {"{T(java.time.ZonedDateTime).parse('2024-02-29T13:05+01:00').isEqual(T(java.time."
       "ZonedDateTime).parse('2024-02-29T12:05Z'))}",
       "true"},
      {"{T(java.time.ZonedDateTime).now().isBefore(T(java.time.LocalDate).now())}",
       "error: a date of the same kind"},
  });
}

TEST_F(ElTemporal, PatternsOfDates) {
  check({
      {"{(new java.text.SimpleDateFormat('yyyy-MM-dd HH:mm:ss.SSS').format(new "
       "java.util.Date(1700000000123L)))}",
       "2023-11-14 22:13:20.123"},
      {"{(new java.text.SimpleDateFormat('EEE, d MMM yy').format(1700000000000L))}",
       "Tue, 14 Nov 23"},
      {"{(new java.text.SimpleDateFormat('EEEE MMMM D u a h k K G').format(1700000000000L))}",
       "Tuesday November 318 2 PM 10 22 10 AD"},
      {"{(new java.text.SimpleDateFormat(\"yyyy'T'HH 'o''clock' z Z X XXX\").format(0))}",
       "1970T00 o'clock UTC +0000 Z Z"},
      {"{(new java.text.SimpleDateFormat('yyyy', 'fr'))}", "error: the locale 'fr' is not known"},
      {"{(new java.text.SimpleDateFormat('yyyy', 'en_US').format(0))}", "1970"},
      {"{(new java.text.SimpleDateFormat('qqq'))}",
       "error: the letter 'q' of the pattern 'qqq' is not known here"},
      {"{(new java.text.SimpleDateFormat(\"'x\"))}", "error: a quote that is not closed"},
      {"{(new java.text.SimpleDateFormat('y'.repeat(201)))}", "error: longer than 200 bytes"},
      {"{(new java.text.SimpleDateFormat('yyyy').format('x'))}", "error: a date is needed"},
      {"{(new java.text.SimpleDateFormat('yyyy-MM-dd').toPattern())}", "yyyy-MM-dd"},
      {"{(new java.text.SimpleDateFormat('yyyy-MM-dd HH:mm').parse('2023-11-14 22:13').getTime())}",
       "1699999980000"},
      {"{(new java.text.SimpleDateFormat('d MMM yyyy hh a Z').parse('14 Nov 2023 10 PM "
       "+0100').getTime())}",
       "1699995600000"},
      {"{(new java.text.SimpleDateFormat('yyyyMMdd').parse('20231114').getTime())}",
       "1699920000000"},
      {"{(new java.text.SimpleDateFormat('dd/MM/yy').parse('14/11/99').getTime())}",
       "942537600000"},
      {"{(new java.text.SimpleDateFormat('yyyy-MM').parse('x'))}",
       "error: a text of 1 byte is no date of the form 'yyyy-MM'"},
      {"{T(java.text.DateFormat).getDateInstance().format(1700000000000L)}", "Nov 14, 2023"},
      {"{T(java.time.LocalDate).of(2024, 2, 9).format(T(java.time.format.DateTimeFormatter)"
       ".ofPattern('dd.MM.uuuu'))}",
       "09.02.2024"},
      {"{T(java.time.format.DateTimeFormatter).ofPattern('e Q').format(T(java.time.LocalDate).of("
       "2024, 2, 9))}",
       "6 1"},
      {"{T(java.time.LocalDate).of(2024, 2, 9).format(T(java.time.format.DateTimeFormatter)"
       ".ofPattern('HH'))}",
       "error: the letter 'H' asks for what the date does not have"},
      {"{T(java.time.LocalDate).parse('09.02.2024', T(java.time.format.DateTimeFormatter)"
       ".ofPattern('dd.MM.yyyy'))}",
       "2024-02-09"},
      {"{T(java.time.LocalDate).parse('09.02.2024x', T(java.time.format.DateTimeFormatter)"
       ".ofPattern('dd.MM.yyyy'))}",
       "error: is no date of the form"},
      {"{T(java.time.format.DateTimeFormatter).ofPattern('HH xxx').withZone('+02:00').format(T("
       "java.time.ZonedDateTime).now('UTC'))}",
       "00 +02:00"},
      {"{T(java.time.LocalDate).now().format('dd')}", "error: a DateTimeFormatter is needed"},
      {"{T(String).format('%tF %<tT', 1)}", "error"},
      {"{T(String).format('%1$tF %1$tT %1$tB %1$tA %1$tZ', new java.util.Date(1700000000000L))}",
       "2023-11-14 22:13:20 November Tuesday UTC"},
      {"{T(String).format('%ts %tQ %tp %tC %tN %TB', 1700000000000L, 1700000000000L, 0, 0, 0, 0)}",
       "1700000000 1700000000000 am 19 000000000 JANUARY"},
  });
}

TEST_F(ElTemporal, TheZoneOfTheMachineIsUsed) {
  set_zone("Europe/Paris");
  std::time_t beginning = 0;
  bool has_table = localtime(&beginning)->tm_gmtoff == 3600;
  if (has_table) {
    check({
        {"{(new java.util.Date(1700000000000L))}", "Tue Nov 14 23:13:20 CET 2023"},
        {"{(new java.text.SimpleDateFormat('yyyy-MM-dd HH:mm').parse('2023-07-01 "
         "12:00').getTime())}",
         "1688205600000"},
        // A time that is skipped is moved behind the gap; of one that is there twice the earlier.
        {"{T(java.time.LocalDateTime).parse('2023-03-26T02:30').plusDays(0)}", "2023-03-26T02:30"},
        {"{(new java.text.SimpleDateFormat('yyyy-MM-dd HH:mm').parse('2023-03-26 "
         "02:30').getTime())}",
         "1679794200000"},
        {"{(new java.text.SimpleDateFormat('yyyy-MM-dd HH:mm').parse('2023-10-29 "
         "02:30').getTime())}",
         "1698539400000"},
    });
  }
  set_zone("UTC");
  if (!has_table) GTEST_SKIP() << "the machine has no table of zones";
}

TEST_F(ElTemporal, PatternsOfNumbers) {
  check({
      {"{(new java.text.DecimalFormat('#,##0.00').format(1234.5))}", "1,234.50"},
      {"{(new java.text.DecimalFormat('0.#').format(1.25))}", "1.2"},  // half to even
      {"{(new java.text.DecimalFormat('0.00').format(0.125))}", "0.12"},
      {"{(new java.text.DecimalFormat('0.00').format(1.005))}", "1.00"},  // its binary form is less
      {"{(new java.text.DecimalFormat('000').format(7))}", "007"},
      {"{(new java.text.DecimalFormat('#').format(7.5))}", "8"},
      {"{(new java.text.DecimalFormat('#.##').format(0.5))}", ".5"},
      {"{(new java.text.DecimalFormat('#.##').format(0))}", "0"},
      {"{(new java.text.DecimalFormat('0%').format(0.256))}", "26%"},
      {"{(new java.text.DecimalFormat('$0.00').format(-3))}", "-$3.00"},
      {"{(new java.text.DecimalFormat('0;(0)').format(-3))}", "(3)"},
      {"{(new java.text.DecimalFormat(\"'#'0\").format(3))}", "#3"},
      {"{(new java.text.DecimalFormat('#,##0').format(9223372036854775807L))}",
       "9,223,372,036,854,775,807"},
      {"{(new java.text.DecimalFormat('0.000').format(new java.math.BigDecimal('2.0005')))}",
       "2.000"},
      {"{(new java.text.DecimalFormat('0.0E0'))}", "error: asks for an exponent"},
      {"{(new java.text.DecimalFormat('0.0.0'))}", "error: has two points"},
      {"{(new java.text.DecimalFormat('0x0'))}", "error: cannot be understood at '0'"},
      {"{(new java.text.DecimalFormat('0').format('x'))}", "error: a number is needed, not a text"},
      {"{(new java.text.DecimalFormat('0').format(1e300))}", "error: too many digits"},
      {"{(new java.text.DecimalFormat('0').format(1.0 / 0))}", "\xe2\x88\x9e"},
      {"{(new java.text.DecimalFormat('#,##0.#').parse('1,234.5 EUR'))}", "1234.5"},
      {"{(new java.text.DecimalFormat('0').parse('-12'))}", "-12"},
      {"{(new java.text.DecimalFormat('0').parse('x'))}", "error: does not begin with a number"},
      {"{T(java.text.NumberFormat).getInstance().format(1234567.8912)}", "1,234,567.891"},
      {"{T(java.text.NumberFormat).getIntegerInstance().format(2.5)}", "2"},
      {"{T(java.text.NumberFormat).getPercentInstance().format(0.5)}", "50%"},
      {"{T(java.text.NumberFormat).getCurrencyInstance('en_US').format(5)}", "$5.00"},
      {"{T(java.text.NumberFormat).getInstance('de').format(5)}", "error: the locale 'de'"},
  });
}

TEST_F(ElTemporal, PatternsOfMessages) {
  check({
      {"{T(java.text.MessageFormat).format('{0} of {1}', 'a', 1234)}", "a of 1,234"},
      {"{T(java.text.MessageFormat).format('it''''s ''{0}''')}", "it's {0}"},
      {"{T(java.text.MessageFormat).format('{0} {1}', 'a')}", "a {1}"},
      {"{T(java.text.MessageFormat).format('{0,number,0.0} {0,number,percent}', 0.25)}", "0.2 25%"},
      {"{T(java.text.MessageFormat).format('{0,date,yyyy}', new java.util.Date(0))}", "1970"},
      {"{T(java.text.MessageFormat).format('{0,choice,0#a}', 1)}", "error: cannot be done"},
      {"{T(java.text.MessageFormat).format('{x}', 1)}", "error: cannot be done"},
      {"{(new java.text.MessageFormat('{0}!').format(new Object[1]))}", "null!"},
      {"{(new java.text.MessageFormat('<' + '{0}').format({'a'}))}", "<a"},
  });
}

TEST_F(ElTemporal, TypesOfValues) {
  check({
      {"{T(java.time.LocalDate).now() instanceof T(java.time.LocalDate)}", "true"},
      {"{T(java.time.LocalDate).now() instanceof T(java.time.ZonedDateTime)}", "false"},
      {"{(new java.text.DecimalFormat('0') instanceof T(java.text.NumberFormat))}", "true"},
      {"{({1} instanceof T(java.util.Deque))}", "false"},
      {"{T(java.time.LocalDate).now() == T(java.time.LocalDate).now()}", "true"},
      {"{T(java.time.LocalDate).now() + 1}", "error: cannot add"},
      {"{T(java.time.LocalDate).now() + 'x'}", "2023-11-14x"},
      {"{T(java.time.LocalDate).now() < 5}", "error: cannot compare"},
      {"{(new java.text.DecimalFormat('0'))}", "error: a format has no text form"},
      {"{T(java.time.LocalDate).now().getClass()}", "error: 'getClass' is not allowed"},
  });
}

TEST(ElMethods, CollectionsSearch) {
  check({
      {"{T(java.util.Collections).binarySearch({1, 3, 5}, 3)}", "1"},
      {"{T(java.util.Collections).binarySearch({1, 3, 5}, 4)}", "-3"},
      {"{T(java.util.Collections).binarySearch({1, 'a'}, 4)}", "error: cannot compare"},
      {"{T(java.util.Collections).indexOfSubList({1, 2, 1, 2}, {1, 2})}", "0"},
      {"{T(java.util.Collections).lastIndexOfSubList({1, 2, 1, 2}, {1, 2})}", "2"},
      {"{T(java.util.Collections).indexOfSubList({1}, {1, 2})}", "-1"},
      {"{T(java.util.Collections).indexOfSubList({1}, {})}", "0"},
      {"{T(java.util.Collections).indexOfSubList(1, {})}", "error: two lists are needed"},
      {"{('abc'.toCharArray()[1])}", "b"},
      {"{('abc'.toCharArray().length)}", "3"},
      {"{T(String).copyValueOf('abc'.toCharArray())}", "abc"},
      {"{('abc'.contentEquals('abc'))}", "true"},
      {"{('abc'.intern())}", "abc"},
  });
}

}  // namespace
}  // namespace perigee::el
