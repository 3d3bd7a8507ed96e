import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { VHD_BLOCK } from '#disk-formats/vhd/format.ts'
import { vhdImage } from '#disk-formats/vhd/image.ts'
import { openNbd } from '#gateway-agent/sources/nbd/connection.ts'
import { ownMemory } from '#gateway-agent/sources/own-memory.ts'
import { readVhdStream } from '#gateway-agent/sources/vhd-stream.ts'
import { freePort } from '#test/support/free-port.ts'
import { applyExtents } from '#test/support/read-extents.ts'
import { runTool } from '#test/support/run-tool.ts'
import { describeWithTools, requireTool } from '#test/support/tools.ts'

const MIB = 1024 * 1024
const signal = new AbortController().signal
/** Data, a hole of two blocks, data, and an end that is no multiple of a block. */
const disk = Buffer.concat([
  randomBytes(3 * MIB),
  Buffer.alloc(6 * MIB),
  randomBytes(2 * MIB + 65_536),
])

let folder: string
const at = (name: string) => join(folder, name)
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'agent-disks-'))
  await writeFile(at('disk.raw'), disk)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describeWithTools(['qemu-img'], 'VHD images of the agent and qemu-img', () => {
  test('qemu-img reads what the agent writes', async () => {
    const image = vhdImage({
      size: disk.length,
      present: block => disk.subarray(block * VHD_BLOCK, (block + 1) * VHD_BLOCK).some(Boolean),
      async *read() {
        yield { offset: 0, bytes: disk }
      },
    })
    await pipeline(Readable.from(image.stream(signal)), createWriteStream(at('ours.vhd')))
    // The size in the footer, not the one that its geometry would give.
    const options = `driver=vpc,force_size_calc=current_size,file.filename=${at('ours.vhd')}`
    await runTool('qemu-img', 'convert', '-O', 'raw', '--image-opts', options, at('back.raw'))
    expect((await readFile(at('back.raw'))).equals(disk)).toBe(true)
  })

  test('the agent reads what qemu-img writes', async () => {
    const options = 'subformat=dynamic,force_size=on'
    const files = [at('disk.raw'), at('theirs.vhd')]
    await runTool('qemu-img', 'convert', '-f', 'raw', '-O', 'vpc', '-o', options, ...files)
    const extents = readVhdStream(
      createReadStream(at('theirs.vhd')),
      [{ offset: 0, length: disk.length }],
      { size: disk.length, chunkSize: MIB, what: 'the image of qemu-img', memory: ownMemory(MIB) },
    )
    expect((await applyExtents(extents, Buffer.alloc(disk.length, 1))).equals(disk)).toBe(true)
  })
})

/** Resolves when something listens on the port. */
const listening = async (port: number, child: ChildProcess): Promise<void> => {
  for (;;) {
    if (child.exitCode !== null) throw new Error('qemu-nbd ended at once')
    const socket = connect(port, '127.0.0.1')
    const open = await new Promise<boolean>(resolve => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    })
    socket.destroy()
    if (open) return
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

describeWithTools(['qemu-nbd'], 'NBD client of the agent and qemu-nbd', () => {
  test('reads by export name, many requests at once', async () => {
    const port = await freePort()
    const options = ['-f', 'raw', '-r', '-t', '-x', '/a/b?c=d', '-b', '127.0.0.1', '-p', `${port}`]
    const child = spawn(requireTool('qemu-nbd'), [...options, '-e', '4', at('disk.raw')])
    try {
      await listening(port, child)
      const where = { address: '127.0.0.1', port, silence: 10_000 }
      const target = { ...where, cert: '', subject: '', tls: false }
      const connection = await openNbd({ ...target, exportname: '/a/b?c=d' }, signal)
      expect(connection.size).toBe(disk.length)
      const offsets = Array.from({ length: 11 }, (_, index) => index * MIB)
      const read = Buffer.from(new SharedArrayBuffer(11 * MIB))
      await Promise.all(
        offsets.map(offset => connection.read(offset, read.subarray(offset, offset + MIB))),
      )
      expect(read.equals(disk.subarray(0, 11 * MIB))).toBe(true)
      connection.close()
      await expect(openNbd({ ...target, exportname: 'secret' }, signal)).rejects.toMatchObject({
        code: 'NBD_FAILED',
        message: `Reading over NBD from 127.0.0.1:${port} failed: the host closed the connection.`,
      })
    } finally {
      child.kill()
    }
  })
})
