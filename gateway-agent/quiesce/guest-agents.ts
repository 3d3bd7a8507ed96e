import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Client } from '#core/contracts/client.ts'
import type { GuestAgentsSettings } from '#core/contracts/settings.ts'
import type { Clock } from '#core/ports.ts'
import { type Chore, createChore } from '../control/chore.ts'
import type { Patience } from '../control/patience.ts'
import { limits } from '../limits.ts'
import type { Log } from '../log.ts'
import { createGuestDesk } from './guest-desk.ts'
import { openGuestDoor } from './guest-door.ts'
import { guestKeys } from './guest-keys.ts'
import { guestCaller } from './guest-token.ts'
import type { FindProvider } from './provider.ts'

export interface GuestAgents extends Pick<Chore, 'run'> {
  /** The agent in a VM, where the settings know one, by UUID or exact name, or one is enrolled for it. */
  find: FindProvider
  close(): Promise<void>
}

const NONE: GuestAgents = {
  find: () => undefined,
  run: async () => undefined,
  close: async () => undefined,
}

/**
 * Lets the agents in guests call, where the settings say so. When it cannot listen it says so, and everything else goes on: quiesced
 * backups of these VMs then tell that their agents have not called.
 */
export const guestAgents = async (
  dataDir: string,
  settings: GuestAgentsSettings | undefined,
  host: {
    client: Pick<Client, 'call'>
    gatewayId: () => string
    clock: Clock
    patience: Patience
    log: Log
  },
): Promise<GuestAgents> => {
  if (!settings) return NONE
  const { client, gatewayId, clock, patience, log } = host
  const { port, certificateFile, keyFile, guests, enrolled } = settings
  const desk = createGuestDesk()
  const ask = async () =>
    (await client.call('knownGuests', { params: { gatewayId: gatewayId() }, body: {} })).guests
  const keys = await guestKeys(guests, { ...(enrolled === 'on' && { ask }), clock, log })
  const open = async () => {
    const read = (file: string) => readFile(resolve(dataDir, file), 'utf8')
    const tls = { cert: await read(certificateFile), key: await read(keyFile) }
    const caller = guestCaller(keys, clock)
    return openGuestDoor({ listen: { host: settings.host, port }, tls, caller, desk })
  }
  const door = await open().catch(error => {
    const at = `${settings.host}:${port}`
    log.error(`Guest agents cannot call: the gateway does not listen on ${at}`, error)
    return undefined
  })
  const refreshing = createChore({
    ...{
      name: 'Asking which guests are enrolled',
      everyMs: limits.enrolledGuestsMs,
      patience,
      log,
    },
    work: async () => {
      if (gatewayId() !== '') await keys.refresh()
    },
  })
  return {
    find: vm => {
      if (keys.nameOf(vm) === undefined) return undefined
      return {
        freeze: async request => {
          await keys.freshen()
          const guest = keys.nameOf(vm)
          if (guest === undefined) throw new Error('the agent in it was revoked')
          return desk.provider(guest).freeze(request)
        },
      }
    },
    run: signal => (door && enrolled === 'on' ? refreshing.run(signal) : Promise.resolve()),
    close: async () => door?.close(),
  }
}
