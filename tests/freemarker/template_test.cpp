// FreeMarker: what a template gives, as the language's manual says; what is refused when it is
// compiled and what fails when it is rendered, with line and column.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "freemarker/builtins.hpp"
#include "tests/freemarker/support/render.hpp"

namespace perigee::freemarker {
namespace {

using namespace testing;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const Row kInterpolations[] = {
    {"plain", "plain"},
    {"", ""},
    {"Hello ${name}!", "Hello World!"},
    {"${ name }", "World"},
    {"$name $ {name} {name} #name", "$name $ {name} {name} #name"},
    {"{\"a\": \"${name}\", \"b\": {\"c\": 1}}", "{\"a\": \"World\", \"b\": {\"c\": 1}}"},
    {"${n} ${half} ${pi} ${neg} ${zero}", "1,234,567 0.5 3.142 -3 0"},
    {"${n?c} ${pi?c} ${half?c}", "1234567 3.14159265 0.5"},
    {"${0.1 + 0.2} ${(0.1 + 0.2)?c} ${(1/3)?c} ${10/4} ${7 % 3} ${7.9 % 3}",
     "0.3 0.3 0.333333333333 2.5 1 1"},
    {"${1 + 2 * 3} ${(1 + 2) * 3} ${-neg} ${- 2 + 5} ${2 - -1}", "7 9 3 3 3"},
    {"${0.125} ${0.0625} ${1e3!'x'}", "refused: line 1, column 23: 'e3!'x'' was not expected here"},
    {"${0.1255} ${2.5?c}", "0.126 2.5"},
    {"#{n} #{half} #{pi} #{pi; m1M2} #{2 ; m1} #{pi;M0}", "1234567 0.5 3.14159265 3.14 2.0 3"},
    {"${'a' + 'b'} ${'a' + 1} ${name + '!'}", "ab a1 World!"},
    {"${\"dq\"} ${'it\\'s'} ${\"a\\\"b\"} ${'\\x41\\x00e9'} ${'t\\tn'} ${'\\lb\\g \\a'}",
     "dq it's a\"b A\xc3\xa9 t\tn <b> &"},
    {"${r'c:\\new ${x}'} ${'\\{x}'} ${\"$\\{x}\"}", "c:\\new ${x} {x} ${x}"},
    {"${'Hi ${name}, ${1 + 1}'} ${\"<${list[0]}>\"}", "Hi World, 2 <a>"},
    {"${'}'} ${'>'} ${{'a': 1}.a} ${[1, [2, 3]][1][0]}", "} > 1 2"},
    {"${list[0]}${list[2]} ${map.k} ${map['k']} ${map[\"de\" + \"ep\"].x[1].y}", "ac v v z"},
    {"${list[0..1]?join(',')} ${list[1..]?join(',')} ${list[0..<2]?join(',')} "
     "${list[2..0]?join(',')} ${list[1..*5]?join(',')}",
     "a,b b,c a,b c,b,a b,c"},
    {"${name[0]} ${name[1..2]} ${name[2..]} ${name[0..<0]}|${name[0..*3]} ${uml[1..2]}",
     "W or rld |Wor \xc3\xb6\xc3\xbc"},
    {"${(1..3)?join('-')} ${(3..1)?join('-')} ${(1..<3)?join('-')} ${(1..!3)?join('-')} "
     "${(0..*4)?join('-')}",
     "1-2-3 3-2-1 1-2 1-2 0-1-2-3"},
    {"${([1] + [2, 3])?size} ${({'a': 1} + {'b': 2, 'a': 3}).a} ${({'a': 1} + {'b': "
     "2})?keys?join(',')}",
     "3 3 a,b"},
    {"${bean.getK()} ${bean.k} ${bean.getDeep().x[0]}", "v v 1"},
};

const Row kMissing[] = {
    {"${nope!'default'} ${nope!} ${(nope)!'d'} ${nothing!'null'}", "default  d null"},
    {"${map.nope!'d'} ${(map.nope.deeper.still)!'d'} ${(a.b.c)!'d'} ${list[9]!'d'}", "d d d d"},
    {"${nope!other!'last'} ${empty!'kept'}|", "last |"},
    {"${nope!1 + 2} ${(nope!1) + 2}", "3 3"},
    {"${name!1 + 2}", "World"},
    {"${nope!name?upper_case}", "WORLD"},
    {"${(nope?\?)?c} ${(name?\?)?c} ${nothing???c} ${map.nope???c} ${(x.y.z)???c} "
     "${(map.deep.x)???c}",
     "false true false false false true"},
    {"<#if nope?? && nope.x>a<#else>b</#if>", "b"},
    {"<#if !(nope)?\?>no</#if>", "no"},
    {"${nope?has_content?c} ${empty?has_content?c} ${none?has_content?c} ${list?has_content?c} "
     "${(a.b)?has_content?c} ${zero?has_content?c}",
     "false false false true false true"},
    {"${nope?default('x')} ${nope?if_exists}| ${name?exists?c} ${nope?default(nothing, 'y')}",
     "x | true y"},
    {"<#list nope! as x>${x}<#else>empty</#list>", "empty"},
    {"<#list (map.nope)![] as x>${x}</#list>.", "."},
    {"<#assign a = nope!'d' b = 'e'>${a}${b}", "de"},
    {"<#assign a = nope! b = 'e'>${a}${b}", "e"},
    {"${(nope!).x!'deep'} ${nope!?length}", "deep 0"},
};

const Row kDirectives[] = {
    {"<#if yes>a</#if><#if no>b</#if>", "a"},
    {"<#if no>a<#elseif yes>b<#else>c</#if>", "b"},
    {"<#if no>a<#elseif no>b<#else>c</#if>", "c"},
    {"<#if n gt 5>a</#if><#if (n > 5)>b</#if><#if n gte 1234567>c</#if><#if 1 lt 2 && 2 lte "
     "2>d</#if>",
     "abcd"},
    {"<#if name == 'World' || nope.x>a</#if><#if name != 'x' && !no>b</#if><#if name = "
     "'World'>c</#if>",
     "abc"},
    {"<#if yes == true && 1 == 1.0>a</#if>", "a"},
    {"<#if (1 == 1)><#if yes>x</#if></#if>", "x"},
    {"<#list list as x>${x}<#sep>, </#list>", "a, b, c"},
    {"<#list list as x>${x}<#sep>, </#sep>;</#list>", "a, ;b, ;c;"},
    {"<#list none as x>${x}<#else>none</#list>", "none"},
    {"<#list list as x>${x?index}${x?counter}${x?has_next?c}${x?is_first?c}${x?is_last?c} </#list>",
     "01truetruefalse 12truefalsefalse 23falsefalsetrue "},
    {"<#list list as x>${x_index}${x_has_next?c} ${x?item_parity} ${x?is_odd_item?c};</#list>",
     "0true odd true;1true even false;2false odd true;"},
    {"<#list map as k, v>${k}=${k?index};</#list>", "k=0;deep=1;n=2;"},
    {"<#list {'a': 1, 'b': 2} as k, v>${k}${v}<#sep>,</#list>", "a1,b2"},
    {"<#list list>[<#items as x>${x}<#sep>,</#items>]<#else>none</#list>", "[a,b,c]"},
    {"<#list none>[<#items as x>${x}</#items>]<#else>none</#list>", "none"},
    {"<#list 1..3 as i><#list 1..i as j>${i}${j} </#list></#list>", "11 21 22 31 32 33 "},
    {"<#list 1..9 as i><#if i == 3><#continue></#if><#if i == 5><#break></#if>${i}</#list>", "124"},
    {"<#list users as u>${u.name}:${u.age}<#sep>|</#list>", "Bob:5|al:40"},
    {"<#assign x = 1>${x}<#assign x = x + 1, y = 'b'>${x}${y}<#assign x += 5>${x}<#assign "
     "x++>${x}<#assign x -= 2 y += 'c'>${x}${y}",
     "12b786bc"},
    {"<#assign t>in ${name}</#assign>[${t}]<#global g = 2>${g}", "[in World]2"},
    {"<#assign h = {'a': [1, 2]}>${h.a[1]}", "2"},
    {"<#list list as x><#assign last = x></#list>${last}", "c"},
    {"<#switch name><#case 'x'>x<#break><#case 'World'>w<#case 'y'>y<#break><#default>d</#switch>",
     "wy"},
    {"<#switch 5><#case 1>x<#default>d</#switch><#switch 5><#case 1>x</#switch>", "d"},
    {"<#list 1..2 as i><#switch i><#case 1>one<#break><#default>other</#switch>,</#list>",
     "one,other,"},
    {"a<#-- no ${x} <#if> -->b", "ab"},
    {"<#noparse>${x} <#if></#noparse>${name}", "${x} <#if>World"},
    {"<#attempt>a${nope}b<#recover>failed</#attempt>", "failed"},
    {"<#attempt>fine<#recover>failed</#attempt>", "fine"},
    {"<#attempt><#list list as x>${x.y}</#list><#recover>r</#attempt><#list list as x>${x}</#list>",
     "rabc"},
    {"<#compress>a   b \n\n c</#compress>", "a b\nc"},
    {"<#setting number_format='computer'>${n} <#setting number_format=\"0.00\">${half} <#setting "
     "number_format='number'>${n}",
     "1234567 0.50 1,234,567"},
    {"<#setting boolean_format='c'>${yes}<#setting boolean_format='ja,nein'>${no}", "truenein"},
    {"<#ftl encoding='utf-8'>x", "x"},
    {"<#if yes/>", "refused: line 1, column 1: <#if> is not closed"},
};

// White-space stripping: lines of nothing but tags leave nothing behind.
const Row kLines[] = {
    {"a\n<#if yes>\nb\n</#if>\nc\n", "a\nb\nc\n"},
    {"  <#list list as x>\n  ${x}\n  </#list>\n", "  a\n  b\n  c\n"},
    {"a\n  <#assign x = 1>  \nb", "a\nb"},
    {"a <#if yes>\nb\n</#if> c", "a \nb\n c"},
    {"<#-- comment -->\nx", "x"},
    {"<#if yes> <#-- both --> \nx</#if>", "x"},
    {"${name}<#if yes>\nx</#if>", "World\nx"},
    {"\n \n<#if yes>\n\n</#if>\n \n", "\n \n\n \n"},
    {"<#assign\n  x = 1\n  y = 2\n>\n${x}${y}\r\n", "12\r\n"},
    {"<#noparse>\n <#if>\n</#noparse>\nx", " <#if>\nx"},
    {"<#if yes>\r\nx\r\n</#if>\r\ny", "x\r\ny"},
};

const Row kTextBuiltins[] = {
    {"${name?upper_case} ${name?lower_case} ${'abc def'?cap_first} ${'ABC'?uncap_first} "
     "${text?capitalize}",
     "WORLD world Abc def aBC   Hello World  "},
    {"[${text?trim}] ${name?length} ${uml?length} ${n?length}", "[Hello wOrld] 5 4 9"},
    {"${name?contains('orl')?c} ${name?starts_with('W')?c} ${name?ends_with('x')?c}",
     "true true false"},
    {"${'a.b.c'?replace('.', '-')} ${'aXbx'?replace('x', '_', 'i')} ${'abab'?replace('b', '', "
     "'f')} ${'a1b22'?replace('[0-9]+', '<$0>', 'r')} ${'john doe'?replace('(\\\\w+) (\\\\w+)', "
     "'$2 $1', 'r')}",
     "a-b-c a_b_ aab a<1>b<22> doe john"},
    {"${'a,b,,c,'?split(',')?size} ${'a1b2c'?split('[0-9]', 'r')?join('|')} ${'aXbxc'?split('x', "
     "'i')?join('|')}",
     "5 a|b|c a|b|c"},
    {"${path?split('/')?last} ${path?keep_before('/')} ${path?keep_after('/')} "
     "${path?keep_before_last('/')} ${path?keep_after_last('.')} "
     "${path?keep_after('none')}|${path?keep_before('none')}",
     "c.txt a b/c.txt a/b txt |a/b/c.txt"},
    {"${path?index_of('/')} ${path?index_of('/', 2)} ${path?last_index_of('/')} "
     "${path?index_of('z')} ${uml?index_of('\xe2\x82\xac')}",
     "1 3 3 -1 3"},
    {"${name?substring(1)} ${name?substring(1, 3)} ${uml?substring(3)}", "orld or \xe2\x82\xac"},
    {"${'ab'?left_pad(5)}| ${'ab'?left_pad(5, '0')} ${'ab'?right_pad(5, '-+')} "
     "${'abc'?left_pad(2)}",
     "   ab| 000ab ab-+- abc"},
    {"${path?remove_beginning('a/')} ${path?remove_ending('.txt')} ${path?ensure_starts_with('/')} "
     "${path?ensure_ends_with('.txt')}",
     "b/c.txt a/b/c /a/b/c.txt a/b/c.txt"},
    {"${xml?html} ${xml?xml}",
     "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt; &lt;a "
     "href=&quot;x&quot;&gt;&apos;&amp;&apos;&lt;/a&gt;"},
    {"${'a b/c?\xc3\xa4'?url} ${'a b/c'?url_path}", "a%20b%2Fc%3F%C3%A4 a%20b/c"},
    {"${'say \"hi\"\\n\\\\ it\\'s </x> <!'?json_string}",
     "say \\\"hi\\\"\\n\\\\ it's <\\/x> \\u003C!"},
    {"${'it\\'s \"x\" ]]>'?js_string} ${'it\\'s \"x\"'?j_string} ${'/a'?json_string}",
     "it\\'s \\\"x\\\" ]]\\> it's \\\"x\\\" \\/a"},
    {"${' a  b\\tc '?word_list?join('|')} ${'x\\n'?chop_linebreak}|", "a|b|c x|"},
    {"${'abc1'?matches('[a-z]+[0-9]')?c} ${'xabc1'?matches('[a-z]+')?c} ${'ABC'?matches('abc', "
     "'i')?c}",
     "true false true"},
    {"${'12'?number + 1} ${' 1.5 '?number?c} ${'-1e3'?number} ${'true'?boolean?c}",
     "13 1.5 -1,000 true"},
    {"${json?eval_json.a.b[1]} ${json?eval_json.t} ${(json?eval_json.a.b[2])!'null'} "
     "${json?eval_json?keys?join(',')}",
     "2.5 x null a,t"},
    {"<#assign body = json?eval_json>${body.a.b?size}<#list body.a.b as x>${x!'-'};</#list>",
     "31;2.5;-;"},
    {"<#assign body = json?eval >${body.t} ${body.a.b?join(',', '', '')}", "x 1,2.5"},
    {"${'7'?eval + 1} ${'true'?eval?c} ${' [1, \\'\\'] '?replace(\"'\", '\"')?eval?size} "
     "${('null'?eval)!'missing'} ${'{}'?eval?size}",
     "8 true 2 missing 0"},
    {"${name?upperCase} ${'a'?jsonString}", "WORLD a"},
};

const Row kListBuiltins[] = {
    {"${list?size} ${map?size} ${none?size} ${list?first} ${list?last} ${none?first!'-'}",
     "3 3 0 a c -"},
    {"${list?join(', ')} ${none?join(', ', 'nothing')} ${list?join('+', '', '.')} "
     "${mixed?join(',')}",
     "a, b, c nothing a+b+c. 1,x"},
    {"${list?reverse?join('')} ${nums?sort?join('')} ${['b', 'C', 'a']?sort?join('')}",
     "cba 123 abC"},
    {"${users?sort_by('name')?first.name} ${users?sort_by('age')?last.age} ${[{'a': {'b': 2}}, "
     "{'a': {'b': 1}}]?sort_by(['a', 'b'])?first.a.b}",
     "al 40 1"},
    {"${list?seq_contains('b')?c} ${list?seq_index_of('c')} ${list?seq_last_index_of('x')} "
     "${mixed?seq_contains('x')?c}",
     "true 2 -1 true"},
    {"<#list 1..5?chunk(2) as row>${row?join(',')};</#list> <#list list?chunk(2, '-') as "
     "row>${row?join(',')};</#list>",
     "failed: line 1, column 13: expected a sequence, found a number"},
    {"<#list (1..5)?chunk(2) as row>${row?join(',')};</#list> <#list list?chunk(2, '-') as "
     "row>${row?join(',')};</#list>",
     "1,2;3,4;5; a,b;c,-;"},
    {"${nums?min} ${nums?max} ${none?max!'-'}", "1 3 -"},
    {"${nums?filter(x -> x gt 1)?join(',')} ${nums?map(x -> x * 2)?join(',')} ${users?map(u -> "
     "u.name?upper_case)?join(',')} ${nums?filter((x) -> x == 1)?size}",
     "3,2 6,2,4 BOB,AL 1"},
    {"${nums?take_while(x -> x != 1)?join(',')} ${nums?drop_while(x -> x != 1)?join(',')}",
     "3 1,2"},
    {"${map?keys?join(',')} ${{'a': 1, 'b': 2}?values?join(',')}", "k,deep,n 1,2"},
};

const Row kOtherBuiltins[] = {
    {"${yes?c} ${yes?string} ${no?string('ja', 'nein')} ${yes?then('a', nope)} ${no?then(nope, "
     "'b')}",
     "true true nein a b"},
    {"${n?string} ${n?string('0')} ${half?string('0.00')} ${pi?string('0.##')} "
     "${n?string('#,##0.0')} ${half?string('0%')} ${half?string.percent} ${n?string.computer} "
     "${n?string['000000000']} ${5?string('EUR 0.00')}",
     "refused"},
    {"${n?string} ${n?string('0')} ${half?string('0.00')} ${pi?string('0.##')} "
     "${n?string('#,##0.0')} ${half?string('0%')} ${half?string.percent} ${n?string.computer} "
     "${n?string['000000000']} ${5?string('$0.00')}",
     "1,234,567 1234567 0.50 3.14 1,234,567.0 50% 50% 1234567 001234567 $5.00"},
    {"${2.5?round} ${(-2.5)?round} ${2.7?floor} ${2.1?ceiling} ${2.7?int} ${neg?abs} ${(-1.5)?abs}",
     "3 -2 2 3 2 3 1.5"},
    {"${name?is_string?c} ${n?is_number?c} ${yes?is_boolean?c} ${list?is_sequence?c} "
     "${map?is_hash?c} ${list?is_hash?c} ${name?is_number?c} ${list?is_enumerable?c}",
     "true true true true true false false true"},
    {"${name?switch('x', 1, 'World', 2, 3)} ${5?switch(1, 'a', 'other')}", "2 other"},
    {"${(n > 5)?then('big', 'small')}", "big"},
};

TEST(FreeMarker, Renders) {
  for (const auto& table : {std::span<const Row>(kMissing), std::span<const Row>(kDirectives),
                            std::span<const Row>(kLines), std::span<const Row>(kTextBuiltins),
                            std::span<const Row>(kListBuiltins)}) {
    for (const Row& row : table) EXPECT_EQ(render(row.text), row.expected) << row.text;
  }
  for (const auto& table :
       {std::span<const Row>(kInterpolations), std::span<const Row>(kOtherBuiltins)}) {
    for (const Row& row : table) {
      if (row.expected == "refused" || row.expected.ends_with("failed")) {
        EXPECT_THAT(render(row.text), StartsWith("failed: line 1")) << row.text;
      } else {
        EXPECT_EQ(render(row.text), row.expected) << row.text;
      }
    }
  }
}

struct Refusal {
  std::string_view text;
  std::string_view says;
};
const Refusal kRefusals[] = {
    {"a\n  <#macro x></#macro>", "line 2, column 3: the directive '<#macro>' is not supported"},
    {"<#lits x as y></#lits>", "'<#lits>' is not supported; did you mean 'list'?"},
    {"<#include 'x'>", "line 1, column 1: the directive '<#include>' is not supported"},
    {"<#import 'x' as y>", "'<#import>' is not supported"},
    {"<#function f></#function>", "'<#function>' is not supported"},
    {"<@x/>", "user-defined directives"},
    {"${x?nope}", "line 1, column 5: the built-in '?nope' is not supported"},
    {"${x?upper_cas}", "did you mean 'upper_case'?"},
    {"<#assign x = \"a.B\"?new()>", "'?new' is not supported"},
    {"${x?api.y}", "'?api' is not supported"},
    {"${'x'?interpret}",
     "line 1, column 7: the built-in '?interpret' is not supported; it would run what a stranger "
     "sends"},
    {"${x?date}", "dates are not supported"},
    {"${.now}", "the special variable '.now' is not supported"},
    {"${request.getClass().getName('x')}", "only getters without arguments can be called"},
    {"${f(1)}", "only getters"},
    {"${", "line 1, column 1: an interpolation is not closed"},
    {"a\n b${x", "line 2, column 3: an interpolation is not closed"},
    {"${}", "line 1, column 3: expected an expression"},
    {"${a b}", "line 1, column 5: 'b' was not expected here"},
    {"${a.}", "expected a name"},
    {"${a[1}", "an interpolation is not closed"},
    {"${a[}]}", "expected"},
    {"${(a}", "an interpolation is not closed"},
    {"${a + }", "line 1, column 7: expected an expression"},
    {"${'a}", "an interpolation is not closed"},
    {"${'\\q'}", "the escape '\\q' is not known"},
    {"${\"${a\"}", "not closed"},
    {"${x?replace('a')}", "?replace takes 2 to 3 arguments, found 1"},
    {"${x?contains}", "?contains takes 1 to 1 arguments, found 0"},
    {"${(x + 1)?index}", "?index stands behind the variable of a <#list>"},
    {"<#if a>x", "line 1, column 1: <#if> is not closed"},
    {"<#if a>x</#list>", "<#if> is not closed, found </#list>"},
    {"x</#if>", "line 1, column 2: </#if> was not expected here"},
    {"<#else>", "<#else> was not expected here"},
    {"<#if>x</#if>", "expected an expression"},
    {"<#list x y>a</#list>", "'y' was not expected here"},
    {"<#list x as>a</#list>", "expected a name"},
    {"<#break>", "<#break> stands outside of a loop"},
    {"<#sep>,", "<#sep> stands outside of a loop"},
    {"<#items as x></#items>", "<#items> stands inside"},
    {"<#switch x>a<#case 1>b</#switch>", "nothing may stand"},
    {"<#switch x><#default>a<#default>b</#switch>", "there is a <#default> already"},
    {"<#attempt>x</#attempt>", "has no <#recover>"},
    {"<#assign x>a", "<#assign> is not closed"},
    {"<#setting locale='de'>", "the setting 'locale' is not supported"},
    {"<#ftl output_format='XML'>", "the header parameter 'output_format' is not supported"},
    {"<#-- open", "a comment is not closed"},
    {"<#noparse>x", "<#noparse> is not closed"},
    {"<#if x", "is not closed"},
    {"#{x; 3}", "looks like m1M2"},
};
TEST(FreeMarker, RefusesWhatItDoesNotKnow) {
  for (const Refusal& refusal : kRefusals) {
    std::string said = render(refusal.text);
    EXPECT_THAT(said, StartsWith("refused: ")) << refusal.text;
    EXPECT_THAT(said, HasSubstr(refusal.says)) << refusal.text;
  }
}

const Refusal kFailures[] = {
    {"a\n ${nope}", "line 2, column 4"},
    {"${nope}", "'nope' is missing or null"},
    {"${map.nope.x}", "line 1, column 7: 'map.nope' is missing or null"},
    {"${map.nope.x!'d'}", "'map.nope' is missing"},
    {"${nothing}", "'nothing' is missing"},
    {"${yes}", "a boolean has no text; use ?c"},
    {"${list}", "expected a string or a number, found a sequence; use [0]"},
    {"${map}", "found a hash"},
    {"${bean}", "found a hash"},
    {"<#if name>x</#if>", "expected a boolean, found a string"},
    {"<#if nope>x</#if>", "'nope' is missing"},
    {"<#if name == 1>x</#if>", "a string and a number cannot be compared"},
    {"<#if name gt 'a'>x</#if>", "only numbers are less or greater"},
    {"${1 / zero}", "division by zero"},
    {"${1 % zero}", "division by zero"},
    {"${name - 1}", "expected numbers"},
    {"${name.x}", "a string has no member 'x'"},
    {"${list.x}", "a sequence has no member 'x'"},
    {"${name[9]}", "has no character 9"},
    {"${list[-1]}", "cannot be negative"},
    {"${list[1..9]?size}", "outside"},
    {"${name[1..9]}", "outside"},
    {"${name?substring(2, 99)}", "outside"},
    {"<#list name as x></#list>", "expected a sequence, found a string"},
    {"<#list map as x></#list>", "a hash is listed with 'as key, value'"},
    {"<#list list as k, v></#list>", "a sequence is listed with one name"},
    {"<#stop 'why'>", "stopped by <#stop>: why"},
    {"${'x'?number}", "'x' is no number"},
    {"${'x'?boolean}", "neither true nor false"},
    {"${name?eval_json}", "?eval_json reads JSON only, found invalid JSON at 1:1"},
    {"${name?eval}", "line 1, column 8: ?eval reads JSON only, found invalid JSON at 1:1"},
    {"${'1 + 1'?eval}", "?eval reads JSON only, found invalid JSON at 1:3"},
    {"${'name'?eval}", "?eval reads JSON only"},
    {"${\"{'a': 1}\"?eval}", "?eval reads JSON only"},
    {"${'\"${name}'?eval}", "?eval reads JSON only"},
    {"${empty?eval}", "?eval reads JSON only"},
    {"${list?eval}", "expected a string or a number, found a sequence"},
    {"${'null'?eval}", "missing"},
    {"${name?c}", "expected a number or a boolean"},
    {"${'a'?replace('(', '', 'r')}", "regular expression"},
    {"${'a'?replace('(?=x)', '', 'r')}", "look-around is not supported"},
    {"${'a'?replace('x', '', 'q')}", "the flag 'q' is not supported"},
    {"${mixed?sort?size}", "only numbers, only strings"},
    {"${list?map(x -> nope)?size}", "'nope' is missing"},
    {"${x?index}", "not the variable of a <#list>"},
    {"${name.getX()}", "a string has no methods"},
    {"${map.getK()}", "a hash has no methods"},
    {"${bean.getClass()}", "missing"},
    {"<#setting number_format='0.0E0'>", "the number format '0.0E0' is not supported"},
    {"${5?switch(1, 'a')}", "no case fits"},
    {"<#assign x += 1>", "'x' is missing"},
};
TEST(FreeMarker, FailsWithThePlaceAndTheReason) {
  for (const Refusal& failure : kFailures) {
    std::string said = render(failure.text);
    EXPECT_THAT(said, StartsWith("failed: line ")) << failure.text;
    EXPECT_THAT(said, HasSubstr(failure.says)) << failure.text;
  }
}

TEST(FreeMarker, BuiltinsAreInOrderAndDistinct) {
  std::span<const std::string_view> names = builtin_names();
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
}

}  // namespace
}  // namespace perigee::freemarker
