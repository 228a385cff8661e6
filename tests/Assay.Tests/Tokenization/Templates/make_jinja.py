"""Writes jinja.json: what Jinja2 renders for small templates, set up as transformers sets it up. Each entry: {template, rendered | error}.
Run: python3 make_jinja.py (Jinja2 3.1)."""
import json
from datetime import datetime
from pathlib import Path

import jinja2
import jinja2.ext
from jinja2.sandbox import ImmutableSandboxedEnvironment


class Generation(jinja2.ext.Extension):
    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_generation"), [], [], body).set_lineno(line)

    def _generation(self, caller):
        return caller()


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


env = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols])
env.filters["tojson"] = tojson
env.globals["raise_exception"] = raise_exception
env.globals["strftime_now"] = lambda f: datetime(2026, 11, 21, 12, 0, 0).strftime(f)
VARIABLES = {"messages": [{"role": "system", "content": "Be <b>"}, {"role": "user", "content": " Hi 🙂é\n"}, {"role": "assistant", "content": "x"}], "tools": None, "documents": None,
             "add_generation_prompt": True, "bos_token": "<s>", "flag": False, "number": 7, "ratio": 0.5,
             "data": {"b": [1, 2.5, None, True, "q\"'\\"], "A": {"n": {}}, "c": [], "items": "shadowed"}}

EXPRESSIONS = r"""
1 + 2 * 3 ** 2 | 7 // 2 | -7 // 2 | -7 % 3 | 7 % -3 | 7 / 2 | 2 ** -1 | -2 ** 2 | 1.0 | 1e3 | 1e16 | 1e-5 | 0.0001 | 123456789.125 | 1_000 | 7.5 // 2 | -7.5 % 2 | true + true
1 < 2 < 3 | 1 < 2 > 3 | 1 == 1.0 | true == 1 | 'a' < 'b' | 'Z' < 'a' | [1, 2] < [1, 3] | [1] == (1,) | none == false | 'a' != 'a' | not 1 == 2 | not not 0
1 and 0 | 0 or 'x' | none or [] or 'last' | '' and missing | 'a' if flag else 'b' | ('a' if flag) | 1 if missing else 2 | 'x' in 'xyz' | 'q' not in 'xyz' | 2 in [1, 2] | 'b' in data | 3 in (1, 2)
'a' ~ 1 ~ none ~ true ~ 2.0 | 'a' * 3 | 3 * 'ab' | [1] * 2 | 'a' + 'b' | [1] + [2, 'x'] | (1, 2) + (3,) | 'a' 'b' | "it's" | ['it\'s', "say \"x\"", 'both \' and "'] | ['\n\t\\', '\x7f', 'é', '🙂', '\u200b']
(1,) | () | [] | {} | {'a': 1, 'b': [none, false]} | {1: 2, 1.0: 3, true: 4} | [1.5, 'x', none, true] | (1, (2, [3])) | 1, 2
'hello'[1] | 'hello'[-1] | 'hello'[1:3] | 'hello'[::-1] | 'hello'[::2] | 'hello'[-3:] | 'hello'[10:] | 'hello'[:-10] | 'hello'[4:1:-1] | 'a🙂b'[1] | 'a🙂b'[1:] | 'a🙂b'|length | [1, 2, 3][1:] | [1, 2, 3][::-1] | (1, 2, 3)[:2] | [1,2,3][5] is defined | 'abc'[7] is defined
messages[0].role | messages[-1]['content'] | messages[0]['role'] | messages.0.role | messages[1].missing | messages[1].missing is defined | data['items'] | data.items is string | data.get('zz') | data.get('zz', 5) | data.get('c') | data.keys()|list | data.values()|list|length | data.copy() == data | data.b.count(2.5) | data.b.index(none)
' x '.strip() ~ '|' | 'xxaxx'.strip('x') | 'xxaxx'.lstrip('x') | 'xxaxx'.rstrip('x') | 'a,b,,c'.split(',') | ' a  b '.split() | 'a,b,c'.split(',', 1) | 'a,b,c'.rsplit(',', 1) | 'a-b'.partition('-') | 'a-b-c'.rpartition('-') | 'ab'.partition('-') | 'aXbX'.replace('X', '--') | 'aaa'.replace('a', 'b', 2) | 'ab'.replace('', '.') | 'abc'.startswith('ab') | 'abc'.endswith(('x', 'c')) | 'abc'.find('c') | '🙂c'.find('c') | 'abc'.find('z') | 'banana'.count('an') | '-'.join(['a', 'b']) | 'a\nb\r\nc\n'.splitlines() | 'Ab'.upper() | 'Ab'.lower() | 'hELLO wORLD'.capitalize() | 'prefix-x'.removeprefix('prefix-') | 'x.py'.removesuffix('.py') | '12'.isdigit() | ''.isdigit() | 'abC'.isalpha() | ' \t'.isspace() | 'AB1'.isupper() | 'ab1'.islower()
' x '|trim ~ '|' | 'xxaxx'|trim('x') | 'ab'|upper | 'AB'|lower | 'foo bar-baz (qux)'|title | 'fOO'|capitalize | [1, 2]|length | missing|length | missing|default('d') | ''|default('d') | ''|default('d', true) | none|default('d') | [3, 1, 2]|sort | [3, 1, 2]|sort(reverse=true) | ['b', 'A', 'c']|sort | ['b', 'A', 'c']|sort(case_sensitive=true) | [1, 2]|join | [1, 'b', none]|join(', ') | messages|join(',', attribute='role') | messages|map(attribute='role')|list | ['a', 'b']|map('upper')|list | messages|map(attribute='zz', default='-')|list
messages|selectattr('role', 'equalto', 'user')|list|length | messages|rejectattr('role', 'equalto', 'user')|map(attribute='role')|join('+') | [1, 0, 2]|select|list | [1, 0, 2]|reject|list | [1, 2, 3]|select('odd')|list | messages|selectattr('role')|list|length | none|selectattr('x')|list | [1, 2]|first | []|first is defined | [1, 2]|last | 'abc'|first | [1, 2]|reverse|list | 'a🙂b'|reverse | 'abc'|list | {'b': 1, 'a': 2}|dictsort | {'b': 1, 'a': 2}|dictsort(by='value') | {'b': 1, 'a': 2}|items|list | missing|items|list | [1, 1, 2]|unique|list | ['a', 'A']|unique|list | [1, 5, 2]|max | [4, 5, 2]|min | [1, 2]|sum | (-3)|abs | -3|abs | '3'|int | '3.7'|int | 'x'|int | 3.9|int | 'x'|int(7) | '2.5'|float | 'x'|float | 5|string + '1' | 'a-b'|replace('-', '+') | 'aaa'|replace('a', 'b', 1)
data|tojson | data|tojson(indent=2) | []|tojson(indent=2) | {}|tojson(indent=2) | 'é🙂<>&\'"\\\n\x01\x7f'|tojson | 'é🙂'|tojson(ensure_ascii=true) | {'b': 1, 'a': [1, 2]}|tojson(separators=(',', ':')) | {'b': 1, 'a': 2}|tojson(sort_keys=true) | (1, 2)|tojson | 1.0|tojson | 1e20|tojson | {1: 'x', none: 2, true: 3}|tojson | none|tojson | 'a\nb\n\nc'|indent | 'a\nb'|indent(2, true) | 'a\n\nb'|indent(2, blank=true) | 'a\nb\n'|indent(2) | ''|indent(2, true) | 'a\nb'|indent('> ')
missing is defined | missing is not defined | none is none | none is defined | 'x' is string | 1 is string | data is mapping | messages is mapping | messages is iterable | 'x' is iterable | 1 is iterable | none is iterable | data is sequence | 'x' is sequence | data.items() is sequence | missing is iterable | missing is sequence | true is boolean | 1 is boolean | 1 is integer | true is integer | 1.0 is float | 1 is number | true is number | 1 is true | true is true | false is false | 1 is sameas 1 | none is sameas none | true is sameas(true) | 2 is even | 3 is odd | 9 is divisibleby 3 | 1 is eq 1 | 1 is ne 2 | 1 is in [1, 2] | 'a' is in 'abc' | 1 is lt 2 | 'abc' is lower | 'ABC' is upper | namespace is callable | not missing is defined | missing is undefined or 1 / 0
range(3)|list | range(1, 7, 2)|list | range(5, 0, -2)|list | range(0)|length | range(4)[2] | range(3) is sequence | dict(a=1, b='x') | dict({'a': 1}, b=2) | dict([('k', 1)]) | missing ~ 'x' | missing == missing2 | [missing]|length | missing in [1] | 1 in missing | missing|list | messages[5] is defined | number.foo is defined | none.foo is defined | (messages|map('upper')) is iterable | not (messages|selectattr('zz')) | strftime_now('%Y-%m-%d %H:%M:%S %d %b %B %a %A %j %y %I %p %%') | bos_token + 'x' | 'x' 'y'|upper | 1 + 2|string|length | ('a' ~ 'b')|upper | 'a' ~ 'b'|upper | loop is defined | 5 if 0 else 6 if 0 else 8 | [1, 2,] | {'a': 1,} | 'a' if true else missing.x.y | messages[1:] | length | ((messages[1:]))|map(attribute='role')|list | '%s'|length
"""
# Within a line, " | " separates expressions, and filters are written without spaces.
TEMPLATES = [
    "a\n{% if true %}\n  b\n{% endif %}\nc\n", "  {% if true %}  x  {% endif %}  \n y", "a {%- if true -%} b {%- endif -%} c", "{%+ if true %}x{% endif +%}\ny", "  {%+ if true +%}\n x{% endif %}", "a\n  {# note #}\nb",
    "a {#- note -#} b", "{{ 'x' }}\n{{ 'y' -}}\n  z", "x{{- 'y' }}", "{% raw %}{{ not }} {% this %}{% endraw %}!", "a\n  {%- raw -%}  {{ x }}\n {%- endraw %}\n b", "{% raw %}a\n  {% endraw %}\nb", "line\r\nnext\rlast\n\n", "\n", "",
    "{{ {'a': {'b': 1}}['a']['b'] }}", "{{ '}}' }}{{ \"%}\" }}", "{% if flag %}a{% elif number == 7 %}b{% elif true %}c{% else %}d{% endif %}", "{% if flag %}a{% else %}d{% endif %}",
    "{% set x = 1 %}{% for i in [1, 2] %}{% set x = x + i %}{{ x }} {% endfor %}{{ x }}", "{% set ns = namespace(n=0) %}{% for i in range(4) %}{% set ns.n = ns.n + i %}{% endfor %}{{ ns.n }}", "{% if true %}{% set y = 3 %}{% endif %}{{ y }}",
    "{% set a, b = 1, 2 %}{{ b }}{{ a }}", "{% set (a, b) = (1, 2) %}{{ b }}{{ a }}", "{% for a, b in [(1, 2), [3, 4]] %}{{ a }}-{{ b }};{% endfor %}", "{% for k, v in data.items() %}{{ k }}={{ v }};{% endfor %}", "{% for k in data %}{{ k }}{% endfor %}", "{% for c in 'a🙂b' %}[{{ c }}]{% endfor %}",
    "{% for i in [] %}x{% else %}none{% endfor %}", "{% for i in missing %}x{% else %}none{% endfor %}", "{% for i in range(10) if i is odd %}{{ loop.index }}:{{ i }}/{{ loop.length }} {% endfor %}",
    "{% for i in 'abc' %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.depth }}{{ loop.previtem }}{{ loop.nextitem }}{{ loop.cycle('x', 'y') }}{{ loop.previtem is defined }};{% endfor %}",
    "{% for i in [1, 1, 2] %}{{ loop.changed(i) }}{% endfor %}", "{% for i in [1, 2] %}{% for j in [3, 4] %}{{ loop.index }}{{ loop.depth }}{% endfor %}{{ loop.index }}{% endfor %}", "{% for i in range(9) %}{% if i == 2 %}{% continue %}{% endif %}{% if i == 5 %}{% break %}{% endif %}{{ i }}{% endfor %}",
    "{% for x in [1, [2, [3]], 4] recursive %}{% if x is iterable %}({{ loop(x) }}){% else %}{{ x }}@{{ loop.depth }}{% endif %}{% endfor %}", "{% for m in messages %}{{ m.role }}{% if not loop.last %}, {% endif %}{% endfor %}",
    "{% set x %} a {{ number }} {% endset %}[{{ x }}]", "{% set x | trim | upper %} a {% endset %}[{{ x }}]", "{% filter upper %}a{{ 'b' }}{% endfilter %}", "{% filter trim | replace('a', 'z') %} banana {% endfilter %}", "{% with a = 1, b = number %}{{ a }}{{ b }}{% endwith %}{{ a is defined }}",
    "{% macro m(a, b=2, c='x') %}{{ a }}{{ b }}{{ c }}{% endmacro %}{{ m(1) }}|{{ m(1, 3) }}|{{ m(1, c='z') }}|{{ m() }}", "{% macro f(n) %}{% if n > 0 %}{{ n }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(4) }}", "{% macro m() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, z=3) }}",
    "{% macro m(a) %}{{ a }}{{ y }}{% endmacro %}{% set y = 5 %}{{ m(1) }}", "{% macro m() %}<{{ caller() }}>{% endmacro %}{% call m() %}in{{ number }}{% endcall %}", "{% macro m() %}<{{ caller(1) }}>{% endmacro %}{% call(x) m() %}in{{ x }}{% endcall %}", "{% macro m() %}  x\n{% endmacro %}[{{ m() }}]{{ m()|trim }}", "{% macro m(a, b=a) %}{{ a }}{{ b }}{% endmacro %}{{ m(4) }}",
    "{% macro m(x) %}{% set y = x %}{{ y }}{% endmacro %}{{ m(1) }}{{ y is defined }}", "{% generation %}gen {{ number }}{% endgeneration %}\nafter", "{{ [1, 2] if true }}", "{{ f(*[1, 2]) }}", "{% macro m(a, b) %}{{ a }}{{ b }}{% endmacro %}{{ m(*[1, 2]) }}{{ m(**{'a': 3, 'b': 4}) }}",
    "{{ raise_exception('no ' ~ number) }}", "{{ missing.x }}", "{{ missing() }}", "{{ missing + 1 }}", "{{ 1 + 'a' }}", "{{ none|length }}", "{{ 1 / 0 }}", "{% for i in 5 %}{% endfor %}", "{% set x.y = 1 %}", "{{ messages.append(1) }}", "{{ data.pop('b') }}", "{{ data.update({}) }}", "{{ ''.__class__.__mro__ }}", "{{ messages.__len__() }}",
    "{{ 'a'|nofilter }}", "{{ 1 is notest }}", "{% unknown %}", "{% if %}{% endif %}", "{{ }}", "{{ 1 +", "{% for x in y %}", "{% endif %}", "{{ 'open }}", "{# open", "{% macro m(a) %}{% endmacro %}{{ m(1, 2) }}", "{% macro m(a) %}{% endmacro %}{{ m(z=2) }}", "{{ range(100001) }}", "{{ [1][0:2:0] }}", "{{ 'a' < 1 }}", "{{ {}|dictsort(by='z') }}", "{{ namespace|tojson }}", "{{ missing|tojson }}", "{% break %}", "{{ 1 if }}", "{{ a b }}", "{{ (1 }}", "{{ [1) }}", "{% set 1 = 2 %}", "{% set none = 2 %}", "{{ 'x'.join([1]) }}", "{{ 'abc'.index('z') }}", "{{ [1, 'a']|sort }}", "{{ (messages|map('upper'))|length }}", "{{ data.items()[0] }}", "{% for a, b in [1] %}{% endfor %}", "{{ ''.split('') }}",
]

if __name__ == "__main__":
    for line in EXPRESSIONS.strip().split("\n"):
        TEMPLATES += ["{{ " + e + " }}" for e in line.split(" | ")]
    out = []
    for template in TEMPLATES:
        case = {"template": template}
        try:
            case["rendered"] = env.from_string(template).render(**VARIABLES)
        except Exception as error:
            case["error"] = f"{type(error).__name__}: {error}"
        out.append(case)
    Path(__file__).with_name("jinja.json").write_text(json.dumps({"variables": VARIABLES, "cases": out}, indent=1) + "\n")
    print(len(out), sum("error" in c for c in out))
    for c in out:
        if "error" in c:
            print(repr(c["template"]), c["error"])
