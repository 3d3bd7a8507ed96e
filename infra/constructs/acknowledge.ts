import { Stack, Validations } from 'aws-cdk-lib'
import type { IConstruct } from 'constructs'

/**
 * Acknowledges that the rights of a role name many resources at once.
 * @param arns as its statements name them
 */
export const acknowledgeWildcards = (
  construct: IConstruct,
  arns: readonly string[],
  reason: string,
): void => {
  for (const arn of arns)
    Validations.of(construct).acknowledge({
      id: `AwsSolutions-IAM5[Resource::${asNagSaysIt(Stack.of(construct).resolve(arn))}]`,
      reason,
    })
}

/** cdk-nag writes a reference as `<LogicalId>` or `<LogicalId.Arn>`, and what is neither as JSON. */
const asNagSaysIt = (value: unknown): string => {
  if (typeof value === 'string') return value
  const [[key, argument] = []] = Object.entries(value as Record<string, unknown>)
  if (key === 'Fn::Join') {
    const [separator, parts] = argument as [string, unknown[]]
    return parts.map(asNagSaysIt).join(separator)
  }
  if (key === 'Ref') return `<${argument}>`
  if (key === 'Fn::GetAtt') return `<${(argument as string[]).join('.')}>`
  return JSON.stringify(value)
}
