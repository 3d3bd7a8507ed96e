import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'

const ROOT = new URL('../../..', import.meta.url).pathname

/** What binds a handler to its ports, and the ports themselves: every handler imports it, and uses only what it is handed. */
const BINDING = /^functions\/(runtime|ports|aws-\w+)\.ts$|^functions\/middleware\//

/** Calls of ports that take a right on AWS beyond the catalog, and the actions that their adapters need (adapters/aws/). */
const CALLS: readonly [call: RegExp, actions: readonly string[]][] = [
  [/\bworkflow\s*\.start\(/, ['states:StartExecution']],
  [/\bworkflow\s*\.stop\(/, ['states:StopExecution']],
  [/\bworkflow\s*\.succeedTask\(/, ['states:SendTaskSuccess']],
  [/\bworkflow\s*\.failTask\(/, ['states:SendTaskFailure']],
  [/\bworkflow\s*\.heartbeatTask\(/, ['states:SendTaskHeartbeat']],
  [/\bgrants\s*\.issue\(/, ['sts:AssumeRole']],
  [/\bgrants\s*\.revoke\(/, ['iam:PutRolePolicy', 'iam:DeleteRolePolicy']],
  [
    /\bschedules\s*\.\w+\(/,
    [
      'scheduler:CreateSchedule',
      'scheduler:UpdateSchedule',
      'scheduler:DeleteSchedule',
      'iam:PassRole',
    ],
  ],
  [
    /\bauditCopy\s*\.open\(/,
    ['s3:PutObject', 's3:GetObject', 's3:PutObjectRetention', 's3:GetObjectRetention'],
  ],
  [/\bitems\s*\.keep\(/, ['s3:PutObject']],
  [/\btransit\s*\.putUrl\(/, ['s3:PutObject']],
  [/\btransit\s*\.getUrl\(/, ['s3:GetObject']],
  [/\bdeliver\s*\.\w+\(/, ['ssm:GetParameter', 'ses:SendEmail', 'ses:SendRawEmail', 'sns:Publish']],
]

/**
 * The actions on AWS that a handler may ask for, beyond the catalog: found by the calls in all that its file imports, so rather too many than too few.
 * @param file from the root of the tree
 */
export const actionsOf = (file: string): Set<string> => {
  const actions = new Set<string>()
  const seen = new Set<string>()
  const look = (path: string): void => {
    if (seen.has(path) || BINDING.test(path)) return
    seen.add(path)
    const text = readFileSync(join(ROOT, path), 'utf8')
    for (const [call, needed] of CALLS)
      if (call.test(text)) for (const action of needed) actions.add(action)
    for (const [, from = ''] of text.matchAll(
      /^(?:import(?! type)|export)[^']*? from '([^']+)'/gm,
    )) {
      if (from.startsWith('.')) look(relative(ROOT, join(ROOT, path, '..', from)))
      else if (/^#(functions|core)\//.test(from)) look(from.slice(1))
    }
  }
  look(file)
  return actions
}
