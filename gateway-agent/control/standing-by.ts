import type { z } from 'zod'
import type { LeaseReply } from '#core/contracts/gateway-api.ts'
import type { Log } from '../log.ts'

type StandingBy = NonNullable<z.infer<typeof LeaseReply>['standingBy']>

/**
 * Says once of each pool that another gateway keeps it, and once when that is over.
 * @param tookOver called with a pool whose jobs this gateway has from now on: what the other one left there is nobody's
 */
export const createStandingBy = (log: Log, tookOver: (poolUuid: string) => void) => {
  let told = new Map<string, string>()
  return (pools: StandingBy = []): void => {
    for (const { poolUuid, keeper } of pools)
      if (told.get(poolUuid) !== keeper)
        log.warn(
          `The gateway "${keeper}" works on the pool ${poolUuid} already. This one stands by: it gets no jobs of the pool, and takes over when "${keeper}" has not been heard of for five minutes. If you did not mean to have two, take the pool out of the settings of one of them.`,
        )
    const now = new Map(pools.map(({ poolUuid, keeper }) => [poolUuid, keeper]))
    const over = [...told.keys()].filter(poolUuid => !now.has(poolUuid))
    told = now
    for (const poolUuid of over) {
      log.info(`This gateway has the jobs of the pool ${poolUuid} now.`)
      tookOver(poolUuid)
    }
  }
}
