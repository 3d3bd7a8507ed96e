import { expect, test } from 'vitest'
import { actionsOf } from '#test/support/iam/calls-of-handler.ts'
import { resolved, rolesOf } from '#test/support/iam/roles-of.ts'
import { synthesise } from '#test/support/synthesis.ts'

const { resources } = synthesise()

interface HandlerOf {
  Metadata?: { 'xenkeep:handler'?: string }
  Properties?: { Role?: unknown; Environment?: { Variables?: Record<string, unknown> } }
}

const handlers = resources.flatMap(resource => {
  const { Metadata, Properties } = resource as HandlerOf
  const file = Metadata?.['xenkeep:handler']
  if (resource.Type !== 'AWS::Lambda::Function' || file === undefined) return []
  const id = String(resolved(Properties?.Role)).replace(/^ref:(.*)\.Arn$/, '$1')
  const variables = Object.keys(Properties?.Environment?.Variables ?? {})
  return [{ file, stack: resource.stack, roleId: id, variables }]
})

/** The role of a function, by the logical id that its template gives it. */
const identityOf = (stack: string, id: string) => {
  const [role] = rolesOf(
    resources.filter(
      one => one.stack === stack && (one.Type !== 'AWS::IAM::Role' || one.id === id),
    ) as never,
  )
  if (!role) throw new Error(`No role ${id} in ${stack}`)
  return role.identity
}

/** The catalog and its own log every function has; a queue for what it failed on, some. */
const USUAL = /^(dynamodb|logs|sqs|xray):/

const grantedTo = (stack: string, id: string): string[] => {
  const actions = identityOf(stack, id)
    .flatMap(({ Statement }) => [...Statement])
    .flatMap(({ Action = [] }) => [Action].flat())
  return [...new Set(actions)].filter(action => !USUAL.test(action)).sort()
}

test('each function may do on AWS what its code calls, and nothing besides', () => {
  expect(handlers.length).toBeGreaterThan(100)
  const wrong = handlers.flatMap(({ file, stack, roleId }) => {
    const needed = [...actionsOf(file)].sort()
    const granted = grantedTo(stack, roleId)
    return needed.join() === granted.join() ? [] : [{ file, stack, needed, granted }]
  })
  expect(wrong).toEqual([])
})

test('each function knows where to find what it may use', () => {
  const inTransit = ['functions/api/files/answer-question.ts', 'functions/api/files/get-answer.ts']
  for (const { file, variables } of handlers)
    expect(variables.includes('XENKEEP_TRANSIT_BUCKET'), file).toBe(inTransit.includes(file))
  const settings: Record<string, string[]> = {
    'states:StartExecution': [
      ...['XENKEEP_POLICY_RUN_ARN', 'XENKEEP_RESTORE_RUN_ARN'],
      ...['XENKEEP_REPLICATION_RUN_ARN', 'XENKEEP_MAINTENANCE_ARN'],
    ],
    'sts:AssumeRole': [
      'XENKEEP_GATEWAY_STORAGE_ROLE_ARN',
      'XENKEEP_MAINTENANCE_STORAGE_ROLE_ARN',
      'XENKEEP_SLOT_KEYS',
    ],
    'iam:PutRolePolicy': ['XENKEEP_GATEWAY_STORAGE_ROLE_ARN'],
    'scheduler:CreateSchedule': ['XENKEEP_SCHEDULE_GROUP', 'XENKEEP_SCHEDULE_ROLE_ARN'],
    's3:PutObjectRetention': ['XENKEEP_AUDIT_COPY'],
    'ssm:GetParameter': ['XENKEEP_SECRETS'],
  }
  for (const { file, variables } of handlers)
    for (const action of actionsOf(file))
      expect(variables, `${file}: ${action}`).toEqual(
        expect.arrayContaining(settings[action] ?? []),
      )
})
