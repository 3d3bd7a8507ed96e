import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PHASES, Recipe } from '#core/contracts/recipes.ts'
import { allowedPhases } from '#core/recipes/allow.ts'
import { numberedSteps, planOf, restoreNeedsProbe } from '#core/recipes/plan.ts'

const step = (id: string) => ({
  id,
  does: `does ${id}`,
  effects: 'reads' as const,
  timeoutSeconds: 10,
  exec: { argv: ['/bin/true'] },
})

const recipe = Recipe.parse({
  name: 'example',
  version: 1,
  title: 'An example',
  description: 'For tests.',
  roles: ['custom'],
  os: 'linux',
  evidence: 'tested',
  privileges: [],
  consistency: 'application',
  parameters: {
    folder: { description: 'Where.', kind: 'path', default: '/srv' },
    label: { description: 'What.', kind: 'name', required: true },
    only: { description: 'Which.', kind: 'list', pattern: '[a-z]+' },
    program: { description: 'Run.', kind: 'list', local: true },
    days: { description: 'How long.', kind: 'number' },
  },
  secrets: { password: { description: 'Its password.', required: true } },
  phases: {
    probe: [step('look')],
    quiesce: [step('hold')],
    capture: [step('save')],
    release: [step('free')],
    restore: [step('one'), step('two'), step('three')],
    postcheck: [step('after')],
  },
})

const secrets = { password: '/etc/secret' }
const allowed = { parameters: { label: 'a' }, secrets }
const request = { phases: ['capture'] as const, allowed, os: 'linux' as const }

test('what settings, job and recipe say comes together, and the settings win', () => {
  const { parameters, steps } = planOf(recipe, {
    ...request,
    phases: ['capture', 'probe'],
    parameters: { folder: '/data', only: ['x', 'y'], days: 3 },
  })
  expect(parameters).toEqual({
    folder: '/data',
    label: 'a',
    only: ['x', 'y'],
    program: [],
    days: '3',
  })
  expect(steps.map(({ phase, step: { id } }) => `${phase} ${id}`)).toEqual([
    'probe look',
    'capture save',
  ])
})

const REFUSED = 'RECIPE_NOT_ALLOWED'
test.each([
  [
    'a restore where no phase is named',
    { phases: ['restore'] },
    REFUSED,
    'do not allow the phase "restore" of the recipe "example"',
  ],
  ['a recipe that is not named', { allowed: undefined }, REFUSED, 'do not allow anything of'],
  [
    'a phase that is not named',
    { phases: ['restore'], allowed: { ...allowed, phases: ['capture'] } },
    REFUSED,
    'do not allow the phase "restore" of the recipe "example"',
  ],
  [
    'another value than is fixed',
    { parameters: { label: 'b' } },
    REFUSED,
    'do not allow another value of the parameter "label"',
  ],
  [
    'what only the guest may give',
    { parameters: { program: ['/bin/sh'] } },
    REFUSED,
    'the parameter "program", which only the guest\'s settings may give',
  ],
  [
    'an unknown parameter',
    { parameters: { nope: 'x' } },
    'RECIPE_PARAMETER',
    '"nope" of the recipe "example" is unknown to it',
  ],
  [
    'no value where one is needed',
    { allowed: { ...allowed, parameters: {} } },
    'RECIPE_PARAMETER',
    '"label" of the recipe "example" is missing',
  ],
  [
    'a relative path',
    { parameters: { folder: 'etc' } },
    'RECIPE_PARAMETER',
    'has to be an absolute path',
  ],
  [
    'an option for a name',
    { allowed: { ...allowed, parameters: { label: '-rf' } } },
    'RECIPE_PARAMETER',
    'has to be a name',
  ],
  [
    'a folder for a name',
    { parameters: { label: '..' }, allowed: { secrets } },
    'RECIPE_PARAMETER',
    'has to be a name',
  ],
  ['a list for a text', { parameters: { folder: ['/a'] } }, 'RECIPE_PARAMETER', 'is a list'],
  [
    'an item that is not as it has to be',
    { parameters: { only: ['x', 'Y'] } },
    'RECIPE_PARAMETER',
    'is not as it has to be ([a-z]+)',
  ],
  ['no number', { parameters: { days: 'x' } }, 'RECIPE_PARAMETER', 'has to be a number'],
  [
    'a missing secret',
    { allowed: { parameters: { label: 'a' } } },
    'RECIPE_SECRET_MISSING',
    'needs the secret "password"',
  ],
  ['another system', { os: 'windows' }, 'RECIPE_UNFIT', 'it is made for Linux'],
] as const)('%s is refused by name', (_, wrong, code, message) => {
  let error: unknown
  try {
    planOf(recipe, { ...request, ...wrong } as Parameters<typeof planOf>[1])
  } catch (thrown) {
    error = thrown
  }
  expect(error).toMatchObject({ code, message: expect.stringContaining(message) })
})

test('no plan holds a phase that the settings do not allow', () => {
  fc.assert(
    fc.property(fc.subarray([...PHASES]), fc.subarray([...PHASES]), (phases, wanted) => {
      const may = allowedPhases({ phases })
      const planned = () =>
        planOf(recipe, { ...request, phases: wanted, allowed: { ...allowed, phases } })
      const refused = wanted.filter(phase => !may.includes(phase))
      if (refused.length > 0) expect(planned).toThrow(`the phase "${refused[0]}"`)
      else expect(planned().steps.every(({ phase }) => may.includes(phase))).toBe(true)
    }),
  )
})

describe('steps of a restore', () => {
  const plan = planOf(recipe, {
    ...request,
    phases: ['probe', 'restore', 'postcheck'],
    allowed: { ...allowed, phases: ['restore'] },
  })
  test('are counted from the first that restores, through the checks after it', () => {
    expect(numberedSteps(plan.steps).map(({ step: { id }, number }) => [id, number])).toEqual([
      ['look', undefined],
      ['one', 1],
      ['two', 2],
      ['three', 3],
      ['after', 4],
    ])
  })
})

describe('a restore', () => {
  const probe = [
    {
      ...{ id: 'ask', does: 'asks', effects: 'reads' as const, timeoutSeconds: 1 },
      exec: {
        argv: ['/bin/true'],
        expect: { exit: [0] },
        gives: { found: { from: 'stdout' as const } },
      },
    },
  ]
  const restoring = (text: string, more = {}) => ({
    phases: {
      ...{ probe, capture: [] },
      restore: [
        {
          ...{ id: 'do', does: 'does', effects: 'writes' as const, timeoutSeconds: 1, ...more },
          manual: { text },
        },
      ],
    },
  })
  test.each([
    ['uses it', restoring('${found}'), true],
    ['uses what the point recorded', restoring('${point.found}'), false],
    ['repeats a step for it', restoring('x', { forEach: 'found' }), true],
    ['depends on it', restoring('x', { when: { value: 'found', given: true } }), true],
    ['speaks of another', restoring('${foundElse}'), false],
  ])('that %s probes what is there now: %#', (_, recipe, needed) => {
    expect(restoreNeedsProbe(recipe)).toBe(needed)
  })
})
