import { expect, test } from 'vitest'
import { memoryDeliver } from '#adapters/memory/deliver.ts'
import { ChannelView as GetChannel } from '#core/contracts/channels-api.ts'
import { deliverAll } from '#functions/events/deliver.ts'
import { testApi } from '#test/support/call-api.ts'

const MAIL = { kind: 'mail', from: 'xenkeep@example.org', to: ['ops@example.org'] }
const SYSLOG = { kind: 'syslog', host: '10.0.0.5', transport: 'tcp' }

test('a channel is made, tested, shown and removed; its secret is a name and nothing else', async () => {
  const deliver = memoryDeliver()
  const api = await testApi({ deliver })
  const smtp = { host: 'mail', auth: { kind: 'password', user: 'u', password: 'smtp-password' } }
  const { json } = await api.asPerson('POST', '/v1/channels', {
    name: 'night shift',
    to: { ...MAIL, smtp },
  })
  const path = `/v1/channels/${json.channelId}`
  const test = await api.asPerson('POST', `${path}/test`)
  await deliverAll(api.ports)()
  expect(deliver.sent).toMatchObject([{ message: { kind: 'channel-test' } }])
  const told = await api.asPerson('GET', `/v1/notifications/${test.json.eventId}`)
  expect(told.json).toMatchObject({
    kind: 'channel-test',
    subject: 'Test message of XenKeep',
    deliveries: [{ channelName: 'night shift', state: 'delivered', attempts: 1 }],
  })
  const shown = await api.asPerson('GET', path)
  expect(shown.json).toMatchObject({ waiting: 0, lost: 0, line: expect.stringMatching(/^works;/) })
  expect(JSON.stringify(shown.json)).toContain('smtp-password') // the name, as there is no value anywhere
  expect((await api.asPerson('DELETE', path)).status).toBe(200)
  expect((await api.asPerson('GET', path)).json).toMatchObject({ code: 'CHANNEL_NOT_FOUND' })
})

test('a channel that a rule names stays, and a rule names no channel that is not there', async () => {
  const api = await testApi()
  const { json } = await api.asPerson('POST', '/v1/channels', { name: 'n', to: MAIL })
  const rules = (channelId: unknown) => ({
    rules: [{ events: ['run-failed'], channelIds: [channelId] }],
  })
  const put = (channelId: unknown) =>
    api.asPerson('PUT', '/v1/notification-settings', rules(channelId))
  expect((await put('01J0000000000000000000C000')).json).toMatchObject({
    code: 'CHANNEL_NOT_FOUND',
  })
  expect((await put(json.channelId)).status).toBe(200)
  const removed = await api.asPerson('DELETE', `/v1/channels/${json.channelId}`)
  expect([removed.status, removed.json.code]).toEqual([409, 'CHANNEL_IN_USE'])
})

test('a viewer sees channels and changes none', async () => {
  const api = await testApi()
  const authorization = 'Bearer viewer'
  expect((await api.call('GET', '/v1/channels', { authorization })).status).toBe(200)
  const body = { name: 'n', to: MAIL }
  expect((await api.call('POST', '/v1/channels', { authorization, body })).status).toBe(403)
})

test.each([
  [{ ...MAIL, to: ['a@b.example\r\nBcc: c@d.example'] }, 'body.to'],
  [{ ...SYSLOG, host: 'a b' }, 'body.to'],
  [{ kind: 'webhook', url: 'ftp://x/', secret: 'k' }, 'body.to'],
  [{ kind: 'webhook', url: 'https://u:p@example.org/x', secret: 'k' }, 'body.to'],
  [{ kind: 'slack', url: 'https://hooks.example/secret' }, 'body.to'],
  [{ kind: 'sms', to: ['0301234'] }, 'body.to'],
  [{ kind: 'pigeon' }, 'body.to'],
])('%j is refused by its member', async (to, member) => {
  const api = await testApi()
  const { status, json } = await api.asPerson('POST', '/v1/channels', { name: 'n', to })
  expect(status).toBe(400)
  expect(json).toMatchObject({ code: 'REQUEST_INVALID', message: expect.stringContaining(member) })
})

test('a gateway hears that messages wait, has each for itself, and tells what became of them', async () => {
  const api = await testApi()
  const { gatewayId } = api.gateway
  const lease = () =>
    api.asGateway('POST', `/v1/gateways/${gatewayId}/lease`, {
      ...{ instance: '01J0000000000000000000AAAA', freeSlots: 0, pools: [] },
    })
  const messages = (done: unknown[] = []) =>
    api.asGateway('POST', `/v1/gateways/${gatewayId}/messages`, { done })
  const { json } = await api.asPerson('POST', '/v1/channels', { name: 'siem', to: SYSLOG })
  expect((await lease()).json.messages).toBeUndefined()
  const { eventId } = (await api.asPerson('POST', `/v1/channels/${json.channelId}/test`)).json
  await deliverAll(api.ports)()
  expect((await lease()).json.messages).toBe(true)

  const { channelId } = json
  expect((await messages()).json.messages).toMatchObject([
    { eventId, channelId, to: SYSLOG, kind: 'channel-test', severity: 'info' },
  ])
  expect((await messages()).json.messages).toEqual([]) // leased
  await messages([{ eventId, channelId, error: 'ECONNREFUSED' }])
  const shown = async () => (await api.asPerson('GET', `/v1/channels/${channelId}`)).json
  expect(await shown()).toMatchObject({ waiting: 1, failing: { error: 'ECONNREFUSED' } })
  expect(GetChannel.safeParse(await shown()).error).toBeUndefined()
  api.wait(60_000)
  expect((await messages()).json.messages).toHaveLength(1)
  await messages([{ eventId, channelId }])
  await messages([{ eventId, channelId }]) // the answer got lost: told again
  expect(await shown()).toMatchObject({ waiting: 0, lost: 0 })
  expect((await shown()).failing).toBeUndefined()
  expect((await lease()).json.messages).toBeUndefined()
})
