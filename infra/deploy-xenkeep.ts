import type { App, Environment, Stack } from 'aws-cdk-lib'
import type { Context } from './context/context.ts'
import type { Deployment } from './deployment.ts'
import { ApiStack } from './stacks/api.ts'
import { AuditStack } from './stacks/audit.ts'
import { CatalogStack } from './stacks/catalog.ts'
import { FirewallStack } from './stacks/firewall.ts'
import { HostingStack } from './stacks/hosting.ts'
import { IdentityStack } from './stacks/identity.ts'
import { KeysStack, ReplicaKeysStack } from './stacks/keys.ts'
import { MonitoringStack } from './stacks/monitoring.ts'
import { NotificationsStack } from './stacks/notifications.ts'
import { ReplicaStorageStack } from './stacks/replica-storage.ts'
import { StorageStack } from './stacks/storage.ts'
import { WorkflowsStack } from './stacks/workflows.ts'

/** All stacks of a deployment, in the order in which they need each other: they meet by names, which tell the CDK nothing. */
export const deployXenkeep = (app: App, context: Context): void => {
  const { name, region, standbyRegion, repository, keys } = context
  const env = (of: string, account = context.account): Environment => ({
    region: of,
    ...(account !== undefined && { account }),
  })
  const after = <S extends Stack>(stack: S, ...needed: (Stack | undefined)[]): S => {
    for (const one of needed) if (one) stack.addStackDependency(one)
    return stack
  }
  const primary: Deployment = { context, site: 'primary', region }
  const standby: Deployment | undefined =
    standbyRegion === undefined ? undefined : { context, site: 'standby', region: standbyRegion }

  const sites = [primary, ...(standby ? [standby] : [])]

  if (keys.slots) {
    const { slotKey } = new KeysStack(app, `${name}-keys`, {
      description: 'XenKeep: the key that wraps the keys of repositories',
      env: env(region),
      crossRegionReferences: true, // the id of a key is not known beforehand
      deployment: primary,
    })
    if (standby)
      new ReplicaKeysStack(app, `${name}-keys-standby`, {
        description: 'XenKeep: replica of the key that wraps the keys of repositories',
        env: env(standby.region),
        crossRegionReferences: true,
        deployment: standby,
        slotKey,
      })
  }

  const topics = new Map(
    sites.map(deployment => [
      deployment.site,
      new NotificationsStack(app, stackName(deployment, 'notifications'), {
        description: 'XenKeep: the ways by which messages leave',
        env: env(deployment.region),
        deployment,
      }),
    ]),
  )
  const { replica } = repository
  const replicaStorage =
    standby && replica
      ? after(
          new ReplicaStorageStack(app, `${name}-storage-standby`, {
            description: 'XenKeep: replica of the repository',
            env: env(standby.region, replica.account ?? context.account),
            deployment: standby,
            replica,
          }),
          topics.get('standby'),
        )
      : undefined
  after(
    new StorageStack(app, `${name}-storage`, {
      description: 'XenKeep: the repository and who may touch it',
      env: env(region),
      deployment: primary,
    }),
    replicaStorage,
    topics.get('primary'),
  )

  const catalog = after(
    new CatalogStack(app, `${name}-catalog`, {
      description: 'XenKeep: the catalog',
      env: env(region),
      deployment: primary,
    }),
    topics.get('primary'),
  )
  const apis = new Map<Deployment['site'], Stack>()
  const firewall = context.api.firewall
    ? new FirewallStack(app, `${name}-firewall`, {
        description: 'XenKeep: AWS WAF before console and API',
        env: env('us-east-1'), // CloudFront takes it from nowhere else
        crossRegionReferences: true,
        deployment: primary,
      })
    : undefined
  for (const deployment of sites) {
    const props = (description: string) => ({
      description: `XenKeep: ${description}`,
      env: env(deployment.region),
      deployment,
    })
    const id = (part: string) => stackName(deployment, part)
    const audit = new AuditStack(app, id('audit'), props('locked copies of the audit records'))
    const workflows = after(
      new WorkflowsStack(app, id('workflows'), props('state machines and their tasks')),
      catalog,
      topics.get(deployment.site),
      audit,
    )
    const identity = new IdentityStack(
      app,
      id('identity'),
      props('people, their groups, and where they sign in'),
    )
    const api = after(new ApiStack(app, id('api'), props('the API')), workflows, identity)
    apis.set(deployment.site, api)
    after(
      new HostingStack(app, id('hosting'), {
        ...props('the console'),
        crossRegionReferences: true,
        ...(firewall && { webAclArn: firewall.webAclArn }),
      }),
      api,
      identity,
    )
  }
  if (context.monitoring.dashboard)
    after(
      new MonitoringStack(app, `${name}-monitoring`, {
        description: 'XenKeep: what there is to see at one glance',
        env: env(region),
        deployment: primary,
      }),
      apis.get('primary'),
    )
}

const stackName = ({ context, site }: Deployment, part: string): string =>
  `${context.name}-${part}${site === 'standby' ? '-standby' : ''}`
