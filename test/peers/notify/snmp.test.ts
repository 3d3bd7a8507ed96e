import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { SnmpTarget } from '#core/contracts/channels.ts'
import { ARC, sendSnmp } from '#gateway-agent/notify/snmp-send.ts'
import { freePort } from '#test/support/free-port.ts'
import { EVENT, gatewayMessage, someSecrets } from '#test/support/notify.ts'
import { describeWithTools, requireTool } from '#test/support/tools.ts'

describeWithTools(['snmptrapd'], 'snmptrapd of Net-SNMP takes our notifications', () => {
  let folder: string
  let port: number
  let daemon: ChildProcess
  let output = ''

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'snmptrapd-'))
    port = await freePort()
    await writeFile(
      join(folder, 'snmptrapd.conf'),
      `authCommunity log public
createUser xenkeep SHA-256 "the key that signs" AES "the key that hides"
authUser log xenkeep priv
`,
    )
    daemon = spawn(
      requireTool('snmptrapd'),
      ['-f', '-Lo', '-On', '-C', '-c', join(folder, 'snmptrapd.conf'), `udp:127.0.0.1:${port}`],
      { env: { ...process.env, SNMP_PERSISTENT_DIR: folder, MIBS: '' } },
    )
    daemon.stdout?.on('data', chunk => {
      output += String(chunk)
    })
    daemon.stderr?.on('data', chunk => {
      output += String(chunk)
    })
    await vi.waitUntil(() => output.includes('NET-SNMP version'), { timeout: 15_000 })
  })
  afterAll(async () => {
    daemon.kill('SIGTERM')
    await once(daemon, 'exit')
    await rm(folder, { recursive: true })
  })

  const secrets = someSecrets({
    community: 'public',
    auth: 'the key that signs',
    priv: 'the key that hides',
    wrong: 'not the key at all',
  })
  const line = (eventId: string) =>
    vi.waitUntil(() => output.split('\n').find(text => text.includes(`STRING: "${eventId}"`)), {
      timeout: 15_000,
    })
  const v3 = (more: object = {}) =>
    SnmpTarget.parse({
      ...{ kind: 'snmp', host: '127.0.0.1', port, version: '3', user: 'xenkeep' },
      ...{ authKey: 'auth', privKey: 'priv', ...more },
    })

  test('a trap of version 2c', async () => {
    const eventId = EVENT.replace('E000', 'E02C')
    const to = SnmpTarget.parse({
      ...{ kind: 'snmp', host: '127.0.0.1', port, version: '2c', community: 'community' },
    })
    await sendSnmp(gatewayMessage(to, { eventId }), { secrets })
    const got = await line(eventId)
    expect(got).toContain(`.1.3.6.1.6.3.1.1.4.1.0 = OID: .${ARC}.0.3`)
    expect(got).toContain(`.${ARC}.1.2.0 = STRING: "run-failed"`)
    expect(got).toContain(`.${ARC}.1.3.0 = STRING: "error"`)
    expect(got).toContain(`.${ARC}.1.4.0 = STRING: "Backup failed: \\"web\\""`)
  })

  test('an inform of version 3, signed and encrypted, is acknowledged', async () => {
    const eventId = EVENT.replace('E000', 'E003')
    await sendSnmp(gatewayMessage(v3(), { eventId }), { secrets })
    expect(await line(eventId)).toContain(`OID: .${ARC}.0.3`)
  })

  test('a wrong key is heard of, and nothing is taken', async () => {
    const eventId = EVENT.replace('E000', 'E0KY')
    const message = gatewayMessage(v3({ authKey: 'wrong' }), { eventId })
    await expect(sendSnmp(message, { secrets })).rejects.toThrow()
    expect(output).not.toContain(eventId)
  })

  test('nobody there is heard of with version 3', async () => {
    const message = gatewayMessage(v3({ port: await freePort() }))
    await expect(sendSnmp(message, { secrets })).rejects.toThrow()
  })
})
