import { once } from 'node:events'
import { createServer, get, type IncomingMessage } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import type { SnapshotDisk } from '#gateway-agent/sources/api.ts'
import { readDisk } from '#gateway-agent/sources/read-disk.ts'
import { createVm } from '#gateway-agent/targets/vm.ts'
import {
  failureInPage,
  responseInTail,
  startsLikeResponse,
} from '#gateway-agent/xapi/handlers/in-band-error.ts'
import { streamBody } from '#gateway-agent/xapi/handlers/stream-body.ts'
import { readVmMetadata } from '#gateway-agent/xapi/metadata.ts'
import { recordsOf, TaskRecord } from '#gateway-agent/xapi/records.ts'
import { untilDetached } from '#gateway-agent/xapi/release-disk.ts'
import { snapshotVm } from '#gateway-agent/xapi/snapshot/snapshot.ts'
import { disksOf, findVm } from '#gateway-agent/xapi/vms.ts'
import { clientOnPool } from '#test/support/pool-client.ts'
import { applyExtents } from '#test/support/read-extents.ts'

const MIB = 1024 * 1024
const OWNER = '0123456789ab'
const JOB = '01JDA0000000000000000000A1'
const signal = new AbortController().signal

describe('a response inside a stream', () => {
  test('is told from data by its first bytes, however few have come', () => {
    expect(startsLikeResponse(Buffer.from('HTTP/1.1 500'))).toBe(true)
    expect(startsLikeResponse(Buffer.from('HTT'))).toBeUndefined()
    expect(startsLikeResponse(Buffer.from('conectix'))).toBe(false)
  })

  test('is found at the end', () => {
    expect(responseInTail(Buffer.from('\0\0HTTP/1.1 500 Internal Error\r\n'))).toMatch(/^HTTP/)
    expect(responseInTail(Buffer.from('nothing of the kind'))).toBeUndefined()
  })

  test('names XAPI’s own code', () => {
    const page = '<html>…information </h1>VDI_IN_USE: [ OpaqueRef:1; export ]</body></html>'
    expect(failureInPage(page, 'the export')).toMatchObject({
      code: 'VDI_IN_USE',
      parameters: ['OpaqueRef:1', 'export'],
    })
    expect(failureInPage('<html>no idea</html>', 'the export')).toBeUndefined()
  })
})

/** A handler's answer, as raw as XAPI writes it: no length, the end is the close. */
const answered = async (write: (socket: Socket) => void) => {
  const server = createServer()
  server.on('connection', (socket: Socket) => {
    socket.on('error', () => undefined).once('data', () => write(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  // A listener for good, as sendRequest has one: destroying a response ends its request with the same error.
  const request = get({ port, host: '127.0.0.1' }).on('error', () => undefined)
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  return { response, close: () => server.closeAllConnections() ?? server.close() }
}

const OK = 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n'
const ERROR_PAGE = 'HTTP/1.1 500 Internal Error\r\n\r\n<html>SR_FULL: [ 1; 2 ]</html>'

const bodyOf = async (
  response: IncomingMessage,
  verdict: () => Promise<void> = async () => undefined,
): Promise<string> => {
  const options = { what: 'the stream', signal, idleTimeout: 200, verdict }
  const parts: Uint8Array[] = []
  for await (const part of streamBody(response, options)) parts.push(part)
  return Buffer.concat(parts).toString()
}

describe('the body of a streaming handler', () => {
  test('comes whole', async () => {
    const { response, close } = await answered(socket => socket.end(`${OK}some data`))
    expect(await bodyOf(response)).toBe('some data')
    close()
  })

  test('that is an error page, in two pieces', async () => {
    const { response, close } = await answered(socket => {
      socket.write(`${OK}HTT`)
      setTimeout(() => socket.end(ERROR_PAGE.slice(3)), 30)
    })
    await expect(bodyOf(response)).rejects.toMatchObject({ code: 'SR_FULL', xapiCode: 'SR_FULL' })
    close()
  })

  test('with an error page at its end is judged by the task', async () => {
    const write = (socket: Socket) => socket.end(`${OK}data${ERROR_PAGE}`)
    const failing = await answered(write)
    const told = new Error('what the task says')
    await expect(bodyOf(failing.response, () => Promise.reject(told))).rejects.toBe(told)
    failing.close()
    // A disk may hold such text rightfully.
    const fine = await answered(write)
    expect(await bodyOf(fine.response)).toBe(`data${ERROR_PAGE}`)
    fine.close()
  })

  test('that stops coming', async () => {
    const { response, close } = await answered(socket => socket.write(`${OK}some`))
    await expect(bodyOf(response)).rejects.toMatchObject({
      code: 'STREAM_STALLED',
      message: 'the stream failed: no data for 0.2 s.',
    })
    close()
  })

  test('whose receiver is slow is not held against the host', async () => {
    const { response, close } = await answered(socket => socket.end(`${OK}some`))
    const options = { what: 'x', signal, idleTimeout: 50, verdict: async () => undefined }
    for await (const _part of streamBody(response, options))
      await new Promise(resolve => setTimeout(resolve, 200))
    close()
  })
})

describe('a host that cannot see the storage', () => {
  const content = Buffer.alloc(5 * MIB, 3)

  /** Two hosts; the coordinator's link to the shared storage goes down. */
  const crippled = async () => {
    const client = await clientOnPool({ web: [content] }, { hosts: 2, nbd: 'none' })
    const { state } = client.pool
    const coordinator = state.hosts[0]?.ref
    const unplug = () => {
      for (const [ref, { host }] of state.database.all('PBD'))
        if (host === coordinator) state.database.update('PBD', ref, { currently_attached: false })
    }
    return { client, unplug }
  }

  test('sends an export elsewhere', async () => {
    const { client, unplug } = await crippled()
    await using _ = client
    const vmUuid = client.pool.vms.web as string
    const { disks } = await snapshotVm(client.xapi, { vmUuid, jobId: JOB, owner: OWNER, signal })
    unplug()
    const reading = await readDisk(client.xapi, { disk: disks[0] as SnapshotDisk, signal })
    const bytes = await applyExtents(reading.extents(), Buffer.alloc(content.length))
    expect(bytes.equals(content)).toBe(true)
    expect(reading.reasons).toHaveLength(2)
  })

  test('sends an import elsewhere, before its body is on the way', async () => {
    const { client, unplug } = await crippled()
    await using _ = client
    const metadata = await readVmMetadata(client.xapi, client.pool.vms.web as string)
    const vm = await createVm(client.xapi, {
      metadata,
      newName: 'x',
      jobId: JOB,
      owner: OWNER,
      signal,
    })
    unplug()
    let reads = 0
    const disk = metadata.disks[0]
    if (!disk) throw new Error('no disk')
    await vm.addDisk({
      disk,
      content: {
        size: content.length,
        present: () => true,
        async *read() {
          reads++
          yield { offset: 0, bytes: content }
        },
      },
      signal,
    })
    expect(reads).toBe(1)
  })
})

test('an upload to a disk that is not there fails with XAPI’s reason and leaves no task', async () => {
  await using client = await clientOnPool({})
  const { xapi } = client
  const upload = xapi.upload('/import_raw_vdi', {
    query: { vdi: 'OpaqueRef:nowhere', format: 'vhd' },
    what: 'import of nothing',
    length: 4,
    body: (async function* () {
      yield Buffer.from('data')
    })(),
    signal,
  })
  await expect(upload).rejects.toMatchObject({ code: 'XAPI_OBJECT_GONE' })
  const tasks = await xapi.call('task.get_all_records', [], recordsOf(TaskRecord))
  const ours = Object.values(tasks).filter(({ name_label }) => name_label.startsWith('XenKeep'))
  expect(ours).toEqual([])
})

test.each([
  ['too little', 3],
  ['too much', 5],
])('a body that yields %s is never passed off as complete', async (_, length) => {
  await using client = await clientOnPool({ web: [Buffer.alloc(2 * MIB)] }, { running: false })
  const { xapi, pool } = client
  const [disk] = await disksOf(xapi, (await findVm(xapi, pool.vms.web as string)).record)
  const upload = xapi.upload('/import_raw_vdi', {
    query: { vdi: disk?.vdiRef ?? '', format: 'vhd' },
    what: 'the import',
    length: 4,
    body: (async function* () {
      yield Buffer.alloc(length)
    })(),
    settled: () => untilDetached(xapi, disk?.vdiRef ?? ''),
    signal,
  })
  await expect(upload).rejects.toMatchObject({
    code: 'STREAM_INVALID',
    message: `the import failed: ${length} bytes were made where 4 had been announced.`,
  })
})
