import { type NbdServer, startNbdServer } from './nbd/server.ts'
import type { SimHost, State } from './state.ts'
import { attachToDom0, isPlugged } from './xapi/dom0.ts'
import { XapiError } from './xapi/errors.ts'

type Purpose = 'nbd' | 'insecure_nbd'

/** What the pool's networks are used for; both at once make the service refuse everything. */
export const nbdPurposes = (state: State): Set<Purpose> =>
  new Set([...state.database.all('network').values()].flatMap(n => n.purpose as Purpose[]))

/** Opens the export `/<vdi uuid>?session_id=<session>`: the name is the credential. */
const openExport = (state: State, host: SimHost) => async (name: string) => {
  if (nbdPurposes(state).size !== 1) throw new XapiError('OPERATION_NOT_ALLOWED', 'NBD is off')
  const url = new URL(name, 'nbd://host')
  state.sessions.check(url.searchParams.get('session_id') ?? '')
  const uuid = url.pathname.replace(/^\//, '')
  const vdi = state.database.byUuid('VDI', uuid)
  const sr = state.database.get('VDI', vdi).SR
  const detach = attachToDom0(state, host, vdi, 'RO', 'attach')
  const breakOff = state.faults.take('close-nbd')
  const silent = state.faults.take('fall-silent', 'nbd')
  let served = 0
  return {
    size: state.disks.size(uuid),
    read: async (offset: number, into: Buffer) => {
      served += into.length
      if (silent && served > silent.bytes) await ended(state.closing)
      if (breakOff && served > breakOff.bytes)
        throw new Error('A scripted fault ends this connection.')
      // Storage that is pulled away under a reader is an I/O error, and that ends the connection.
      if (!isPlugged(state, host, sr)) throw new Error('The storage repository is gone.')
      await state.disks.read(uuid, offset, into.length, into)
    },
    close: detach,
  }
}

const ended = (signal: AbortSignal): Promise<void> =>
  new Promise(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })

export interface NbdService {
  withdraw(): Promise<void>
  close(): Promise<void>
}

/**
 * A host's NBD service. TLS is forced for the purpose `nbd` and refused for `insecure_nbd`; a change of purpose restarts
 * it on the same port.
 */
export const startNbdService = async (state: State, host: SimHost): Promise<NbdService> => {
  const { certificatePem, keyPem } = host.certificate
  const insecure = () => nbdPurposes(state).has('insecure_nbd')
  const start = (): Promise<NbdServer> =>
    startNbdServer({
      host: host.address,
      port: host.nbdPort,
      open: openExport(state, host),
      pace: () => state.limits.pace(host.ref).send,
      ...(insecure() ? {} : { tls: { key: keyPem, cert: certificatePem } }),
    })

  let mode = insecure()
  let server = await start()
  host.nbdPort = server.port
  let restarting = Promise.resolve()
  const stop = state.database.onChange(({ className }) => {
    if (className !== 'network' || insecure() === mode) return
    mode = insecure()
    restarting = restarting.then(async () => {
      await server.close()
      server = await start()
    })
  })
  return {
    withdraw: async () => {
      await restarting
      server.withdraw()
    },
    close: async () => {
      stop()
      await restarting
      await server.close()
    },
  }
}
