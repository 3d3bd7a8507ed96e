import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { IDLE, SECOND_REGION } from '#core/costs/estate.ts'
import { TICKS } from '#core/costs/ticks.ts'
import { anchorOf } from '#infra/constructs/alarm.ts'
import sample from '#infra/sample.context.json' with { type: 'json' }
import { ApiStack } from '#infra/stacks/api.ts'
import { MonitoringStack } from '#infra/stacks/monitoring.ts'
import { alone, synthesise } from '#test/support/synthesis.ts'

interface Statement {
  Effect: string
  Principal: unknown
  Condition?: unknown
}

const { ofType, resources } = synthesise()

const alarms = [...ofType('AWS::CloudWatch::Alarm'), ...ofType('AWS::CloudWatch::Alarm', 'standby')]
/** Alarms and the rules that tell of an event say in their description where to read on. */
const rules = [...ofType('AWS::Events::Rule'), ...ofType('AWS::Events::Rule', 'standby')]
const told = [...alarms, ...rules]
  .map(({ Properties }) => String(Properties.AlarmDescription ?? Properties.Description ?? ''))
  .flatMap(description => /docs\/runbook\.md#([\w-]+)/.exec(description)?.[1] ?? [])

test('every alarm names a section of the runbook, and every section of the runbook is named', () => {
  const sections = readFileSync('docs/runbook.md', 'utf8')
    .split('\n')
    .filter(line => line.startsWith('## '))
    .map(line => anchorOf(line.slice(3)))
  expect(told.length).toBe(alarms.length + 2) // runs that break, in both regions
  expect([...new Set(told)].sort()).toEqual(sections.sort())
})

test('both regions have the same alarms, but for what only one of them can know', () => {
  const namesOf = (site: 'primary' | 'standby') =>
    ofType('AWS::CloudWatch::Alarm', site).map(({ Properties }) => String(Properties.AlarmName))
  const [first, second] = [namesOf('primary'), namesOf('standby')]
  expect(first.filter(name => !second.includes(name)).sort()).toEqual([
    'xenkeep-no-run-ended',
    'xenkeep-repository-copy-fails', // told where it is sent from
  ])
  expect(second.filter(name => !first.includes(name))).toEqual([
    'xenkeep-repository-copy-late', // told where it should arrive
  ])
})

test('what each region sends is watched there: the catalog by the region that it goes to', () => {
  const [out, back] = (['primary', 'standby'] as const).map(site => {
    const alarm = ofType('AWS::CloudWatch::Alarm', site).find(
      ({ Properties }) =>
        Properties.MetricName === 'ReplicationLatency' && Properties.Namespace === 'AWS/DynamoDB',
    )
    const dimensions = (alarm?.Properties.Dimensions ?? []) as { Name: string; Value: unknown }[]
    return dimensions.find(({ Name }) => Name === 'ReceivingRegion')?.Value
  })
  expect([out, back]).toEqual(['eu-west-1', 'eu-central-1'])
})

test('what looks after something seldom is missed when it fails or does not come', () => {
  for (const name of [
    'xenkeep-tend-runs-fails',
    'xenkeep-copy-audit-fails',
    'xenkeep-tend-maintenance-fails',
  ]) {
    const [alarm] = alarms.filter(({ Properties }) => Properties.AlarmName === name)
    expect(alarm?.Properties, name).toMatchObject({
      MetricName: 'Errors',
      Threshold: 1,
      TreatMissingData: 'breaching',
    })
  }
  // What comes more often and always fails is noticed among all functions: 5 times in 5 minutes.
  const seldom = Object.entries(TICKS).filter(([, minutes]) => minutes > 1)
  expect(seldom.map(([name]) => name).sort()).toEqual([
    'copy-audit',
    'tend-maintenance',
    'tend-runs',
  ])
  const [fail] = alarms.filter(
    ({ Properties }) => Properties.AlarmName === 'xenkeep-functions-fail',
  )
  expect(fail?.Properties.Threshold).toBeLessThan(5)
})

test('every section of the runbook has a command to look with', () => {
  const sections = readFileSync('docs/runbook.md', 'utf8').split(/^## /m).slice(1)
  for (const section of sections)
    expect(section, section.slice(0, 40)).toMatch(/`(aws|worst|log|xenkeep) [^`]+`|```sh/)
})

test('every alarm tells operators, when it begins and when it ends', () => {
  for (const { Properties, id } of alarms)
    for (const actions of [Properties.AlarmActions, Properties.OKActions])
      expect(JSON.stringify(actions), id).toContain(':xenkeep-alarms')
})

test('events get through to the topic: EventBridge takes no condition in its policy, everybody else has one', () => {
  const [statements] = ofType('AWS::SNS::TopicPolicy')
    .map(({ Properties }) => (Properties.PolicyDocument as { Statement: Statement[] }).Statement)
    .filter(all => all.some(({ Effect }) => Effect === 'Allow'))
  const allowed = statements?.filter(({ Effect }) => Effect === 'Allow') ?? []
  const of = (service: string) =>
    allowed.filter(({ Principal }) => JSON.stringify(Principal).includes(service))
  expect(of('events.amazonaws.com').map(({ Condition }) => Condition)).toEqual([undefined])
  for (const service of ['cloudwatch.amazonaws.com', 'ses.amazonaws.com']) {
    expect(of(service).length).toBeGreaterThan(0)
    for (const { Condition } of of(service))
      expect(JSON.stringify(Condition)).toMatch(/aws:SourceAccount":\{"Ref":"AWS::AccountId"\}/i)
  }
})

test('no alarm computes with a metric that is there only now and then', () => {
  for (const { Properties, id } of alarms) expect(Properties.Metrics, id).toBeUndefined()
})

test('the idle bill counts what is really there: alarms, dashboards, keys', () => {
  expect(alarms).toHaveLength(IDLE.alarms + SECOND_REGION.alarms)
  expect(ofType('AWS::CloudWatch::Dashboard')).toHaveLength(IDLE.dashboards)
  expect(ofType('AWS::KMS::Key')).toHaveLength(IDLE.keys)
})

test('the idle bill counts whatever the clock begins: each rule by its file and its minutes, and there are no others', () => {
  const clocks = (site: 'primary' | 'standby') =>
    ofType('AWS::Events::Rule', site)
      .filter(({ Properties }) => Properties.ScheduleExpression)
      .map(({ stack, Properties }) => {
        const [{ Arn }] = Properties.Targets as [{ Arn: { 'Fn::GetAtt': [string, string] } }]
        const target = resources.find(one => one.stack === stack && one.id === Arn['Fn::GetAtt'][0])
        const file = String(target?.Metadata?.['xenkeep:handler'])
        return [file, Properties.ScheduleExpression]
      })
      .sort()
  const reckoned = Object.entries(TICKS)
    .map(([name, minutes]) => [
      `functions/events/${name}.ts`,
      `rate(${minutes} minute${minutes === 1 ? '' : 's'})`,
    ])
    .sort()
  expect(clocks('primary')).toEqual(reckoned)
  expect(clocks('standby')).toEqual(reckoned)
  // The schedules of policies are made when policies are; there are none yet.
  expect(resources.filter(({ Type }) => Type === 'AWS::Scheduler::Schedule')).toEqual([])
  expect(resources.filter(({ Type }) => Type === 'AWS::Lambda::EventSourceMapping')).toEqual([])
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

test('a dashboard is there for whoever wants one', () => {
  alone(
    { ...sample, monitoring: { dashboard: true } },
    (app, deployment) => new MonitoringStack(app, 'monitoring', { deployment }),
  ).template.resourceCountIs('AWS::CloudWatch::Dashboard', 1)
})
