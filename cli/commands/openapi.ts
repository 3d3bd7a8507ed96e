import { action, newCommand, type Program } from '../command.ts'
import { ExitCode } from '../exit-codes.ts'
import { print, printJson } from '../host.ts'

/** `xenkeep openapi`. */
export const openapiCommand = (program: Program) =>
  newCommand('openapi', 'print the description of the API that answers (OpenAPI 3.1, JSON)', [
    'xenkeep openapi > openapi.json',
    "xenkeep openapi --json | jq -r '.paths | keys[]'",
  ]).action(
    action(program, async ({ client, host, json }) => {
      const description = await client.call('getOpenapi')
      if (json) printJson(host, description)
      else print(host, JSON.stringify(description, null, 2))
      return ExitCode.ok
    }),
  )
