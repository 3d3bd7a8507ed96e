import { App, type AppProps, Validations } from 'aws-cdk-lib'
import { CURRENTLY_RECOMMENDED_FLAGS } from 'aws-cdk-lib/cx-api'
import { AwsSolutionsChecks } from 'cdk-nag'
import type { Deployment } from './deployment.ts'
import { ApiStack } from './stacks/api.ts'
import { CatalogStack } from './stacks/catalog.ts'
import { WorkflowsStack } from './stacks/workflows.ts'

/**
 * The whole application, with the behaviour of the CDK that its version recommends to new ones; here and not in cdk.json, so that
 * tests synthesise the same. Findings of cdk-nag that nobody acknowledged with a reason make its synthesis fail.
 */
export const buildApp = ({ context, ...props }: AppProps = {}): App => {
  const app = new App({ ...props, context: { ...CURRENTLY_RECOMMENDED_FLAGS, ...context } })
  const deployment: Deployment = {
    repositoryAddress: app.node.tryGetContext('repository') ?? 's3://set-at-deployment',
    prefix: 'xenkeep',
  }
  const catalog = new CatalogStack(app, 'XenkeepCatalog', {
    description: 'XenKeep: the catalog',
    deployment,
  })
  const workflows = new WorkflowsStack(app, 'XenkeepWorkflows', {
    description: 'XenKeep: state machines and their tasks',
    deployment,
  })
  const api = new ApiStack(app, 'XenkeepApi', { description: 'XenKeep: the API', deployment })
  // By names, not by exports: so the order has to be told.
  workflows.addStackDependency(catalog)
  api.addStackDependency(workflows)
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
  return app
}
