import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { Context } from '#infra/context/context.ts'
import { ContextInvalidError, readContext, refuseUnknownKeys } from '#infra/context/read-context.ts'
import sample from '#infra/sample.context.json' with { type: 'json' }

const problemsOf = (input: unknown): readonly string[] => {
  try {
    readContext(input)
  } catch (error) {
    if (error instanceof ContextInvalidError) return error.problems
    throw error
  }
  return []
}

/** The sample with one setting changed: `repository.replica.bucket`. */
const withSetting = (path: string, value: unknown): unknown => {
  const copy = structuredClone(sample) as Record<string, unknown>
  const names = path.split('.')
  const last = names.pop() ?? ''
  let group = copy
  for (const name of names) {
    group[name] ??= {}
    group = group[name] as Record<string, unknown>
  }
  if (value === undefined) delete group[last]
  else group[last] = value
  return copy
}

test('the sample is taken, and what it leaves out has a value', () => {
  expect(readContext(sample)).toMatchObject({
    name: 'xenkeep',
    repository: { accessLog: 'server-access-logs', encryption: 's3', packs: { class: 'standard' } },
    keys: { slots: true },
    api: { requestsPerSecond: 200 },
    logs: { days: 90, accessDays: 365 },
    audit: { lock: { mode: 'governance', days: 400 } },
    machines: { distributedMap: true },
    alarms: { enabled: true, quietDays: 2 },
  })
})

test.each<[string, unknown, string]>([
  ['regoin', 'eu-central-1', 'There is no setting "regoin"; remove it or correct its name.'],
  [
    'repository.replica.timecontrol',
    true,
    'There is no setting "repository.replica.timecontrol"; remove it or correct its name.',
  ],
  [
    'notifications.slack',
    'x',
    'There is no setting "notifications.slack"; remove it or correct its name.',
  ],
  ['region', undefined, 'The setting "region" is missing.'],
  ['region', 7, 'The setting "region" must be a text in quotes.'],
  [
    'region',
    'Frankfurt',
    'The setting "region" must be the name of an AWS region, such as eu-central-1.',
  ],
  [
    'standbyRegion',
    'eu-central-1',
    'The setting "standbyRegion" must be another region than "region", or be left out.',
  ],
  [
    'standbyRegion',
    undefined,
    'The setting "repository.replica" needs "standbyRegion": the replica of the repository stands there.',
  ],
  ['account', 111122223333, 'The setting "account" must be a text in quotes.'],
  ['account', '1111', 'The setting "account" must be the 12 digits of an AWS account, in quotes.'],
  [
    'repository.replica.account',
    '444455556666',
    'The setting "account" is missing: with a replica in a second account the first one has to be named too.',
  ],
  [
    'repository.bucket',
    'My_Bucket',
    'The setting "repository.bucket" must be a bucket name of 3 to 63 lower-case letters, digits and hyphens (a dot breaks TLS).',
  ],
  [
    'repository.bucket',
    'example-xenkeep-replica',
    'The setting "repository.replica.bucket" must have another name than the bucket of the repository: names are worldwide.',
  ],
  [
    'repository.prefix',
    'main/',
    'The setting "repository.prefix" must be names joined by slashes, without a slash at the ends.',
  ],
  [
    'repository.defaultLock',
    { mode: 'legal', days: 30 },
    'The setting "repository.defaultLock.mode" must be one of "governance", "compliance".',
  ],
  [
    'repository.defaultLock',
    { mode: 'governance', days: 0 },
    'The setting "repository.defaultLock.days" must be at least 1.',
  ],
  [
    'repository.packs',
    { class: 'deep-archive' },
    'The setting "repository.packs.class" must be one of "standard", "intelligent-tiering", "standard-ia", "glacier-instant-retrieval".',
  ],
  [
    'repository.packs',
    { class: 'standard-ia', afterDays: 7 },
    'The setting "repository.packs.afterDays" must be 30 or more for standard-ia (S3 moves nothing there earlier).',
  ],
  [
    'people.signInDomain',
    'my-aws-backup',
    'The setting "people.signInDomain" must not hold aws, amazon or cognito (AWS).',
  ],
  [
    'audit.lock',
    { mode: 'compliance', days: 0 },
    'The setting "audit.lock.days" must be at least 1.',
  ],
  ['people.passwordLength', 8, 'The setting "people.passwordLength" must be at least 12.'],
  [
    'console.domain',
    {
      name: 'backup.example.com',
      certificateArn:
        'arn:aws:acm:eu-central-1:111122223333:certificate/00000000-0000-0000-0000-000000000000',
    },
    'The setting "console.domain.certificateArn" must be the ARN of a certificate in us-east-1 (CloudFront takes no other).',
  ],
  [
    'notifications.operators',
    ['someone'],
    'The setting "notifications.operators[0]" must be a mail address.',
  ],
  [
    'notifications.operators',
    [],
    'The setting "notifications.operators" must have entries: at least 1.',
  ],
  ['alarms.enabled', 'no', 'The setting "alarms.enabled" must be true or false.'],
  [
    'name',
    'aws-backup',
    'The setting "name" must not begin with aws or ssm (Systems Manager takes no parameter of such a name).',
  ],
  ['name', 'X', /must be 3 to 20 lower-case letters/ as unknown as string],
  ['logs.days', 42, /^The setting "logs.days" must be one of 1, 3, 5,/ as unknown as string],
])('%s = %j is refused by name', (path, value, problem) => {
  const problems = problemsOf(withSetting(path, value))
  expect(problems).toHaveLength(1)
  expect(problems[0]).toMatch(
    (problem as unknown) instanceof RegExp
      ? problem
      : new RegExp(`^${problem.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`),
  )
})

test('all that is wrong is told at once, with where to read on', () => {
  const refused = () => readContext({ regoin: 'x', repository: { bucket: 1 } })
  expect(refused).toThrow(/"regoin"[\s\S]*docs\/deploy\.md/)
  expect(problemsOf({ regoin: 'x', repository: { bucket: 1 } }).length).toBeGreaterThan(3)
  expect(problemsOf(null)).toEqual([
    'The setting "the whole file" must be a group of settings in braces.',
  ])
})

test('a context key given on the command line is refused by name, those of the CDK are not', () => {
  expect(() => refuseUnknownKeys(['xenkeep', 'region', '@aws-cdk/core:x'], 'xenkeep')).toThrow(
    'There is no context key "region"; settings stand in the file xenkeep.context.json.',
  )
  expect(() => refuseUnknownKeys(['xenkeep', 'aws:cdk:x', '@aws-cdk/x:y'], 'xenkeep')).not.toThrow()
})

/** `repository.replica.bucket`, of every setting that is no group. */
const settingsOf = (schema: z.core.JSONSchema.BaseSchema, path = ''): string[] => {
  const { properties = {} } = schema
  return Object.entries(properties).flatMap(([name, inner]) => {
    const own = path ? `${path}.${name}` : name
    const group = inner as z.core.JSONSchema.BaseSchema
    return group.properties ? settingsOf(group, own) : [own]
  })
}

test('every setting is told in docs/deploy.md, and none that is not there', () => {
  const settings = settingsOf(z.toJSONSchema(Context, { io: 'input' }))
  expect(settings.length).toBeGreaterThan(25)
  const table = readFileSync('docs/deploy.md', 'utf8').match(/^\| `[a-zA-Z.]+` +\|/gm) ?? []
  expect(table.map(row => row.split('`')[1]).sort()).toEqual(settings.sort())
})

test('a second account is another one', () => {
  const same = '111122223333'
  const context = withSetting('repository.replica.account', same) as Record<string, unknown>
  expect(problemsOf({ ...context, account: same })).toEqual([
    'The setting "repository.replica.account" must be another account than "account", or be left out (S3 hands over objects to others only).',
  ])
})
