import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { closeAll, fetchedBy, type OfferedDisk, offerDisks } from '#guest-files/offered-disks.ts'
import { type NbdServer, startNbdServer } from '#nbd-server/server.ts'
import type { Repository } from '#repository/index.ts'
import type { Session } from '../command.ts'
import { UsageError } from '../errors.ts'
import { ExitCode } from '../exit-codes.ts'
import { print, printJson, tell } from '../host.ts'
import { safeText } from '../output/safe-text.ts'
import { count, formatBytes } from '../output/units.ts'
import { findDisk, findPoint, wantedDisks } from '../repo/find-point.ts'
import { stoppable } from '../stoppable.ts'
import { ListenFailedError } from './errors.ts'
import { type ListenOptions, type Place, placeOf } from './listen.ts'

export interface ServeOptions extends ListenOptions {
  disk?: string
}

/** Opens a repository, hands it on, and closes it. */
export type OpenFor = <T>(work: (repository: Repository) => Promise<T>) => Promise<T>

/** Offers the disks of a point read-only over NBD, until it is told to stop. */
export const serve = async (
  session: Session,
  wanted: string,
  options: ServeOptions,
  openFor: OpenFor,
): Promise<ExitCode> => {
  const place = await placeOf(options)
  return stoppable(session.host, signal =>
    openFor(async repository => {
      const { host, json } = session
      const described = await findPoint(repository, wanted)
      const one = options.disk === undefined ? undefined : findDisk(described, options.disk)
      const disks = wantedDisks(described, one)
      if (disks.length === 0)
        throw new UsageError(`The point ${described.point.id} has no disk to serve.`)
      const offers = await offerDisks(repository, described, disks, sentence =>
        json ? printJson(host, { event: 'trouble', message: sentence }) : tell(host, sentence),
      )
      const offered = await startAt(place, offers)
      try {
        announce(session, {
          point: described.point.id,
          name: described.name,
          place,
          offered,
          offers,
        })
        await stopped(signal)
      } finally {
        await offered.close()
        await closeAll(offers)
      }
      const { requests, bytes } = fetchedBy(offers)
      if (json) printJson(host, { event: 'ended', fetched: { requests, bytes } })
      else
        print(
          host,
          `Ended. ${formatBytes(bytes)} were fetched from the repository, in ${count(requests, 'request')}.`,
        )
      return ExitCode.ok
    }),
  )
}

const stopped = (signal: AbortSignal): Promise<void> =>
  new Promise(done => {
    if (signal.aborted) done()
    else signal.addEventListener('abort', () => done(), { once: true })
  })

interface Offered {
  server: NbdServer
  /** for clients, ready to be given the name of an export */
  uriOf: (name: string) => string
  close: () => Promise<void>
}

/** @throws `LISTEN_FAILED` */
const startAt = async (place: Place, offers: readonly OfferedDisk[]): Promise<Offered> => {
  const { tcp, tls } = place
  const exports = offers.map(({ offered }) => offered)
  if (tcp) {
    const server = await startNbdServer({ listen: tcp, exports, tls }).catch(error => {
      throw new ListenFailedError(`${tcp.host}:${tcp.port}`, error)
    })
    const host = tcp.host.includes(':') ? `[${tcp.host}]` : tcp.host
    const scheme = tls ? 'nbds' : 'nbd'
    const uriOf = (name: string) => `${scheme}://${host}:${server.port}/${encodeURIComponent(name)}`
    return { server, uriOf, close: () => server.close() }
  }
  const folder = place.socket ? undefined : await privateFolder()
  const path = place.socket ? resolve(place.socket) : join(folder as string, 'nbd.sock')
  const removeFolder = async () => {
    if (folder) await rm(folder, { recursive: true, force: true })
  }
  const server = await startNbdServer({ listen: { path }, exports }).catch(async error => {
    await removeFolder()
    throw new ListenFailedError(path, error)
  })
  const uriOf = (name: string) =>
    `nbd+unix:///${encodeURIComponent(name)}?socket=${encodeURIComponent(path).replaceAll('%2F', '/')}`
  const close = async () => {
    await server.close()
    await removeFolder()
  }
  return { server, uriOf, close }
}

/** Mode 0700, for this user alone. */
export const privateFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'xenkeep-serve-'))

const announce = (
  { host, json }: Session,
  about: {
    point: string
    name: string
    place: Place
    offered: Offered
    offers: readonly OfferedDisk[]
  },
): void => {
  const { point, name, place, offered, offers } = about
  const uriOf = ({ disk, offered: { names } }: OfferedDisk) =>
    offered.uriOf(offers.length === 1 ? '' : (names[0] ?? disk.id))
  if (json) {
    const exports = offers.map(each => {
      const { disk } = each
      const { id, device, size } = disk
      return { device, id, name: disk.name, size, uri: uriOf(each) }
    })
    printJson(host, { event: 'serving', point, name, exports })
    return
  }
  const first = uriOf(offers[0] as OfferedDisk)
  print(
    host,
    `${safeText(name)} as of point ${point}, read-only over NBD, until Ctrl-C:`,
    ...offers.map(
      each =>
        `  disk ${each.disk.device} "${safeText(each.disk.name)}", ${formatBytes(each.disk.size)}: '${uriOf(each)}'`,
    ),
    whoGetsIn(place),
    'Look at it, or copy it:',
    `  nbdinfo --map '${first}'`,
    `  nbdcopy '${first}' disk.raw`,
  )
}

const whoGetsIn = ({ tcp, tls }: Place): string => {
  if (!tcp) return 'Only this user (and root) may open the socket.'
  if (tls?.ca) return 'TLS; only clients with a certificate of your CA get in.'
  if (tls)
    return 'TLS; whoever reaches this address may read the disks (--tls-client-ca admits only your clients).'
  return 'In clear text; whoever reaches this address may read the disks, every user of this machine included.'
}
