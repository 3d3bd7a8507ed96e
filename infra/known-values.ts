import type { Stack } from 'aws-cdk-lib'
import { StringParameter } from 'aws-cdk-lib/aws-ssm'
import type { Deployment } from './deployment.ts'

/** What AWS itself names, so that nobody knows it beforehand; constant for as long as the thing stands. */
type KnownValue = 'user-pool-id' | 'command-line-client-id' | 'api-id'

const parameterOf = ({ context }: Deployment, value: KnownValue): string =>
  `/${context.name}/${value}`

/** Writes a value down for the other stacks of this region, as a parameter of Systems Manager: unlike an export it forbids nobody to change. */
export const tell = (
  stack: Stack,
  deployment: Deployment,
  value: KnownValue,
  content: string,
): void => {
  new StringParameter(stack, `Told-${value}`, {
    parameterName: parameterOf(deployment, value),
    stringValue: content,
  })
}

/** The value that another stack of this region wrote down, read when this one is deployed. */
export const known = (stack: Stack, deployment: Deployment, value: KnownValue): string =>
  StringParameter.valueForStringParameter(stack, parameterOf(deployment, value))
