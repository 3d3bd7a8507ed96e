import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { IDLE } from '#core/costs/estate.ts'
import { anchorOf } from '#infra/constructs/alarm.ts'
import sample from '#infra/sample.context.json' with { type: 'json' }
import { ApiStack } from '#infra/stacks/api.ts'
import { alone, synthesise } from '#test/support/synthesis.ts'

const { ofType, resources } = synthesise()

const alarms = [...ofType('AWS::CloudWatch::Alarm'), ...ofType('AWS::CloudWatch::Alarm', 'standby')]
/** Alarms and the rules that tell of an event say in their description where to read on. */
const told = [...alarms, ...ofType('AWS::Events::Rule')]
  .map(({ Properties }) => String(Properties.AlarmDescription ?? Properties.Description ?? ''))
  .flatMap(description => /docs\/runbook\.md#([\w-]+)/.exec(description)?.[1] ?? [])

test('every alarm names a section of the runbook, and every section of the runbook is named', () => {
  const sections = readFileSync('docs/runbook.md', 'utf8')
    .split('\n')
    .filter(line => line.startsWith('## '))
    .map(line => anchorOf(line.slice(3)))
  expect(told.length).toBe(alarms.length + 1)
  expect([...new Set(told)].sort()).toEqual(sections.sort())
})

test('every alarm tells operators, when it begins and when it ends', () => {
  for (const { Properties, id } of alarms)
    for (const actions of [Properties.AlarmActions, Properties.OKActions])
      expect(JSON.stringify(actions), id).toContain(':xenkeep-alarms')
})

test('the idle bill counts what is really there: alarms, dashboards, keys', () => {
  // An alarm is billed by its metrics.
  const metrics = alarms.flatMap(({ Properties }) =>
    Properties.Metrics
      ? (Properties.Metrics as { MetricStat?: unknown }[]).filter(({ MetricStat }) => MetricStat)
      : [Properties.MetricName],
  )
  expect(metrics.length).toBeLessThanOrEqual(IDLE.alarms)
  expect(ofType('AWS::CloudWatch::Dashboard')).toHaveLength(IDLE.dashboards)
  expect(ofType('AWS::KMS::Key')).toHaveLength(IDLE.keys)
})

test('nothing is there that costs by the hour, and no metric of our own', () => {
  const paid = resources
    .map(({ Type }) => Type)
    .filter(type =>
      /NatGateway|LoadBalancer|EC2::Instance|VPCEndpoint|ECS|RDS|ElastiCache|Logs::MetricFilter|ProvisionedConcurrency|SecretsManager/.test(
        type,
      ),
    )
  expect(paid).toEqual([])
})

test('without alarms there are none', () => {
  alone(
    { ...sample, alarms: { enabled: false } },
    (app, deployment) => new ApiStack(app, 'api', { deployment }),
  ).template.resourceCountIs('AWS::CloudWatch::Alarm', 0)
})
