import { App, type AppProps, Validations } from 'aws-cdk-lib'
import { CURRENTLY_RECOMMENDED_FLAGS } from 'aws-cdk-lib/cx-api'
import { AwsSolutionsChecks } from 'cdk-nag'
import { readContext, refuseUnknownKeys } from './context/read-context.ts'
import { deployXenkeep } from './deploy-xenkeep.ts'

/** The key of the CDK's context under which the context of a deployment stands. */
export const CONTEXT_KEY = 'xenkeep'

/**
 * The whole application, with the behaviour of the CDK that its version recommends to new ones; here and not in cdk.json, so that
 * tests synthesise the same. Findings of cdk-nag that nobody acknowledged with a reason make its synthesis fail.
 * @throws ContextInvalidError
 */
export const buildApp = ({ context, ...props }: AppProps = {}): App => {
  const app = new App({ ...props, context: { ...CURRENTLY_RECOMMENDED_FLAGS, ...context } })
  refuseUnknownKeys(Object.keys(app.node.getAllContext()), CONTEXT_KEY)
  deployXenkeep(app, readContext(app.node.tryGetContext(CONTEXT_KEY)))
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
  return app
}
