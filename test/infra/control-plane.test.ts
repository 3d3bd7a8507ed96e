import { existsSync, readFileSync } from 'node:fs'
import type { Stack } from 'aws-cdk-lib'
import { Match } from 'aws-cdk-lib/assertions'
import { Bucket } from 'aws-cdk-lib/aws-s3'
import { expect, test } from 'vitest'
import { routes } from '#core/contracts/routes.ts'
import { buildApp } from '#infra/build-app.ts'
import { HANDLER_METADATA } from '#infra/constructs/handler-function.ts'
import { stateMachinesOf } from '#infra/state-machines-of.ts'
import exported from '#local/state-machines.json' with { type: 'json' }
import { synthesise } from '#test/support/synthesis.ts'

// Synthesis itself fails on any finding of cdk-nag that nobody acknowledged with a reason (infra/build-app.ts).
const { json, template } = synthesise()
const resources = Object.values(json.Resources)

test('the catalog is kept, recoverable to any second, and costs nothing when idle', () => {
  template.hasResource('AWS::DynamoDB::Table', {
    DeletionPolicy: 'Retain',
    Properties: {
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      BillingMode: 'PAY_PER_REQUEST',
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      DeletionProtectionEnabled: true,
    },
  })
})

test('every function runs Node 24 on ARM64, and its handler file exists', () => {
  const functions = resources.filter(({ Type }) => Type === 'AWS::Lambda::Function')
  expect(functions.length).toBe(Object.keys(routes).length + 7)
  for (const { Properties, Metadata } of functions) {
    expect(Properties).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'] })
    const file = String(Metadata?.[HANDLER_METADATA])
    expect(existsSync(file), file).toBe(true)
    expect(readFileSync(file, 'utf8')).toMatch(/^export const handler = /m)
  }
})

test('every route of the contract is a route of the API, and people have to sign theirs', () => {
  for (const { method, path, audience } of Object.values(routes))
    template.hasResourceProperties('AWS::ApiGatewayV2::Route', {
      RouteKey: `${method} ${path}`,
      AuthorizationType: audience === 'person' ? 'AWS_IAM' : 'NONE',
    })
  template.resourceCountIs('AWS::ApiGatewayV2::Route', Object.keys(routes).length)
})

test('no function may do more to the catalog than its adapter asks for, and none scans it', () => {
  const actions = resources
    .filter(({ Type }) => Type === 'AWS::IAM::Policy')
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
  const policiesWith = (action: string) =>
    Object.entries(template.findResources('AWS::IAM::Policy'))
      .filter(([, policy]) => JSON.stringify(policy).includes(`"${action}"`))
      .map(([id]) => id.replace(/DefaultPolicy.*$/, ''))
      .sort()
  expect(policiesWith('states:StartExecution').map(id => id.replace(/Role.*$/, ''))).toEqual([
    'ApiCommandReplica',
    'ApiStartRun',
    'JobsRun',
    'PolicyRun',
    'TendReplicas',
    'TendRuns',
  ])
  expect(policiesWith('states:SendTaskSuccess').map(id => id.replace(/Role.*$/, ''))).toEqual([
    'ApiCancelRun',
    'ApiLease',
    'ApiResult',
    'TaskDispatchJob',
    'TendRuns',
  ])
  expect(policiesWith('states:SendTaskHeartbeat').map(id => id.replace(/Role.*$/, ''))).toEqual([
    'ApiHeartbeat',
  ])
})

test('machines are Standard, traced, logged without data', () => {
  template.resourceCountIs('AWS::StepFunctions::StateMachine', 4)
  template.allResourcesProperties('AWS::StepFunctions::StateMachine', {
    StateMachineType: Match.absent(),
    TracingConfiguration: { Enabled: true },
    LoggingConfiguration: Match.objectLike({ Level: 'ALL', IncludeExecutionData: false }),
  })
})

test('one machine runs just what the CDK synthesises (npm run synth refreshes it)', () => {
  expect(exported).toEqual(stateMachinesOf(json))
})

test('a finding of cdk-nag that nobody acknowledged stops the synthesis', () => {
  const app = buildApp({ context: { 'aws:cdk:bundling-stacks': [] } })
  new Bucket(app.node.findChild('XenkeepControlPlane') as Stack, 'Unlocked')
  expect(() => app.synth()).toThrow('AwsSolutions-S10')
})
