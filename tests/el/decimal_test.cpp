// Expression language, section 6: java.math.BigDecimal.
#include "tests/el/support/rows.hpp"

namespace perigee::el {
namespace {

using test::check;

TEST(ElDecimal, IsMadeAndWritten) {
  check({
      {"{(new java.math.BigDecimal('1.10'))}", "1.10"},
      {"{(new java.math.BigDecimal('-0.050'))}", "-0.050"},
      {"{(new java.math.BigDecimal('12e3'))}", "1.2E+4"},
      {"{(new java.math.BigDecimal('12e3').toPlainString())}", "12000"},
      {"{(new java.math.BigDecimal('0.00000012'))}", "1.2E-7"},
      {"{(new java.math.BigDecimal('0.00000012').toPlainString())}", "0.00000012"},
      {"{(new java.math.BigDecimal('+5'))}", "5"},
      {"{(new java.math.BigDecimal(5L))}", "5"},
      {"{(new java.math.BigDecimal(0.1))}",
       "0.1000000000000000055511151231257827021181583404541015625"},
      {"{(new java.math.BigDecimal(0.5))}", "0.5"},
      {"{(new java.math.BigDecimal(-3e20))}", "-300000000000000000000"},
      {"{T(java.math.BigDecimal).valueOf(0.1)}", "0.1"},
      {"{T(java.math.BigDecimal).valueOf(12345, 2)}", "123.45"},
      {"{(new java.math.BigDecimal('x'))}", "error: a text of 1 byte is not a decimal number"},
      {"{(new java.math.BigDecimal(''))}", "error: a text of 0 bytes is not a decimal number"},
      {"{(new java.math.BigDecimal('1.2.3'))}", "error"},
      {"{(new java.math.BigDecimal('1e'))}", "error"},
      {"{(new java.math.BigDecimal('1e+-1'))}", "error"},
      {"{(new java.math.BigDecimal(null))}", "error: a number is needed, not null"},
      {"{(new java.math.BigDecimal())}", "error: the constructor needs an argument"},
      {"{(new java.math.BigDecimal(0.0 / 0))}", "error"},
      {"{(new java.math.BigDecimal('1e99999999999'))}", "error"},
      {"{(new java.math.BigDecimal(1e-300))}", "error: more than 150 digits"},
  });
}

TEST(ElDecimal, Methods) {
  check({
      {"{(new java.math.BigDecimal('1.10').add(new java.math.BigDecimal('2.205')))}", "3.305"},
      {"{(new java.math.BigDecimal('1.10').subtract('2'))}", "-0.90"},
      {"{(new java.math.BigDecimal('1.10').multiply(3))}", "3.30"},
      {"{(new java.math.BigDecimal('1').divide(8))}", "0.125"},
      {"{(new java.math.BigDecimal('1.00').divide(4))}", "0.25"},
      {"{(new java.math.BigDecimal('6').divide(2))}", "3"},
      {"{(new java.math.BigDecimal('1').divide(3))}",
       "error: the digits of the quotient do not end"},
      {"{(new java.math.BigDecimal('1').divide(3, 4, 'HALF_UP'))}", "0.3333"},
      {"{(new java.math.BigDecimal('10').divide(3, 'UP'))}", "4"},
      {"{(new java.math.BigDecimal('1').divide(0))}", "error: division by zero"},
      {"{(new java.math.BigDecimal('7.5').remainder(2))}", "1.5"},
      {"{(new java.math.BigDecimal('-7.5').remainder(2))}", "-1.5"},
      {"{(new java.math.BigDecimal('1.1').pow(3))}", "1.331"},
      {"{(new java.math.BigDecimal('1.1').pow(-1))}", "error: the exponent"},
      {"{(new java.math.BigDecimal('-1.5').abs())}", "1.5"},
      {"{(new java.math.BigDecimal('-1.5').negate())}", "1.5"},
      {"{(new java.math.BigDecimal('-1.5').signum())}", "-1"},
      {"{(new java.math.BigDecimal('1.500').scale())}", "3"},
      {"{(new java.math.BigDecimal('1.500').precision())}", "4"},
      {"{(new java.math.BigDecimal('1.500').stripTrailingZeros())}", "1.5"},
      {"{(new java.math.BigDecimal('1500').stripTrailingZeros())}", "1.5E+3"},
      {"{(new java.math.BigDecimal('1.5').max('2'))}", "2"},
      {"{(new java.math.BigDecimal('1.5').min('2'))}", "1.5"},
      {"{(new java.math.BigDecimal('1.5').movePointLeft(3))}", "0.0015"},
      {"{(new java.math.BigDecimal('1.5').movePointRight(3))}", "1500"},
      {"{(new java.math.BigDecimal('1.5').compareTo('1.50'))}", "0"},
      {"{(new java.math.BigDecimal('-1.5').intValue())}", "-1"},
      {"{(new java.math.BigDecimal('1.5').doubleValue())}", "1.5"},
      {"{(new java.math.BigDecimal('1.5').toString() + '')}", "1.5"},
      {"{(new java.math.BigDecimal('1.5').getTime())}",
       "error: 'getTime' is not allowed on a number"},
      {"{(new java.math.BigDecimal('1.5').add('x'))}", "error: a number is needed"},
      {"{(5.add(1))}", "error"},
  });
}

TEST(ElDecimal, Rounding) {
  struct {
    const char* mode;
    const char* results[5];  // of 2.5, 1.6, 1.1, -1.1, -2.5
  } const rows[] = {
      {"'UP'", {"3", "2", "2", "-2", "-3"}},        {"'DOWN'", {"2", "1", "1", "-1", "-2"}},
      {"'CEILING'", {"3", "2", "2", "-1", "-2"}},   {"'FLOOR'", {"2", "1", "1", "-2", "-3"}},
      {"'HALF_UP'", {"3", "2", "1", "-1", "-3"}},   {"'HALF_DOWN'", {"2", "2", "1", "-1", "-2"}},
      {"'HALF_EVEN'", {"2", "2", "1", "-1", "-2"}}, {"4", {"3", "2", "1", "-1", "-3"}},
  };
  const char* numbers[] = {"2.5", "1.6", "1.1", "-1.1", "-2.5"};
  for (const auto& row : rows)
    for (int i = 0; i < 5; ++i)
      EXPECT_EQ(test::eval("{(new java.math.BigDecimal('" + std::string(numbers[i]) +
                           "').setScale(0, " + row.mode + "))}"),
                row.results[i])
          << row.mode << " " << numbers[i];
  check({
      {"{(new java.math.BigDecimal('1.5').setScale(3))}", "1.500"},
      {"{(new java.math.BigDecimal('1.55').setScale(1))}", "error: cannot be written with 1"},
      {"{(new java.math.BigDecimal('1.55').setScale(1, 9))}", "error: a rounding is needed"},
      {"{(new java.math.BigDecimal('1550').setScale(-2, 'UP'))}", "1.6E+3"},
      {"{(new java.math.BigDecimal('1').setScale(99999))}", "error"},
  });
}

TEST(ElDecimal, Operators) {
  check({
      {"{(new java.math.BigDecimal('1.10') + 1)}", "2.10"},
      {"{(new java.math.BigDecimal('0.1') + 0.2)}", "0.3"},
      {"{(1 - new java.math.BigDecimal('0.1'))}", "0.9"},
      {"{(new java.math.BigDecimal('1.10') * 2)}", "2.20"},
      {"{(new java.math.BigDecimal('1.00') / 3)}", "0.33"},
      {"{(new java.math.BigDecimal('7') % 4)}", "3"},
      {"{(new java.math.BigDecimal('1.5') ^ 2)}", "2.25"},
      {"{(-new java.math.BigDecimal('1.5'))}", "-1.5"},
      {"{(new java.math.BigDecimal('1') / 0)}", "error: division by zero"},
      {"{(new java.math.BigDecimal('1.0') == 1)}", "true"},
      {"{(new java.math.BigDecimal('1.0') == '1.0')}", "false"},
      {"{(new java.math.BigDecimal('1.0') < 1.1)}", "true"},
      {"{(new java.math.BigDecimal('2') between {1, 3})}", "true"},
      {"{(new java.math.BigDecimal('1.0') + 'x')}", "1.0x"},
      {"{(new java.math.BigDecimal('1') instanceof T(Number))}", "true"},
      {"{(new java.math.BigDecimal('1') instanceof T(java.math.BigDecimal))}", "true"},
      {"{T(java.lang.Math).abs(new java.math.BigDecimal('-1.5'))}", "1.5"},
      {"{T(java.lang.Math).max(new java.math.BigDecimal('-1.5'), 1)}", "1.0"},
  });
}

TEST(ElDecimal, HasALimit) {
  check({
      {"{(new java.math.BigDecimal('9'.repeat(150)).precision())}", "150"},
      {"{(new java.math.BigDecimal('9'.repeat(151)))}", "error"},
      {"{(new java.math.BigDecimal('9'.repeat(150)) + 1)}", "error: more than 150 digits"},
      {"{(new java.math.BigDecimal('9'.repeat(150)) * 9)}", "error: more than 150 digits"},
      {"{(new java.math.BigDecimal('9').pow(999))}", "error: more than 150 digits"},
      {"{(new java.math.BigDecimal('1').pow(999))}", "1"},
      {"{(new java.math.BigDecimal('-1').pow(998))}", "1"},
      {"{(new java.math.BigDecimal('1e9999') + 1)}", "error: more than 150 digits"},
      {"{(new java.math.BigDecimal('1e9999') > new java.math.BigDecimal('1e-9999'))}", "true"},
      {"{(new java.math.BigDecimal('-1e9999') < new java.math.BigDecimal('1e-9999'))}", "true"},
      {"{(new java.math.BigDecimal('1e-9999').setScale(0, 'UP'))}", "error"},
  });
}

}  // namespace
}  // namespace perigee::el
