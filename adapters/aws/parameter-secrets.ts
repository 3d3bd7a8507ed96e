import { GetParameterCommand, type SSMClient } from '@aws-sdk/client-ssm'
import { ChannelSecretMissingError } from '#core/errors/notifications.ts'
import type { Clock, Secrets } from '#core/ports.ts'

const KEPT = 60_000 // ms: a round of deliveries asks once

/**
 * Secrets as SecureString parameters of Systems Manager, which cost nothing: ssm:GetParameter, and kms:Decrypt where the key is one's own.
 * @param prefix of their names: `/xenkeep/secrets/`
 */
export const parameterSecrets = ({
  client,
  prefix,
  clock,
}: {
  client: SSMClient
  prefix: string
  clock: Clock
}): Secrets => {
  const kept = new Map<string, { value: string; until: number }>()
  return {
    async read(name) {
      const known = kept.get(name)
      if (known && known.until > clock.now()) return known.value
      const path = `${prefix}${name}`
      const answer = await client
        .send(new GetParameterCommand({ Name: path, WithDecryption: true }))
        .catch(error => {
          if (error?.name === 'ParameterNotFound')
            throw new ChannelSecretMissingError(name, `the parameter ${path}`, error)
          throw error
        })
      // Written from a file, it ends as files do.
      const value = answer.Parameter?.Value?.replace(/\r?\n$/, '')
      if (value === undefined) throw new ChannelSecretMissingError(name, `the parameter ${path}`)
      kept.set(name, { value, until: clock.now() + KEPT })
      return value
    },
  }
}
