import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { SyslogTarget } from '#core/contracts/channels.ts'
import { sendSyslog } from '#gateway-agent/notify/syslog-send.ts'
import { EVENT, gatewayMessage, NASTY, someSecrets } from '#test/support/notify.ts'
import { type Rsyslogd, rsyslogd } from '#test/support/rsyslogd.ts'
import { type SelfSigned, selfSigned } from '#test/support/self-signed.ts'
import { describeWithTools } from '#test/support/tools.ts'

describeWithTools(['rsyslogd'], "Debian's rsyslogd understands our messages", () => {
  let daemon: Rsyslogd
  let tls: SelfSigned
  let other: SelfSigned
  const unread = new Set<string>()

  beforeAll(async () => {
    tls = await selfSigned('localhost')
    other = await selfSigned('localhost')
    daemon = await rsyslogd(tls)
  })
  afterAll(() => daemon.close())

  const target = (transport: 'udp' | 'tcp' | 'tls', more: object = {}): SyslogTarget =>
    SyslogTarget.parse({
      kind: 'syslog',
      host: transport === 'tls' ? 'localhost' : '127.0.0.1',
      port: daemon.ports[transport],
      transport,
      ...(transport === 'tls' && { ca: 'ca' }),
      ...more,
    })
  const host = () => ({
    secrets: someSecrets({ ca: tls.cert, other: other.cert }),
    host: 'gw-1',
    unread,
  })
  const receivedWith = (eventId: string) =>
    vi.waitUntil(
      async () => (await daemon.received()).find(({ sd }) => sd.includes(`eventId="${eventId}"`)),
      { timeout: 15_000, interval: 50 },
    )

  test.each(['udp', 'tcp', 'tls'] as const)('all fields, over %s', async transport => {
    const eventId = EVENT.replace('E000', `E${transport.toUpperCase()}`)
    await sendSyslog(gatewayMessage(target(transport), { eventId }), host())
    expect(await receivedWith(eventId)).toMatchObject({
      facility: 'local0',
      severity: 'err',
      hostname: 'gw-1',
      app: 'xenkeep',
      procid: '-',
      msgid: 'run-failed',
      time: '2026-11-23T02:30:00.000Z',
      sd: `[xenkeep@32473 eventId="${eventId}" kind="run-failed" severity="error" runId="01J0000000000000000000R000" title="web"]`,
      message: 'Backup failed: "web". The storage repository is full. Free some space.',
    })
  })

  test('whatever a VM is called, it is one message, and nothing of it becomes a field', async () => {
    const eventId = EVENT.replace('E000', 'E00N')
    const line = `Backup failed: ${NASTY.replace(/[\r\n]+/g, ' ')}`
    const message = gatewayMessage(target('tcp', { facility: 'daemon' }), {
      ...{ eventId, line, severity: 'critical' },
      fields: { title: NASTY },
    })
    const before = (await daemon.received()).length
    await sendSyslog(message, host())
    const got = await receivedWith(eventId)
    expect(got).toMatchObject({ facility: 'daemon', severity: 'crit' })
    // rsyslog hands the mark of UTF-8 on with the text.
    expect(got?.message.replace(/^\ufeff/, '')).toBe(line)
    expect(got?.sd).toContain('title="web\\"\\]\\\\<script>alert(1)</script>  Bcc: x@evil.example')
    expect((await daemon.received()).length).toBe(before + 1)
  })

  test.each([
    ['udp', 2_048],
    ['tcp', 8_000],
  ] as const)(
    'a text that is too long is cut between two characters (%s)',
    async (transport, limit) => {
      const eventId = EVENT.replace('E000', `X${transport.toUpperCase()}`)
      await sendSyslog(
        gatewayMessage(target(transport), { eventId, line: '💾'.repeat(5_000) }),
        host(),
      )
      const got = await receivedWith(eventId)
      expect(got?.message).toMatch(/^\ufeff?(💾)+\.\.\.$/u)
      expect(Buffer.byteLength(got?.message ?? '')).toBeLessThanOrEqual(limit)
    },
  )

  test('a certificate of another authority, or for another name, gets nothing', async () => {
    const before = (await daemon.received()).length
    const strange = gatewayMessage(target('tls', { ca: 'other' }))
    await expect(sendSyslog(strange, host())).rejects.toMatchObject({
      code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    })
    const elsewhere = gatewayMessage(target('tls', { host: '127.0.0.1' }))
    await expect(sendSyslog(elsewhere, host())).rejects.toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    })
    expect((await daemon.received()).length).toBe(before)
  })

  test('while it is down a send fails, and the same message gets through afterwards', async () => {
    const eventId = EVENT.replace('E000', 'E0UT')
    const message = gatewayMessage(target('tcp'), { eventId })
    await daemon.stop()
    await expect(sendSyslog(message, host())).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await daemon.start()
    await sendSyslog(message, host())
    expect(await receivedWith(eventId)).toMatchObject({ msgid: 'run-failed' })
  })

  test('while it hangs a message goes there once, and once more when it reads again', async () => {
    const eventId = EVENT.replace('E000', 'E0HG')
    const message = gatewayMessage(target('tcp'), { eventId })
    const timing = { limit: 500, settle: 50 }
    daemon.pause()
    const first = sendSyslog(message, { ...host(), timing })
    await expect(first).rejects.toThrow(/nobody knows whether it read it/)
    for (let tries = 0; tries < 3; tries++)
      await expect(sendSyslog(message, { ...host(), timing })).rejects.toThrow(/did not end/)
    daemon.resume()
    await sendSyslog(message, host())
    await receivedWith(eventId)
    await vi.waitUntil(
      async () => (await daemon.received()).filter(({ sd }) => sd.includes(eventId)).length === 2,
      { timeout: 15_000, interval: 50 },
    )
    expect(unread.size).toBe(0)
  })
})
