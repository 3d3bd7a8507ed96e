import { systemClock } from '#adapters/system/clock.ts'
import type { Client } from '#core/contracts/client.ts'
import type { Log } from '#gateway-agent/log.ts'
import { createStorageAccess } from '#gateway-agent/storage/access.ts'
import { impatience } from './patience.ts'

/** The storage of an agent whose repository is opened by the test itself. */
export const storageOf = (client: Pick<Client, 'call'>, log: Log, gatewayId = 'g') =>
  createStorageAccess({
    ...{ client, log, patience: impatience, clock: systemClock },
    gatewayId: () => gatewayId,
    openStore: async address => {
      throw new Error(`nobody opens ${address} in this test`)
    },
    openReplica: async ({ address }) => {
      throw new Error(`nobody opens ${address} in this test`)
    },
    random: () => 0.5,
  })
