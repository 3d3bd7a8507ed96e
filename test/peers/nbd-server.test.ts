import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startNbdServer } from '#sim/nbd/server.ts'
import { runTool } from '#test/support/run-tool.ts'
import { selfSigned } from '#test/support/self-signed.ts'
import { describeWithTools } from '#test/support/tools.ts'

// libnbd asks for GO first and falls back to EXPORT_NAME, as a client of xapi-nbd must. (QEMU's client cannot serve
// here: before EXPORT_NAME it insists on LIST, which xapi-nbd answers with ERR_POLICY.)
describeWithTools(['nbdinfo', 'nbdcopy'], 'libnbd reads from the NBD server', () => {
  const disk = Buffer.from(Array.from({ length: (3 << 20) + 512 }, (_, i) => (i >> 9) & 0xff))
  const exportName = '//vdi%3Fsession_id=OpaqueRef:s'
  const folder = mkdtempSync(join(tmpdir(), 'nbd-peers-'))
  const stop: (() => Promise<void>)[] = []
  const uri = { clear: '', tls: '' }
  const asked: string[] = []

  beforeAll(async () => {
    const tls = await selfSigned('localhost')
    writeFileSync(join(folder, 'ca-cert.pem'), tls.cert)
    const open = async (name: string) => {
      asked.push(name)
      const read = async (at: number, into: Buffer) => void disk.copy(into, 0, at)
      return { size: disk.length, read, close: () => {} }
    }
    const clear = await startNbdServer({ host: '127.0.0.1', port: 0, open })
    const secured = await startNbdServer({ host: '127.0.0.1', port: 0, open, tls })
    stop.push(clear.close, secured.close)
    uri.clear = `nbd://localhost:${clear.port}${exportName}`
    uri.tls = `nbds://localhost:${secured.port}${exportName}?tls-certificates=${folder}`
  })
  afterAll(async () => {
    await Promise.all(stop.map(close => close()))
    rmSync(folder, { recursive: true })
  })

  test.each(['clear', 'tls'] as const)('nbdinfo (%s)', async kind => {
    const info = JSON.parse(await runTool('nbdinfo', '--json', uri[kind]))
    expect(info).toMatchObject({
      protocol: 'newstyle-fixed',
      TLS: kind === 'tls',
      structured: false,
    })
    expect(info.exports[0]).toMatchObject({ 'export-size': disk.length, is_read_only: true })
    expect(asked.at(-1)).toBe('/vdi?session_id=OpaqueRef:s')
  })

  test.each(['clear', 'tls'] as const)('nbdcopy (%s)', async kind => {
    const copy = join(folder, `${kind}.raw`)
    await runTool('nbdcopy', uri[kind], copy)
    expect(readFileSync(copy).equals(disk)).toBe(true)
  })

  test('a client in clear gets nowhere', async () => {
    const inClear = uri.tls.replace('nbds:', 'nbd:').replace(/\?.*/, '')
    await expect(runTool('nbdinfo', inClear)).rejects.toThrow(/opt_go/)
  })
})
