import type { z } from 'zod'
import type { LeaseReply } from '#core/contracts/gateway-api.ts'
import type { Log } from '../log.ts'

type StandingBy = NonNullable<z.infer<typeof LeaseReply>['standingBy']>

/** Says once of each pool that another gateway keeps it, and once when that is over. */
export const createStandingBy = (log: Log) => {
  let told = new Map<string, string>()
  return (pools: StandingBy = []): void => {
    for (const { poolUuid, keeper } of pools)
      if (told.get(poolUuid) !== keeper)
        log.warn(
          `The gateway "${keeper}" works on the pool ${poolUuid} already. This one stands by: it gets no jobs of the pool, and takes over when "${keeper}" has not been heard of for five minutes. If you did not mean to have two, take the pool out of the settings of one of them.`,
        )
    const now = new Map(pools.map(({ poolUuid, keeper }) => [poolUuid, keeper]))
    for (const poolUuid of told.keys())
      if (!now.has(poolUuid)) log.info(`This gateway has the jobs of the pool ${poolUuid} now.`)
    told = now
  }
}
