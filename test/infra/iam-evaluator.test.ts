import { expect, test } from 'vitest'
import { isAllowed, type Policy, type Statement } from '#test/support/iam/evaluate.ts'
import { resolved } from '#test/support/iam/roles-of.ts'

// The evaluator that the other tests of rights rest on, against what the IAM user guide says.

const policy = (...statements: Partial<Statement>[]): Policy => ({
  Statement: statements.map(given => ({
    ...{ Effect: 'Allow', Action: 's3:*', Resource: '*' },
    ...given,
  })),
})
const request = {
  principal: 'arn:aws:iam::111122223333:role/one',
  action: 's3:GetObject',
  resource: 'arn:aws:s3:::bucket/a/b',
}
const allowed = (identity: Policy, context = {}) =>
  isAllowed({ identity: [identity] }, { ...request, context })

test('nothing is allowed that no statement allows, and a Deny wins over everything', () => {
  expect(isAllowed({ identity: [] }, request)).toBe(false)
  expect(allowed(policy({}))).toBe(true)
  expect(allowed(policy({}, { Effect: 'Deny' }))).toBe(false)
  expect(
    isAllowed(
      { identity: [policy({})], resource: policy({ Effect: 'Deny', Principal: '*' }) },
      request,
    ),
  ).toBe(false)
})

test.each([
  [{ Action: 's3:get*' }, true],
  [{ Action: ['s3:Put*', 's3:GetObjec?'] }, true],
  [{ Action: 's3:Get' }, false],
  [{ Action: undefined, NotAction: 's3:Get*' }, false],
  [{ Action: undefined, NotAction: 's3:Put*' }, true],
  [{ Resource: 'arn:aws:s3:::bucket/*' }, true],
  [{ Resource: 'arn:aws:s3:::bucket/A/*' }, false],
  [{ Resource: undefined, NotResource: 'arn:aws:s3:::bucket/a/*' }, false],
  [{ Resource: undefined, NotResource: 'arn:aws:s3:::bucket/b/*' }, true],
])('%j: %s', (statement, expected) => {
  expect(allowed(policy(statement as Partial<Statement>))).toBe(expected)
})

test.each([
  ['StringEquals', 'one', { key: 'one' }, true],
  ['StringEquals', ['two', 'one'], { KEY: 'one' }, true],
  ['StringEquals', 'one', {}, false],
  ['StringEqualsIfExists', 'one', {}, true],
  ['StringNotEquals', 'one', { key: 'two' }, true],
  ['StringNotEquals', ['one', 'two'], { key: 'two' }, false],
  ['StringNotEquals', 'one', {}, true],
  ['StringLike', 'o?e*', { key: 'oneself' }, true],
  ['StringEquals', 'o*', { key: 'one' }, false],
  ['ArnNotLike', 'arn:*:role/x', {}, true],
  ['Null', 'true', {}, true],
  ['Null', 'false', {}, false],
  ['Null', 'true', { key: '*' }, false],
  ['Bool', 'true', { key: 'true' }, true],
  ['Bool', 'true', {}, false],
  ['NumericLessThan', '30', { key: '29' }, true],
  ['NumericLessThan', '30', { key: '30' }, false],
  ['NumericLessThan', '30', { key: '9' }, true],
  ['NumericGreaterThan', '30', {}, false],
  ['ForAnyValue:StringEquals', 'a', { key: ['b', 'a'] }, true],
  ['ForAnyValue:StringEquals', 'a', {}, false],
  ['ForAllValues:StringEquals', ['a', 'b'], { key: ['b', 'a'] }, true],
  ['ForAllValues:StringEquals', 'a', { key: ['b', 'a'] }, false],
  ['ForAllValues:StringEquals', 'a', {}, true],
] as const)('%s %j of %j: %s', (operator, wanted, context, expected) => {
  expect(allowed(policy({ Condition: { [operator]: { key: wanted } } }), context)).toBe(expected)
})

test('a session and a boundary only take away', () => {
  const get = policy({ Action: 's3:GetObject' })
  const put = policy({ Action: 's3:PutObject' })
  expect(isAllowed({ identity: [policy({})], session: get }, request)).toBe(true)
  expect(isAllowed({ identity: [policy({})], session: put }, request)).toBe(false)
  expect(isAllowed({ identity: [put], session: get }, request)).toBe(false)
  expect(isAllowed({ identity: [policy({})], session: get, boundary: put }, request)).toBe(false)
})

test.each([
  ['*', true],
  [{ AWS: '*' }, true],
  [{ AWS: 'arn:aws:iam::111122223333:root' }, true],
  [{ AWS: '111122223333' }, true],
  [{ AWS: ['arn:aws:iam::111122223333:role/one'] }, true],
  [{ AWS: 'arn:aws:iam::111122223333:role/two' }, false],
  [{ Service: 'lambda.amazonaws.com' }, false],
])('principal %j: %s', (Principal, expected) => {
  expect(isAllowed({ identity: [], resource: policy({ Principal }) }, request)).toBe(expected)
})

test('what is not understood is an error, and never a silent no', () => {
  for (const statement of [
    { Condition: { DateLessThan: { key: '1' } } },
    { Resource: `arn:aws:s3:::bucket/$${'{aws:userid}'}` },
    { Effect: 'Maybe' },
    { NotPrincipal: '*' } as never,
  ])
    expect(() => allowed(policy(statement), { key: '1' })).toThrow()
})

test('references of a template become texts', () => {
  expect(
    resolved({
      'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':x:', { 'Fn::GetAtt': ['Fn', 'Arn'] }]],
    }),
  ).toBe('arn:aws:x:ref:Fn.Arn')
  expect(resolved({ 'Fn::Select': [1, { 'Fn::Split': [':', 'a:b'] }] })).toBe('b')
  expect(resolved({ 'Fn::Sub': `a-$${'{AWS::Region}'}` })).toBe('a-eu-central-1')
})
