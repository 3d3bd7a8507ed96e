import { systemClock } from '#adapters/system/clock.ts'
import { EnvironmentMissingError } from '#core/errors/settings.ts'
import type { Deliver } from '#core/ports.ts'

/**
 * How messages leave the cloud. What sends them is loaded at the first one: most functions send none.
 * @param prefix of the parameters with secrets; only the function that delivers is told
 */
export const awsDeliver = (prefix: string | undefined): Deliver => {
  let loaded: Promise<Deliver> | undefined
  const load = async (): Promise<Deliver> => {
    if (prefix === undefined) throw new EnvironmentMissingError('XENKEEP_SECRETS')
    const { cloudDeliver } = await import('#adapters/aws/deliver.ts')
    return cloudDeliver({ clock: systemClock, prefix })
  }
  return {
    async send(...message) {
      loaded ??= load()
      await (await loaded).send(...message)
    },
  }
}
