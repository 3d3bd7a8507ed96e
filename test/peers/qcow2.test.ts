import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { poolWithVm } from '#test/support/pool-with-vm.ts'
import { runTool } from '#test/support/run-tool.ts'
import { streamRequest } from '#test/support/stream-request.ts'
import { describeWithTools } from '#test/support/tools.ts'

const MIB = 1024 * 1024
const folder = mkdtempSync(join(tmpdir(), 'qcow2-peers-'))
const path = (name: string) => join(folder, name)
afterAll(() => rmSync(folder, { recursive: true }))

const content = Buffer.alloc(9 * MIB + 512)
content.fill(0x31, 100, 200)
content.fill(0x77, 5 * MIB - 9, 7 * MIB)
content.fill(0x12, 9 * MIB)

/** A pool of that release with one VM, closed at the end of the test. */
const poolOf = async (release: 'newest' | 'xcp-ng-8.3') => {
  // In clear text, because what is written by hand is not encrypted.
  const pool = await poolWithVm([content], { release, tls: false })
  return { pool, [Symbol.asyncDispose]: () => pool.close() }
}

const snapshotOf = async ({ pool }: Awaited<ReturnType<typeof poolOf>>) =>
  pool.diskOf(await pool.rpc('VM.snapshot', pool.vm, 'snapshot'))

describeWithTools(['qemu-img'], 'QCOW2 files', () => {
  test('that a new host exports pass qemu-img check and hold the bytes of the disk', async () => {
    await using world = await poolOf('newest')
    const line = `GET /export_raw_vdi?vdi=${await snapshotOf(world)}&format=qcow2`
    const { body, headers, task } = await streamRequest(world.pool, { line })
    expect(task.status).toBe('success')
    expect(headers['content-type']).toBe('application/x-qemu-disk')
    writeFileSync(path('export.qcow2'), body)
    writeFileSync(path('disk.raw'), content)
    const checked = await runTool('qemu-img', 'check', '-f', 'qcow2', path('export.qcow2'))
    expect(checked).toContain('No errors')
    const files = [path('export.qcow2'), path('disk.raw')]
    const said = await runTool('qemu-img', 'compare', '-f', 'qcow2', '-F', 'raw', ...files)
    expect(said).toContain('Images are identical')
    // Blocks that were never written are not in it.
    expect(body.length).toBeLessThan(8.5 * MIB)
  })

  test('that qemu-img writes are imported by a new host', async () => {
    await using world = await poolOf('newest')
    const { pool } = world
    writeFileSync(path('disk.raw'), content)
    const files = [path('disk.raw'), path('made.qcow2')]
    await runTool('qemu-img', 'convert', '-f', 'raw', '-O', 'qcow2', ...files)
    const body = readFileSync(path('made.qcow2'))
    const uuid = '00000000-0000-4000-8000-00000000000b'
    pool.state.disks.createEmpty(uuid, content.length)
    const [sr = ''] = pool.state.database.all('SR').keys()
    const vdi = pool.state.database.create('VDI', {
      uuid,
      SR: sr,
      virtual_size: content.length,
      type: 'user',
      managed: true,
    })
    const { task } = await streamRequest(pool, {
      line: `PUT /import_raw_vdi?vdi=${vdi}&format=qcow2`,
      headers: { 'Content-Length': String(body.length) },
      body,
    })
    expect(task).toMatchObject({ status: 'success', result: `<value>${vdi}</value>` })
    expect((await pool.state.disks.read(uuid, 0, content.length)).equals(content)).toBe(true)
  })

  test('are unknown to hosts before xapi 25.27', async () => {
    await using world = await poolOf('xcp-ng-8.3')
    const line = `GET /export_raw_vdi?vdi=${await snapshotOf(world)}&format=qcow2`
    const { statusLine, task } = await streamRequest(world.pool, { line })
    expect(statusLine).toBe('HTTP/1.1 404 Not Found')
    expect(task.error_info).toEqual(['INTERNAL_ERROR', 'Unknown format qcow2'])
  })
})
