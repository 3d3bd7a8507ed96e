import type { App, Environment, Stack } from 'aws-cdk-lib'
import type { Context } from './context.ts'
import type { Deployment } from './deployment.ts'
import { ApiStack } from './stacks/api.ts'
import { CatalogStack } from './stacks/catalog.ts'
import { KeysStack, ReplicaKeysStack } from './stacks/keys.ts'
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

  const { replica } = repository
  const replicaStorage =
    standby && replica
      ? new ReplicaStorageStack(app, `${name}-storage-standby`, {
          description: 'XenKeep: replica of the repository',
          env: env(standby.region, replica.account ?? context.account),
          deployment: standby,
          replica,
        })
      : undefined
  after(
    new StorageStack(app, `${name}-storage`, {
      description: 'XenKeep: the repository and who may touch it',
      env: env(region),
      deployment: primary,
    }),
    replicaStorage,
  )

  const catalog = new CatalogStack(app, `${name}-catalog`, {
    description: 'XenKeep: the catalog',
    env: env(region),
    deployment: primary,
  })
  for (const deployment of [primary, ...(standby ? [standby] : [])]) {
    const suffix = deployment.site === 'standby' ? '-standby' : ''
    const props = { env: env(deployment.region), deployment }
    const workflows = after(
      new WorkflowsStack(app, `${name}-workflows${suffix}`, {
        ...props,
        description: 'XenKeep: state machines and their tasks',
      }),
      catalog,
    )
    after(
      new ApiStack(app, `${name}-api${suffix}`, { ...props, description: 'XenKeep: the API' }),
      workflows,
    )
  }
}
