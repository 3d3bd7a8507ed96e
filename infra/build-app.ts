import { App, type AppProps, Validations } from 'aws-cdk-lib'
import { AwsSolutionsChecks } from 'cdk-nag'
import { ControlPlaneStack } from './stacks/control-plane.ts'

/** Behaviour of the CDK that new applications choose; here and not in cdk.json, so that tests synthesise the same. */
const FEATURE_FLAGS = {
  '@aws-cdk/aws-iam:minimizePolicies': true,
  '@aws-cdk/core:checkSecretUsage': true,
}

/** The whole application. Findings of cdk-nag that nobody acknowledged with a reason make its synthesis fail. */
export const buildApp = ({ context, ...props }: AppProps = {}): App => {
  const app = new App({ ...props, context: { ...FEATURE_FLAGS, ...context } })
  new ControlPlaneStack(app, 'XenkeepControlPlane', {
    description: 'XenKeep control plane: API, state machines, catalog',
    repositoryAddress: app.node.tryGetContext('repository'),
  })
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
  return app
}
