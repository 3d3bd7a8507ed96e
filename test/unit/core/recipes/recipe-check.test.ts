import { expect, test } from 'vitest'
import { Recipe } from '#core/contracts/recipes.ts'

const base = {
  name: 'example',
  version: 1,
  title: 'An example',
  description: 'For tests.',
  roles: [],
  os: 'any',
  evidence: 'tested',
  privileges: [],
  consistency: 'crash',
  parameters: {
    folder: { description: 'Where.', kind: 'path' },
    list: { description: 'Which.', kind: 'list' },
  },
  secrets: { password: { description: 'Its password.' } },
}
const step = (action: object, more: object = {}) => ({
  id: 'save',
  does: 'saves',
  effects: 'reads',
  timeoutSeconds: 5,
  ...action,
  ...more,
})
const faults = (phases: object, more: object = {}): string => {
  const parsed = Recipe.safeParse({ ...base, phases, ...more })
  return parsed.error?.issues.map(({ message }) => message).join('; ') ?? ''
}
const capture = (action: object, more?: object) => faults({ capture: [step(action, more)] })
const argv = (...items: string[]) => capture({ exec: { argv: items } })

test('a recipe that holds together is one', () => {
  expect(capture({ stream: { argv: ['/bin/cat', '${folder}'], as: 'all' } })).toBe('')
  expect(capture({ exec: { argv: ['/bin/cat', '${item}'] } }, { forEach: 'list' })).toBe('')
})

test.each([
  [
    'a value that nobody gives',
    () => argv('/bin/cat', '${nope}'),
    'uses ${nope}, which nobody gives before it',
  ],
  ['an item outside of a list', () => argv('/bin/cat', '${item}'), 'uses ${item}'],
  [
    'what was recorded, in a capture',
    () => argv('/bin/cat', '${point.folder}'),
    'uses ${point.folder}',
  ],
  ['a broken place', () => argv('/bin/cat', '${folder'), 'has a "${" that is no place for a value'],
  [
    'a secret that is not declared',
    () => capture({ exec: { argv: ['/x'], env: { A: { secret: 'key' } } } }),
    'uses the secret "key"',
  ],
  ['a shell', () => argv('/bin/sh', '-c', 'echo'), 'runs the shell sh'],
  [
    'a shell behind another program',
    () => argv('/usr/bin/env', 'bash', '-lc', 'echo'),
    'runs the shell bash',
  ],
  [
    'values in a program text',
    () => argv('powershell.exe', '-NoProfile', '-Command', 'dir ${folder}'),
    'puts values into a text that powershell.exe runs',
  ],
  [
    'a program that a recovery point chooses',
    () =>
      faults({
        capture: [step({ exec: { argv: ['/bin/true'] } })],
        restore: [step({ exec: { argv: ['${point.folder}'] } }, { id: 'back' })],
      }),
    'lets a recovery point choose the program by ${point.folder}',
  ],
  [
    'a server that a job chooses, for a password',
    () =>
      capture({
        sql: {
          ...{ engine: 'postgresql', text: ['SELECT 1;'] },
          connection: { server: '${folder}', password: { secret: 'password' } },
        },
      }),
    'lets a job choose where a secret goes by ${folder}; make that parameter "local"',
  ],
  [
    'a directory that a job chooses, for a password',
    () =>
      capture({
        ldap: {
          ...{ url: 'ldaps://${folder}', base: '', scope: 'base', filter: '(a=*)' },
          ...{ bind: { dn: 'x', password: { secret: 'password' } }, gives: {} },
        },
      }),
    'lets a job choose where a secret goes by ${folder}',
  ],
  [
    'an address that a job chooses, for a token',
    () =>
      capture({
        http: { method: 'GET', url: '${folder}/x', headers: { A: { secret: 'password' } } },
      }),
    'lets a job choose where a secret goes by ${folder}',
  ],
  [
    'a host that a job chooses, in an environment with a secret',
    () =>
      capture({
        stream: {
          ...{ argv: ['pg_dump'], as: 'all' },
          env: { PGHOST: '${folder}', PGPASSWORD: { secret: 'password' } },
        },
      }),
    'lets a job choose where a secret goes by ${folder}',
  ],
  [
    'a program that a job chooses',
    () => argv('${folder}/run'),
    'lets a job choose the program by ${folder}',
  ],
  [
    'two actions',
    () => capture({ exec: { argv: ['/x'] }, file: { path: '/x', as: 'x' } }),
    'needs exactly one of',
  ],
  ['no action', () => capture({}), 'needs exactly one of'],
  [
    'SQL that is not quoted',
    () => capture({ sql: { engine: 'postgresql', text: ['SELECT ${folder}'] } }),
    'does not say how ${folder} is quoted',
  ],
  [
    'SQL quotes elsewhere',
    () => argv('/bin/cat', '${folder|literal}'),
    'quotes ${folder|literal} for SQL where there is none',
  ],
  [
    'work of a person in a capture',
    () => capture({ manual: { text: 'Do it.' } }),
    'belongs to restore',
  ],
  [
    'a condition on nothing',
    () => capture({ exec: { argv: ['/x'] } }, { when: { value: 'nope', given: true } }),
    'asks for "nope", which nobody gives',
  ],
  [
    'two steps of one name',
    () =>
      faults({
        probe: [step({ exec: { argv: ['/x'] } })],
        capture: [step({ exec: { argv: ['/x'] } })],
      }),
    'has the name of another step',
  ],
  [
    'a pause without an end',
    () =>
      faults({
        quiesce: [step({ exec: { argv: ['/x'] } })],
        capture: [step({ exec: { argv: ['/x'] } }, { id: 'b' })],
      }),
    'none that releases',
  ],
  [
    'an unknown member',
    () => capture({ exec: { argv: ['/x'], shell: true } }),
    'Unrecognized key: "shell"',
  ],
])('%s is refused', (_, broken, message) => {
  expect(broken()).toContain(message)
})
