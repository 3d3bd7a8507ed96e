import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { loadDataModel } from '#sim/xapi/data-model.ts'
import { readTyped, type Value, writeTyped } from '#sim/xapi/marshal.ts'
import { parseType } from '#sim/xapi/types.ts'
import { formatDouble, parseDate } from '#sim/xapi/wire.ts'
import {
  MalformedCallError,
  readCall,
  writeFailure,
  writeSuccess,
  writeValue,
} from '#sim/xapi/xmlrpc.ts'

const model = loadDataModel()
const write = (type: string, value: Value) => writeValue(writeTyped(model, parseType(type), value))
const call = (value: string) =>
  `<?xml version="1.0"?><methodCall><methodName>a.b</methodName><params><param>${value}</param></params></methodCall>`
const read = (type: string, xml: string) => {
  const [param] = readCall(call(xml)).params
  if (!param) throw new Error('no parameter')
  return readTyped(model, parseType(type), param)
}

describe('what XAPI emits', () => {
  test.each<[string, Value, string]>([
    ['string', 'text', '<value>text</value>'],
    ['string', '', '<value></value>'],
    ['string', 'a<b>&"c\u0001\td', '<value>a&lt;b&gt;&amp;&quot;c\td</value>'],
    ['VM ref', 'OpaqueRef:x', '<value>OpaqueRef:x</value>'],
    ['int', 2 ** 40, '<value>1099511627776</value>'],
    ['bool', true, '<value><boolean>1</boolean></value>'],
    ['float', 1, '<value><double>1</double></value>'],
    ['float', 0.25, '<value><double>0.25</double></value>'],
    [
      'datetime',
      new Date('2026-08-21T02:00:23.500Z'),
      '<value><dateTime.iso8601>20260821T02:00:23Z</dateTime.iso8601></value>',
    ],
    [
      'datetime',
      new Date(0),
      '<value><dateTime.iso8601>19700101T00:00:00Z</dateTime.iso8601></value>',
    ],
    ['string set', ['a'], '<value><array><data><value>a</value></data></array></value>'],
    [
      '(int -> float) map',
      { 7: 0.5 },
      '<value><struct><member><name>7</name><value><double>0.5</double></value></member></struct></value>',
    ],
    ['void', '', '<value></value>'],
  ])('%s %j', (type, value, xml) => {
    expect(write(type, value)).toBe(xml)
  })

  test('success and failure are both answers, never faults', () => {
    expect(writeSuccess({ tag: 'string', text: '' })).toContain(
      '<struct><member><name>Status</name><value>Success</value></member><member><name>Value</name><value></value></member></struct>',
    )
    expect(writeFailure(['A', 'b'])).toContain(
      '<name>ErrorDescription</name><value><array><data><value>A</value><value>b</value></data></array></value>',
    )
  })

  test.each<[number, string]>([
    [0, '0'],
    [0.1, '0.1'],
    [1 / 3, '0.3333333333333333'],
    [0.00001, '1e-05'],
    [1e20, '1e+20'],
    [-2.5, '-2.5'],
  ])('a double as %%.16g: %d', (value, text) => {
    expect(formatDouble(value)).toBe(text)
  })
})

describe('what XAPI accepts', () => {
  test.each<[string, string, Value]>([
    ['int', '<value><int>5</int></value>', 5],
    ['int', '<value><i4>5</i4></value>', 5],
    ['int', '<value><i8>1099511627776</i8></value>', 2 ** 40],
    ['int', '<value><string>5</string></value>', 5],
    ['int', '<value>-5</value>', -5],
    ['float', '<value><int>1</int></value>', 1],
    ['float', '<value><double>1.5</double></value>', 1.5],
    ['float', '<value>1.5</value>', 1.5],
    ['string', '<value/>', ''],
    ['string', '<value> a &lt; <![CDATA[b]]></value>', ' a < b'],
    ['bool', '<value><boolean>0</boolean></value>', false],
    ['string set', '<value>\n<array><data>\n<value>a</value> </data></array></value>', ['a']],
    ['enum vm_power_state', '<value>running</value>', 'Running'],
  ])('%s from %s', (type, xml, value) => {
    expect(read(type, xml)).toStrictEqual(value)
  })

  test.each([
    '<dateTime.iso8601>20260821T02:00:23Z</dateTime.iso8601>',
    '<dateTime.iso8601>2026-08-21T02:00:23</dateTime.iso8601>',
    '20260821T02:00:23Z',
    '2026-08-21T04:00:23+02:00',
  ])('a date as %s', xml => {
    expect(read('datetime', `<value>${xml}</value>`)).toStrictEqual(
      new Date('2026-08-21T02:00:23Z'),
    )
  })

  test.each([
    ['bool', '<value>1</value>'],
    ['bool', '<value><int>1</int></value>'],
    ['int', '<value>five</value>'],
    ['int', '<value><double>5</double></value>'],
    ['string', '<value><int>5</int></value>'],
    ['string set', '<value>a</value>'],
    ['datetime', '<value>yesterday</value>'],
    ['enum vm_power_state', '<value>Flying</value>'],
    [
      '(enum vm_operations -> string) map',
      '<value><struct><member><name>fly</name><value>x</value></member></struct></value>',
    ],
  ])('but %s not from %s', (type, xml) => {
    expect(() => read(type, xml)).toThrow(/Runtime_error|EnumNotFound/)
  })

  test.each([
    'no xml',
    '',
    '<methodCall><params/></methodCall>',
    '<methodResponse/>',
    call('<value><boolean>yes</boolean></value>'),
    call('<value><real>1</real></value>'),
    '<methodCall><methodName>a</methodName>',
  ])('and refuses %j as malformed', xml => {
    expect(() => readCall(xml)).toThrow(MalformedCallError)
  })

  test('what is written can be read back', () => {
    const text = fc
      .string({ unit: 'grapheme' })
      .filter(s => !/[\p{Cc}\p{Cn}\p{Cs}\ufffe\uffff]/u.test(s))
    fc.assert(
      fc.property(fc.dictionary(text, fc.array(text)), value => {
        const type = '(string -> string set) map'
        expect(read(type, write(type, value))).toStrictEqual({ ...value })
      }),
    )
  })
})

test('dates that are none are refused', () => {
  expect(parseDate('20261332T00:00:00Z')).toBeUndefined()
})
