import { existsSync, readFileSync } from 'node:fs'
import type { Stack } from 'aws-cdk-lib'
import { Match } from 'aws-cdk-lib/assertions'
import { Bucket } from 'aws-cdk-lib/aws-s3'
import { expect, test } from 'vitest'
import { routes } from '#core/contracts/routes.ts'
import { HANDLER_METADATA } from '#infra/constructs/handler-function.ts'
import sample from '#infra/sample.context.json' with { type: 'json' }
import { CatalogStack } from '#infra/stacks/catalog.ts'
import { WorkflowsStack } from '#infra/stacks/workflows.ts'
import { stateMachinesOf } from '#infra/state-machines-of.ts'
import exported from '#local/state-machines.json' with { type: 'json' }
import { alone, appOf, synthesise } from '#test/support/synthesis.ts'

// Synthesis itself fails on any finding of cdk-nag that nobody acknowledged with a reason (infra/build-app.ts).
const { template, templates, ofType } = synthesise()

test('the catalog is kept, recoverable to any second, and costs nothing when idle', () => {
  template('xenkeep-catalog').hasResource('AWS::DynamoDB::GlobalTable', {
    DeletionPolicy: 'Retain',
    UpdateReplacePolicy: 'Retain',
    Properties: {
      TableName: 'xenkeep-catalog',
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      BillingMode: 'PAY_PER_REQUEST',
      Replicas: ['eu-west-1', 'eu-central-1'].map(Region =>
        Match.objectLike({
          Region,
          PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
          DeletionProtectionEnabled: true,
        }),
      ),
    },
  })
})

test('a second region can be added to the catalog later: it has its stream from the first day', () => {
  const { standbyRegion: _, repository, ...rest } = sample
  const { replica: __, ...only } = repository
  alone(
    { ...rest, repository: only },
    (app, deployment) => new CatalogStack(app, 'catalog', { deployment }),
  ).template.hasResourceProperties('AWS::DynamoDB::GlobalTable', {
    StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
    Replicas: [Match.objectLike({ DeletionProtectionEnabled: true })], // one
  })
})

/** Functions of the CDK's own, which work during a deployment only. */
const OF_THE_CDK = /^Custom/

test('every function runs Node 24 on ARM64, and its handler file exists', () => {
  const functions = ofType('AWS::Lambda::Function').filter(({ id }) => !OF_THE_CDK.test(id))
  expect(functions.length).toBe(Object.keys(routes).length + 14)
  for (const { Properties, Metadata } of functions) {
    expect(Properties).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'] })
    const file = String(Metadata?.[HANDLER_METADATA])
    expect(existsSync(file), file).toBe(true)
    expect(readFileSync(file, 'utf8')).toMatch(/^export const handler = /m)
  }
})

test('every route of the contract is a route of the API, and people have to sign theirs', () => {
  const ofApi = ofType('AWS::ApiGatewayV2::Route').map(({ Properties }) => [
    Properties.RouteKey,
    Properties.AuthorizationType,
  ])
  const ofContract = Object.values(routes).map(({ method, path, audience }) => [
    `${method} ${path}`,
    audience === 'person' ? 'CUSTOM' : 'NONE',
  ])
  expect(ofApi.sort()).toEqual(ofContract.sort())
})

test('no stack comes near the 500 resources that CloudFormation takes', () => {
  for (const [stack, { Resources }] of Object.entries(templates))
    expect(Object.keys(Resources).length, stack).toBeLessThan(400)
})

test('no function may do more to the catalog than its adapter asks for, and none scans it', () => {
  const actions = ofType('AWS::IAM::Policy')
    .filter(({ id }) => !OF_THE_CDK.test(id))
    .flatMap(({ Properties }) => {
      const { Statement } = Properties.PolicyDocument as {
        Statement: { Action: string | string[] }[]
      }
      return Statement.flatMap(({ Action }) => Action)
    })
  expect([...new Set(actions.filter(action => action.startsWith('dynamodb:')))].sort()).toEqual([
    'dynamodb:DeleteItem',
    'dynamodb:GetItem',
    'dynamodb:Query',
    'dynamodb:UpdateItem',
  ])
  expect(actions.filter(action => action.includes('*'))).toEqual([])
})

test('only what starts runs may start executions, and only what tells results may complete tasks', () => {
  const whoMay = (action: string) =>
    [
      ...new Set(
        ofType('AWS::IAM::Policy')
          .filter(policy => JSON.stringify(policy).includes(`"${action}"`))
          .map(({ id }) => id.replace(/((Handler)?Role|DistributedMapPolicy).*$/, '')),
      ),
    ].sort()
  expect(whoMay('states:StartExecution')).toEqual([
    'ApproveRun',
    'CommandReplica',
    'DeletePoint',
    'Maintenance',
    'PlaceHold',
    'PolicyRun',
    'RedriveRun',
    'ReplicationRun',
    'RestoreRun',
    'RetryRun',
    'SchedulesRun',
    'StartRun',
    'StepSiteRestore',
    'TakeOverRegion',
    'TendMaintenance',
    'TendPolicies',
    'TendReplicas',
    'TendRuns',
  ])
  expect(whoMay('states:SendTaskSuccess')).toEqual([
    'CancelRun',
    'Lease',
    'Result',
    'RevokeGateway',
    'SetGateway', // that may not maintain any more
    'StartRun', // a look at files ends the former one
    'TakeOverRegion',
    'TaskDispatchJob',
    'TendRuns',
  ])
  expect(
    whoMay('states:StopExecution').filter(id => !id.endsWith('Run') || id === 'RedriveRun'),
  ).toEqual(['Maintenance', 'RedriveRun'])
  expect(whoMay('states:SendTaskHeartbeat')).toEqual(['Heartbeat'])
})

test('machines are Standard, traced, logged without data', () => {
  const workflows = template('xenkeep-workflows')
  workflows.resourceCountIs('AWS::StepFunctions::StateMachine', 6)
  workflows.allResourcesProperties('AWS::StepFunctions::StateMachine', {
    StateMachineType: Match.absent(),
    TracingConfiguration: { Enabled: true },
    LoggingConfiguration: Match.objectLike({ Level: 'ALL', IncludeExecutionData: false }),
  })
})

test('one machine runs just what the CDK synthesises (npm run synth refreshes it)', () => {
  const inline = alone(
    { ...sample, machines: { distributedMap: false } },
    (app, deployment) => new WorkflowsStack(app, 'xenkeep-workflows', { deployment }),
  )
  expect(exported).toEqual(stateMachinesOf(inline.json))
})

test('a finding of cdk-nag that nobody acknowledged stops the synthesis', () => {
  const { standbyRegion: _, repository, ...rest } = sample
  const { replica: __, ...only } = repository
  const app = appOf({ ...rest, repository: only, keys: { slots: false } })
  new Bucket(app.node.findChild('xenkeep-catalog') as Stack, 'Unlocked')
  expect(() => app.synth()).toThrow('AwsSolutions-S10')
})

test('schedules of policies are kept by one function, within one group, for one role', () => {
  const statements = ofType('AWS::IAM::Policy').flatMap(({ id, Properties }) =>
    (Properties.PolicyDocument as { Statement: { Action: string | string[] }[] }).Statement.filter(
      ({ Action }) => [Action].flat().some(action => /^(scheduler:|iam:PassRole)/.test(action)),
    ).map(statement => ({ id, text: JSON.stringify(statement) })),
  )
  expect(statements).toHaveLength(2)
  for (const { id, text } of statements) {
    expect(id).toContain('TendPolicies')
    expect(text).toMatch(/schedule\/xenkeep-policies\/\*|scheduler\.amazonaws\.com/)
  }
})
