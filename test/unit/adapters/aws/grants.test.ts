import { DeleteRolePolicyCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import type { AssumeRoleCommand } from '@aws-sdk/client-sts'
import { expect, test } from 'vitest'
import { stsGrants } from '#adapters/aws/grants.ts'
import { iamRevocations } from '#adapters/aws/revocations.ts'
import { sessionPolicyOf } from '#core/access/session-policy.ts'

const roles = {
  gateway: 'arn:aws:iam::111122223333:role/gateway-storage',
  maintenance: 'arn:aws:iam::111122223333:role/maintenance-storage',
}
const place = { bucket: 'bucket', prefix: 'main' }
const asked = { gatewayId: '01J000000000000000000000GW', jobId: '01J000000000000000000000JB' }
const expires = Date.UTC(2026, 10, 22)

const secondCopy = { place: { bucket: 'copy', prefix: 'main' }, region: 'eu-west-1' }

const sts = (answer: unknown, more: { secondCopy?: typeof secondCopy } = {}) => {
  const inputs: AssumeRoleCommand['input'][] = []
  const client = {
    send: async (command: AssumeRoleCommand) => {
      inputs.push(command.input)
      if (answer instanceof Error) throw answer
      return answer
    },
  }
  const common = { client: client as never, place, roles, kms: {}, region: 'eu-north-1' }
  const grants = stsGrants({ ...common, ...more })
  return { grants, inputs }
}
const given = {
  Credentials: {
    ...{ AccessKeyId: 'AKIA', SecretAccessKey: 'secret', SessionToken: 'token' },
    Expiration: new Date(expires),
  },
}
const named = (name: string, status = 400) =>
  Object.assign(new Error('no'), { name, $metadata: { httpStatusCode: status } })

test('a session is of the role of its purpose, named by gateway and job, cut down, and short', async () => {
  const { grants, inputs } = sts(given)
  const lock = { mode: 'governance', days: 30 } as const
  expect(await grants.issue({ ...asked, purpose: 'backup', lock })).toEqual({
    ...{ accessKeyId: 'AKIA', secretAccessKey: 'secret', sessionToken: 'token' },
    ...{ expires, region: 'eu-north-1' },
  })
  expect(inputs).toEqual([
    {
      RoleArn: roles.gateway,
      RoleSessionName: '01J000000000000000000000GW.01J000000000000000000000JB',
      DurationSeconds: 900,
      Policy: JSON.stringify(sessionPolicyOf({ purpose: 'backup', place, lock, kms: {} })),
    },
  ])
  await grants.issue({ ...asked, purpose: 'maintenance' })
  expect(inputs[1]?.RoleArn).toBe(roles.maintenance)
})

test('to compare, a session is for the second copy, in its region, with the role of gateways; where nobody knows of one there is none', async () => {
  const { grants, inputs } = sts(given, { secondCopy })
  expect(await grants.issue({ ...asked, purpose: 'compare' })).toMatchObject({
    region: 'eu-west-1',
  })
  expect(inputs[0]).toMatchObject({ RoleArn: roles.gateway })
  const policy = String(inputs[0]?.Policy)
  expect(policy).toContain('arn:aws:s3:::copy/main/*')
  expect(policy).not.toContain('arn:aws:s3:::bucket')
  const without = sts(given)
  expect(await without.grants.issue({ ...asked, purpose: 'compare' })).toBeUndefined()
  expect(without.inputs).toEqual([])
})

test.each([
  [named('ThrottlingException'), 'GRANTS_UNAVAILABLE', true],
  [named('InternalFailure', 500), 'GRANTS_UNAVAILABLE', true],
  [named('AccessDenied', 403), 'GRANT_REFUSED', false],
  [named('PackedPolicyTooLargeException'), 'GRANT_REFUSED', false],
  [{}, 'GRANTS_UNAVAILABLE', true],
])('%s of STS is %s', async (answer, code, retryable) => {
  const { grants } = sts(answer)
  const issued = grants.issue({ ...asked, purpose: 'restore' })
  await expect(issued).rejects.toMatchObject({ code, retryable })
})

test('a repository with too long a prefix is refused before STS is asked', async () => {
  const client = { send: async () => expect.unreachable() }
  const long = { bucket: 'bucket', prefix: 'p'.repeat(900) }
  const grants = stsGrants({ client: client as never, place: long, roles, kms: {}, region: 'x' })
  await expect(grants.issue({ ...asked, purpose: 'backup' })).rejects.toMatchObject({
    code: 'GRANT_REFUSED',
    message: expect.stringContaining('the prefix of the repository is too long'),
  })
})

test('a revocation refuses the sessions of one gateway at both roles, and removes those that are over', async () => {
  const sent: string[] = []
  const client = {
    send: async (command: PutRolePolicyCommand | DeleteRolePolicyCommand) => {
      const { RoleName, PolicyName } = command.input
      sent.push(`${command.constructor.name} ${RoleName} ${PolicyName}`)
      if (command instanceof PutRolePolicyCommand)
        expect(JSON.parse(command.input.PolicyDocument ?? '').Statement[0].Condition).toEqual({
          StringLike: { 'aws:userid': '*:GW1.*' },
        })
      if (command instanceof DeleteRolePolicyCommand) throw named('NoSuchEntityException', 404)
      return {}
    },
  }
  await iamRevocations({ client: client as never, roles }).revoke('GW1', ['GW0'])
  expect(sent).toEqual([
    'PutRolePolicyCommand gateway-storage xenkeep-revoked-GW1',
    'PutRolePolicyCommand maintenance-storage xenkeep-revoked-GW1',
    'DeleteRolePolicyCommand gateway-storage xenkeep-revoked-GW0',
    'DeleteRolePolicyCommand maintenance-storage xenkeep-revoked-GW0',
  ])
})
