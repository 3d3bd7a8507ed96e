import { z } from 'zod'
import type { Ref, Xapi } from '../../xapi/api.ts'
import { NbdInfo, NetworkRecord, recordsOf } from '../../xapi/records.ts'
import type { NbdExport } from './connection.ts'

/** How the pool serves disks over NBD, from the purposes of its networks. XAPI never lets both be set. */
export type NbdTransport = 'tls' | 'insecure' | 'none'

export const nbdTransport = async ({ call }: Xapi): Promise<NbdTransport> => {
  const networks = await call('network.get_all_records', [], recordsOf(NetworkRecord))
  const purposes = new Set(Object.values(networks).flatMap(({ purpose }) => purpose))
  if (purposes.has('nbd')) return 'tls'
  return purposes.has('insecure_nbd') ? 'insecure' : 'none'
}

/**
 * Where the disk can be read now, with export names for the session of now: ask again before each connection.
 * Empty where no host serves it.
 */
export const nbdExports = async (
  { call, timeouts }: Xapi,
  vdi: Ref,
  transport: NbdTransport,
  signal?: AbortSignal,
): Promise<NbdExport[]> => {
  const infos = await call('VDI.get_nbd_info', [vdi], z.array(NbdInfo), signal && { signal })
  return infos.map(info => ({
    ...info,
    tls: transport === 'tls',
    silence: timeouts.nbd,
  }))
}
