import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FillError, fillArgv, fillLdapFilter, fillSql, fillText } from '#core/recipes/fill.ts'

const text = fc.string({ unit: 'binary', maxLength: 60 }).filter(value => !value.includes('\0'))
const plain = text.filter(value => !value.startsWith('-'))

test('a value is one argument, whatever is in it', () => {
  fc.assert(
    fc.property(plain, text, (a, b) => {
      const scope = { values: { a, b } }
      expect(fillArgv(['prog', '${a}', '--of=${b}', 'x${a}y${b}'], scope)).toEqual([
        'prog',
        a,
        `--of=${b}`,
        `x${a}y${b}`,
      ])
    }),
  )
})

test('a list is as many arguments as it has items, and never a part of one', () => {
  fc.assert(
    fc.property(fc.array(plain), list => {
      expect(fillArgv(['prog', '${list}', 'end'], { values: { list } })).toEqual([
        'prog',
        ...list,
        'end',
      ])
    }),
  )
  expect(() => fillArgv(['prog', '--of=${list}'], { values: { list: ['a'] } })).toThrow(
    'the list "list" stands where one text is needed.',
  )
})

test('a value that would be taken for an option is refused, but for one behind "--"', () => {
  const scope = { values: { name: '--output=/etc/passwd' } }
  expect(() => fillArgv(['prog', '${name}'], scope)).toThrow('would be taken for an option')
  expect(fillArgv(['prog', '--', '${name}'], scope)).toEqual(['prog', '--', scope.values.name])
})

test('values of values are not looked into again', () => {
  expect(fillText('${a}', { values: { a: '${b}', b: 'no' } })).toBe('${b}')
  expect(fillText('$${a}', { values: { a: 'no' } })).toBe('${a}')
})

test('what nobody gave is named', () => {
  expect(() => fillText('${gone}', { values: {} })).toThrow(
    new FillError('it needs the value "gone", which nobody gave.'),
  )
  expect(() => fillText('${constructor}', { values: {} })).toThrow('"constructor"')
  expect(fillText('${point.was}', { values: {}, point: { was: '14' } })).toBe('14')
})

/** Reads a quoted piece of SQL as its engine does. @returns what it stands for, and what comes behind it */
const readSql = (sql: string): { value: string; rest: string } => {
  const [open = '', close = '', escapes] = sql.startsWith(' E')
    ? [" E'", "'", true]
    : sql.startsWith('N')
      ? ["N'", "'"]
      : sql.startsWith('[')
        ? ['[', ']']
        : [sql[0], sql[0]]
  let value = ''
  for (let at = open.length; at < sql.length; at++) {
    const character = sql[at] as string
    if (escapes && character === '\\') {
      value += sql[++at]
      continue
    }
    if (character !== close) {
      value += character
      continue
    }
    if (sql[at + 1] !== close) return { value, rest: sql.slice(at + 1) }
    value += close
    at++
  }
  throw new Error(`never ends: ${sql}`)
}

test.each([
  ['postgresql', 'literal'],
  ['postgresql', 'identifier'],
  ['sqlserver', 'literal'],
  ['sqlserver', 'identifier'],
] as const)('%s: a value as %s is that value, and ends where it has to', (engine, form) => {
  fc.assert(
    fc.property(text, value => {
      let sql: string
      try {
        sql = fillSql(`\${value|${form}}; END`, engine, { values: { value } })
      } catch (error) {
        // Said of names that no server takes, and of line breaks that sqlcmd would read.
        expect(error).toBeInstanceOf(FillError)
        return
      }
      expect(readSql(sql)).toEqual({ value, rest: '; END' })
    }),
  )
})

test('a number is a number', () => {
  expect(fillSql('${n|number}', 'postgresql', { values: { n: '-12.5' } })).toBe('-12.5')
  expect(() => fillSql('${n|number}', 'postgresql', { values: { n: '1; DROP' } })).toThrow(
    'the value "n" is no number.',
  )
})

test('sqlcmd gets no line break from a value, since it would take a line GO for the end of a batch', () => {
  const scope = { values: { v: 'a\nGO\nDROP DATABASE x' } }
  expect(() => fillSql('${v|literal}', 'sqlserver', scope)).toThrow('has a line break')
})

test('a filter of LDAP keeps its shape', () => {
  expect(fillLdapFilter('(cn=${name})', { values: { name: 'a*)(b=\\' } })).toBe(
    '(cn=a\\2a\\29\\28b=\\5c)',
  )
})
