import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { GuestAgentsSettings } from '#core/contracts/settings.ts'
import type { Clock } from '#core/ports.ts'
import type { Log } from '../log.ts'
import { createGuestDesk } from './guest-desk.ts'
import { openGuestDoor } from './guest-door.ts'
import { guestCaller } from './guest-token.ts'
import type { FindProvider } from './provider.ts'

export interface GuestAgents {
  /** The agent in a VM, where the settings know one, by UUID or exact name. */
  find: FindProvider
  close(): Promise<void>
}

/**
 * Lets the agents in guests call, where the settings have any. When it cannot listen it says so, and everything else goes on: quiesced
 * backups of these VMs then tell that their agents have not called.
 */
export const guestAgents = async (
  dataDir: string,
  settings: GuestAgentsSettings | undefined,
  { clock, log }: { clock: Clock; log: Log },
): Promise<GuestAgents> => {
  if (!settings) return { find: () => undefined, close: async () => undefined }
  const { host, port, certificateFile, keyFile, guests } = settings
  const desk = createGuestDesk()
  const open = async () => {
    const read = (file: string) => readFile(resolve(dataDir, file), 'utf8')
    const tls = { cert: await read(certificateFile), key: await read(keyFile) }
    const caller = await guestCaller(guests, clock)
    return openGuestDoor({ listen: { host, port }, tls, caller, desk })
  }
  const door = await open().catch(error => {
    log.error(`Guest agents cannot call: the gateway does not listen on ${host}:${port}`, error)
    return undefined
  })
  return {
    find: ({ uuid, name }) => {
      const guest = guests.find(({ vm }) => vm === uuid) ?? guests.find(({ vm }) => vm === name)
      return guest && desk.provider(guest.vm)
    },
    close: async () => door?.close(),
  }
}
