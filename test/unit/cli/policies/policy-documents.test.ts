import { readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { formatPolicies, parsePolicies } from '#cli/policies/policy-documents.ts'
import { PolicyInput } from '#core/contracts/policies.ts'
import { policyChanges } from '#core/contracts/policy-changes.ts'
import { fromJsonSchema, type JsonSchema } from '#test/support/from-json-schema.ts'

const schema = z.toJSONSchema(PolicyInput, { io: 'input' }) as JsonSchema & {
  $defs?: Record<string, JsonSchema>
}
/** Texts that YAML could take for something else. */
const TRAPS = [
  ...['yes', 'No', 'on', 'null', '~', 'true', '1e3', '0x10', '012', '1_000', '22:00', '05:00'],
  ...['*', '&a', '!tag', '- x', '? y', '# no', 'a: b', '---', '...', '', ' ', '\t', 'a\n\nb', '<<'],
  ...['2026-11-22', '.inf', '.nan', '30 22 * * 1-5', '*/5 * * * *', '"', "'", '\u0000\u0085\u2028'],
  ...['UTC', 'Europe/Vienna', '01J00000000000000000000009', '__proto__', 'stop-batch'],
  '00000000-0000-4000-8000-000000000001',
]
const policies = fc.array(
  fromJsonSchema(
    schema.$defs ?? {},
    TRAPS,
  )(schema)
    .filter(value => PolicyInput.safeParse(value).success)
    .map(value => PolicyInput.parse(value)),
  { minLength: 1, maxLength: 3 },
)

test.each(['yaml', 'json'] as const)('what is written as %s is read as it was', format => {
  fc.assert(
    fc.property(policies, written => {
      const read = parsePolicies(formatPolicies(written, format), 'x').map(({ policy }) => policy)
      expect(read).toStrictEqual(written)
      for (const policy of written) expect(policyChanges(policy, policy)).toStrictEqual([])
    }),
    { numRuns: 30 },
  )
})

const GOOD = `name: Nightly
selection: { include: [{ all: true }] }
retention: { daily: 7 }
`

test.each([
  [`${GOOD}retentoin: 3\n`, '"x.yaml", line 4: "retentoin" is no member.'],
  [
    `${GOOD}---\n${GOOD}window:\n  form: 22:00\n  to: 05:00\n  timeZone: UTC\n`,
    'line 9: "form" is no member of "window".',
  ],
  [
    GOOD.replace('7', 'seven'),
    'line 3: "retention.daily" is wrong: Invalid input: expected number',
  ],
  [GOOD.replace('Nightly', '12'), 'line 1: "name" is wrong: Invalid input: expected string'],
  ['name: Nightly\n', 'line 1: "selection" is missing'],
  [`${GOOD}schedule:\n  timeZone: UTC\n  cron: */5 * * * *\n`, 'line 6 cannot be read:'],
  [`a: &a [x]\nb: *a\n`, 'line 2 has a reference, and none is taken.'],
  [`${GOOD}name: Other\n`, 'line 4 cannot be read: Map keys must be unique.'],
  [`${GOOD}description: !!js/function 'x'\n`, 'line 4 cannot be read: Unresolved tag'],
  [`${GOOD}<<: { enabled: false }\n`, 'line 4: "<<" is no member.'],
  ['- 1\n- 2\n', 'line 1: "the policy" is wrong'],
  ['# nothing\n---\n', 'There is no policy in "x.yaml".'],
  ['name: [\n', 'cannot be read'],
])('%j is refused by line and name', (text, words) => {
  expect(() => parsePolicies(text, 'x.yaml')).toThrow(
    expect.objectContaining({ code: 'USAGE', message: expect.stringContaining(words) }),
  )
})

test('many references in few lines cost nothing', () => {
  const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]']
  for (let n = 1; n < 30; n++)
    bomb.push(
      `k${n}: &k${n} [${Array(9)
        .fill(n === 1 ? '*a' : `*k${n - 1}`)
        .join(', ')}]`,
    )
  const began = performance.now()
  expect(() => parsePolicies(bomb.join('\n'), 'x')).toThrow('has a reference')
  expect(performance.now() - began).toBeLessThan(1_000)
})

test('values that older YAML takes for others are what they look like', () => {
  const text = `${GOOD}description: no\nwindow: { from: 22:00, to: 05:00, timeZone: UTC }\n`
  expect(parsePolicies(text, 'x')).toMatchObject([
    { policy: { description: 'no', window: { from: '22:00', to: '05:00' } } },
  ])
})

test('the examples of the page on policies are policies', async () => {
  const page = await readFile('docs/policies.md', 'utf8')
  const examples = [...page.matchAll(/```(yaml|json)\n([\s\S]*?)```/g)].map(
    ([, , text = '']) => text,
  )
  expect(examples).toHaveLength(2)
  expect(examples.map(text => parsePolicies(text, 'docs/policies.md').length)).toStrictEqual([2, 1])
})

test('changes are told by member, with what was and what is', () => {
  const [before, after] = parsePolicies(
    `${GOOD}window: { from: 22:00, to: 05:00, timeZone: UTC }\n---\n${GOOD.replace('7', '14')}enabled: false\nlimits: { jobsAtOnce: 2 }\n`,
    'x',
  ).map(({ policy }) => policy) as [PolicyInput, PolicyInput]
  expect(policyChanges(before, after)).toStrictEqual([
    'enabled: false instead of true',
    'window.from: none any more (it was "22:00")',
    'window.to: none any more (it was "05:00")',
    'window.timeZone: none any more (it was "UTC")',
    'retention.daily: 14 instead of 7',
    'limits.jobsAtOnce: 2, new',
  ])
})
