import { HANDLER_METADATA } from './constructs/handler-function.ts'

export interface Template {
  Resources: Record<
    string,
    {
      Type: string
      Properties: Record<string, unknown>
      Metadata?: Record<string, unknown>
      DeletionPolicy?: string
      UpdateReplacePolicy?: string
    }
  >
}

/**
 * The state machines of a synthesised template by name, with its references resolved to what a single computer knows: a function is
 * `arn:aws:lambda:local:000000000000:function:` and the name of its handler file, a machine likewise.
 * @throws when a definition refers to something else
 */
export const stateMachinesOf = (template: Template): Record<string, unknown> => {
  const resources = Object.entries(template.Resources)
  const machines = resources.filter(([, { Type }]) => Type === 'AWS::StepFunctions::StateMachine')
  const entries = machines.map(([, { Properties }]): [string, unknown] => [
    machineNameOf(Properties.StateMachineName),
    JSON.parse(resolve(template, Properties.DefinitionString)),
  ])
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}

// `xenkeep-BackupVm` -> `BackupVm`
const machineNameOf = (name: unknown): string => String(name).replace(/^.*-/, '')

const resolve = (template: Template, value: unknown): string => {
  if (typeof value === 'string') return value
  if (typeof value === 'object' && value !== null) {
    if ('Fn::Join' in value) {
      const [separator, parts] = value['Fn::Join'] as [string, unknown[]]
      return parts.map(part => resolve(template, part)).join(separator)
    }
    if ('Fn::GetAtt' in value) return arnOf(template, (value['Fn::GetAtt'] as [string, string])[0])
    if ('Ref' in value)
      return value.Ref === 'AWS::Partition' ? 'aws' : arnOf(template, String(value.Ref))
  }
  throw new Error(
    `The definition refers to what has no meaning on one machine: ${JSON.stringify(value)}`,
  )
}

const arnOf = (template: Template, logicalId: string): string => {
  const resource = template.Resources[logicalId]
  const file = resource?.Metadata?.[HANDLER_METADATA]
  if (typeof file === 'string')
    return `arn:aws:lambda:local:000000000000:function:${file.replace(/^.*\/|\.ts$/g, '')}`
  if (resource?.Type === 'AWS::StepFunctions::StateMachine')
    return `arn:aws:states:local:000000000000:stateMachine:${machineNameOf(resource.Properties.StateMachineName)}`
  // The lists of distributed Maps, which one machine does not run; tests look at them.
  if (resource?.Type === 'AWS::S3::Bucket') return logicalId
  throw new Error(
    `The definition refers to ${logicalId}, which is neither a handler nor a machine.`,
  )
}
