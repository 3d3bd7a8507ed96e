import { App, type AppProps, Validations } from 'aws-cdk-lib'
import { CURRENTLY_RECOMMENDED_FLAGS } from 'aws-cdk-lib/cx-api'
import { AwsSolutionsChecks } from 'cdk-nag'
import { ControlPlaneStack } from './stacks/control-plane.ts'

/**
 * The whole application, with the behaviour of the CDK that its version recommends to new ones; here and not in cdk.json, so that
 * tests synthesise the same. Findings of cdk-nag that nobody acknowledged with a reason make its synthesis fail.
 */
export const buildApp = ({ context, ...props }: AppProps = {}): App => {
  const app = new App({ ...props, context: { ...CURRENTLY_RECOMMENDED_FLAGS, ...context } })
  new ControlPlaneStack(app, 'XenkeepControlPlane', {
    description: 'XenKeep control plane: API, state machines, catalog',
    repositoryAddress: app.node.tryGetContext('repository'),
  })
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
  return app
}
