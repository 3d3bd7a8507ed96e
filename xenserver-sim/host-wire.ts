import { type Front, listen } from './http/server.ts'
import { startNbdService } from './nbd-service.ts'
import type { SimHost } from './state.ts'

/** A host's sockets: XAPI and NBD. */
export interface HostWire {
  readonly port: number
  dropConnections(): void
  /** No new connections from now on; those that are open stay. */
  withdraw(): Promise<void>
  close(): Promise<void>
}

/** Lets a host listen on its address. Throws when port or address cannot be had. */
export const startHostWire = async (
  front: Front,
  host: SimHost,
  options: { readonly port: number; readonly tls: boolean },
): Promise<HostWire> => {
  const nbd = await startNbdService(front.state, host)
  try {
    const listener = await listen(front, host, options)
    return {
      port: listener.port,
      dropConnections: listener.dropConnections,
      withdraw: async () => {
        listener.withdraw()
        await nbd.withdraw()
      },
      close: async () => {
        await Promise.all([listener.close(), nbd.close()])
      },
    }
  } catch (error) {
    await nbd.close()
    throw error
  }
}
