import { expect, test } from 'vitest'
import { Step } from '#core/contracts/recipe-steps.ts'
import { actionOf, isWanted, itemsOf } from '#core/recipes/action.ts'
import { factsFromAttributes, factsFromRows, factsFromText } from '#core/recipes/gives.ts'
import { patternsOf } from '#file-tree/capture/patterns.ts'
import { rawOfText } from '#file-tree/raw-text.ts'

const step = (action: object) =>
  Step.parse({ id: 'one', does: 'does it', effects: 'reads', timeoutSeconds: 5, ...action })
const values = { server: 'db', port: '', found: ['a', 'b'], folder: '/srv/x', item: 'a' }
const scope = { values, point: { found: ['a'] } }

test('a program: arguments, environment, and secrets by name alone', () => {
  const exec = { argv: ['/bin/x', '${folder}'], env: { H: '${server}', P: { secret: 'password' } } }
  expect(actionOf(step({ exec }), scope)).toEqual({
    kind: 'exec',
    argv: ['/bin/x', '/srv/x'],
    env: { H: { text: 'db' }, P: { secret: 'password' } },
    expect: { exit: [0] },
    gives: {},
  })
})

test('SQL: what is empty is left to the engine, what is put together is quoted as one', () => {
  const sql = {
    engine: 'sqlserver',
    connection: { server: '${server}', port: '${port}' },
    database: 'master',
    text: ['BACKUP DATABASE ${item|identifier}', 'TO DISK = ${file|literal};'],
    parameters: { file: '${folder}/${item}.bak' },
  }
  expect(actionOf(step({ sql }), scope)).toMatchObject({
    connection: { server: 'db' },
    text: "BACKUP DATABASE [a]\nTO DISK = N'/srv/x/a.bak';",
  })
})

test('a tree of files: paths that are left out are those of the machine, and no patterns', () => {
  const fileTree = { root: '${item}', as: '${item}', without: ['${swap}'], exclude: ['*.tmp'] }
  const swap = ['/swap/a[1]*', '/data/b\\x41', '/database']
  const patternsIn = (item: string) => {
    const action = actionOf(step({ fileTree }), { values: { item, swap } })
    return action.kind === 'fileTree' ? action.exclude : undefined
  }
  const all = ['/swap/a\\[1\\]\\*', '/data/b\\\\x41', '/database', '*.tmp']
  expect(patternsIn('/')).toEqual(all)
  expect(patternsIn('/data')).toEqual(['/b\\\\x41', '*.tmp'])
  expect(patternsIn('/srv')).toEqual(['*.tmp'])
  const left = patternsOf(patternsIn('/') ?? [])
  for (const path of swap) expect(left.match(rawOfText(path.slice(1)), false), path).toBe(true)
  expect(left.match(rawOfText('swap/a1'), false)).toBe(false)
})

test('lists, conditions, facts', () => {
  expect(itemsOf({ forEach: 'found' }, scope)).toEqual(['a', 'b'])
  expect(itemsOf({ forEach: 'point.found' }, scope)).toEqual(['a'])
  expect(itemsOf({}, scope)).toEqual([undefined])
  expect(() => itemsOf({ forEach: 'server' }, scope)).toThrow('"server" is no list')
  const wanted = (when: object) => isWanted({ when } as Parameters<typeof isWanted>[0], scope)
  expect(wanted({ value: 'port', given: true })).toBe(false)
  expect(
    wanted([
      { value: 'server', is: 'db' },
      { value: 'found', given: true },
    ]),
  ).toBe(true)
  expect(wanted({ value: 'server', isNot: '${server}' })).toBe(false)
  const facts = { gives: { all: '${point.found}', text: 'x${item}', host: { of: 'hostname' } } }
  expect(actionOf(step({ facts }), scope)).toEqual({
    kind: 'facts',
    gives: { all: { value: ['a'] }, text: { value: 'xa' }, host: { of: 'hostname' } },
  })
})

test('names of what is kept have to fit into the repository', () => {
  const file = { path: '/x', as: '${item}' }
  expect(() => actionOf(step({ file }), { values: { item: 'x'.repeat(501) } })).toThrow(
    'cannot be the name of what is kept',
  )
})

test('facts are found in text, JSON, rows and attributes', () => {
  const output = { stdout: 'one 1\ntwo 2\n', stderr: '{"a":[{"b":"x"},{"b":7}],"c":{"d":[1,"2"]}}' }
  const how = (more: object) => ({ from: 'stdout' as const, ...more })
  expect(
    factsFromText(
      {
        all: how({}),
        lines: how({ list: true }),
        first: how({ pattern: '\\w+ (\\d)' }),
        each: how({ pattern: '^\\w+ (\\d)$', list: true }),
        none: how({ pattern: 'three', optional: true }),
        member: { from: 'stderr', json: ['a', '1', 'b'] },
        items: { from: 'stderr', json: ['c', 'd'], list: true },
      },
      output,
    ),
  ).toEqual({
    ...{ all: 'one 1\ntwo 2', lines: ['one 1', 'two 2'], first: '1', each: ['1', '2'] },
    ...{ none: '', member: '7', items: ['1', '2'] },
  })
  const rows = [
    ['a', '1'],
    ['b', '2'],
  ]
  expect(factsFromRows({ names: { column: 1, list: true }, n: { column: 2 } }, rows)).toEqual({
    names: ['a', 'b'],
    n: '1',
  })
  expect(factsFromAttributes({ life: { attribute: 'tombstoneLifetime' } }, () => ['180'])).toEqual({
    life: '180',
  })
  expect(() => factsFromText({ x: how({ pattern: 'nope' }) }, output)).toThrow(
    'what it wrote does not tell "x".',
  )
  expect(() => factsFromText({ x: how({ json: ['a'] }) }, output)).toThrow('is no JSON')
})
