import { createHash } from 'node:crypto'
import { encodeTarHeader, endOfTar, padding } from '../formats/xva/tar-header.ts'
import type { SimHost, State } from '../state.ts'
import { assertRole } from '../xapi/roles.ts'
import type { StreamHandler } from './context.ts'

const CHUNK = 256 * 1024 // bytes

interface File {
  name: string
  content: AsyncIterable<Buffer> | Iterable<Buffer>
  size: number
}

/** GET /host_backup: the archive of the contacted host's own control domain. How far it is, nobody knows: the progress approaches 1. */
export const hostBackup: StreamHandler = async ({ state, host, session, task, reply, headers }) => {
  assertRole(state, session, 'pool-admin', 'http/get_host_backup')
  reply.head('HTTP/1.1 200 OK', headers)
  let left = 1
  for (const { name, size, content } of filesOf(state, host)) {
    await reply.write(encodeTarHeader({ name, size }, Math.floor(state.clock().getTime() / 1000)))
    for await (const piece of content) {
      await reply.write(piece)
      left *= 0.95
      task.progress(1 - left)
    }
    await reply.write(padding(size))
  }
  await reply.write(endOfTar)
  return undefined
}

/** What tells one host from another, and as many bytes as a test asks for. */
function* filesOf(state: State, host: SimHost): Generator<File> {
  const { hostname } = state.database.get('host', host.ref)
  const text = (name: string, lines: string) => {
    const bytes = Buffer.from(lines)
    return { name, size: bytes.length, content: [bytes] }
  }
  yield text('etc/hostname', `${hostname}\n`)
  yield text('etc/xensource-inventory', `INSTALLATION_UUID='${host.uuid}'\n`)
  yield text('etc/xensource/xapi-ssl.pem', host.certificate.certificatePem)
  const size = state.hostBackupSize
  yield { name: 'var/lib/xcp/opaque', size, content: noise(host.uuid, size) }
}

/** The same bytes for the same host. */
function* noise(seed: string, size: number): Generator<Buffer> {
  for (let at = 0; at < size; at += CHUNK)
    yield createHash('shake256', { outputLength: Math.min(CHUNK, size - at) })
      .update(`${seed} ${at}`)
      .digest()
}
