import { describe, expect, test, vi } from 'vitest'
import { keys } from '#core/catalog/keys.ts'
import { ChannelDefinition } from '#core/contracts/channels.ts'
import { NotificationSettings } from '#core/contracts/channels-api.ts'
import type { NotificationEvent } from '#core/contracts/notifications.ts'
import { DeliveryFailedError, DeliveryRefusedError } from '#core/errors/notifications.ts'
import { ulidMaker } from '#core/ids.ts'
import { newChannelState, notDelivered } from '#core/notifications/channel.ts'
import {
  createChannel,
  readChannel,
  readChannelState,
  removeChannel,
  replaceChannel,
} from '#core/notifications/channels-catalog.ts'
import { readNotice } from '#core/notifications/notice.ts'
import { placeOf } from '#core/notifications/series.ts'
import { saveNotificationSettings } from '#core/notifications/settings.ts'
import type { CatalogWrite } from '#core/ports.ts'
import { listNotifications } from '#functions/api/channels/list-notifications.ts'
import { deliverAll } from '#functions/events/deliver.ts'
import { throttling } from '#test/support/catalog-faults.ts'
import { channelIdOf, deliverySite, HOUR } from '#test/support/delivery-site.ts'
import { backedUp, srFull } from '#test/support/ended-run.ts'

test('an event is told once to each channel of its rules, by however many workers at once', async () => {
  const { announce, runFails, ports, deliver, stateOf } = await deliverySite({ channels: 3 })
  const eventId = await announce(runFails())
  await Promise.all([1, 2, 3, 4].map(() => deliverAll(ports)()))
  expect(deliver.sent.map(({ to }) => (to as { to: string[] }).to[0]).sort()).toEqual([
    'c0@example.org',
    'c1@example.org',
    'c2@example.org',
  ])
  expect(await stateOf(eventId, 2)).toMatchObject({ state: 'delivered', attempts: 1 })
})

test('an outage of a night loses nothing, and one channel holds up no other', async () => {
  const { announce, runFails, failures, round, wait, deliver, stateOf, catalog } =
    await deliverySite({
      channels: 2,
    })
  failures.set('c0@example.org', () => new DeliveryFailedError('nobody listens there'))
  const ids = [await announce(runFails()), await announce(runFails({ title: 'other' }))]
  await round()
  expect(deliver.sent).toHaveLength(2) // both to the other channel
  expect(await stateOf(ids[0] ?? '')).toMatchObject({
    state: 'waiting',
    attempts: 1,
    error: 'The message did not get through: nobody listens there.',
  })
  expect(await readChannelState(catalog, channelIdOf(0))).toMatchObject({
    failing: { error: 'The message did not get through: nobody listens there.', attempts: 1 },
  })
  for (let n = 0; n < 60; n++) {
    wait(10 * 60_000)
    await round()
  }
  // Ten hours: each wait is half an hour at most, and a quarter at least, once it has grown.
  const { failing } = await readChannelState(catalog, channelIdOf(0))
  expect(failing?.attempts).toBeGreaterThan(15)
  expect(failing?.attempts).toBeLessThan(45)

  failures.clear()
  wait(31 * 60_000)
  await round()
  expect(deliver.sent).toHaveLength(4)
  expect(await stateOf(ids[1] ?? '')).toMatchObject({ state: 'delivered' })
  expect((await readChannelState(catalog, channelIdOf(0))).failing).toBeUndefined()
})

test('after a day a message is given up, and that is shown', async () => {
  const { announce, runFails, failures, round, wait, stateOf, catalog } = await deliverySite()
  failures.set('c0@example.org', () => new DeliveryFailedError('nobody listens there'))
  const eventId = await announce(runFails())
  await round()
  wait(24 * HOUR)
  await round()
  expect(await stateOf(eventId)).toMatchObject({ state: 'lost' })
  expect(await readChannelState(catalog, channelIdOf(0))).toMatchObject({ lost: 1 })
})

test('a message that nobody found for a day, as all was down, is still tried', async () => {
  const { announce, runFails, round, wait, stateOf } = await deliverySite()
  const eventId = await announce(runFails())
  wait(48 * HOUR)
  await round()
  expect(await stateOf(eventId)).toMatchObject({ state: 'delivered' })
})

test('what a receiver refuses for good is given up at once, and the next goes through', async () => {
  const { announce, runFails, failures, round, stateOf, deliver } = await deliverySite()
  let first = true
  failures.set('c0@example.org', () => {
    const error = first ? new DeliveryRefusedError('no such mailbox') : undefined
    first = false
    return error
  })
  const eventId = await announce(runFails())
  await announce(runFails({ title: 'other' }))
  await round()
  expect(await stateOf(eventId)).toMatchObject({
    state: 'lost',
    error: 'The receiver refused the message: no such mailbox.',
  })
  expect(deliver.sent).toHaveLength(1)
})

test('a message that never gets through holds up none behind it', async () => {
  const { announce, runFails, failures, round, wait, deliver } = await deliverySite()
  const poison = await announce(runFails({ title: 'poison' }))
  failures.set('c0@example.org', ({ eventId }) =>
    eventId === poison ? new DeliveryFailedError('it answered 500') : undefined,
  )
  await round()
  await announce(runFails({ title: 'sound' }))
  wait(60_000)
  await round()
  expect(deliver.sent.map(({ message }) => message.facts.title)).toEqual(['sound'])
})

test('a worker that dies in a try costs two minutes, and the id stays the same', async () => {
  const { announce, runFails, ports, round, wait, deliver } = await deliverySite()
  const eventId = await announce(runFails())
  const never = new Promise<void>(() => {})
  void deliverAll({ ...ports, deliver: { send: () => never } })()
  await expect.poll(async () => (await ports.catalog.query('OUTBOX')).items.length).toBe(0)
  await expect
    .poll(
      async () =>
        (await ports.catalog.query<{ attempts: number }>('DELIVERIES')).items[0]?.value.attempts,
    )
    .toBe(1)
  await round()
  expect(deliver.sent).toEqual([])
  wait(121_000)
  await round()
  expect(deliver.sent.map(({ message }) => message.eventId)).toEqual([eventId])
})

test('a name of 500 wide letters, and an event that cannot be routed, hold up nothing', async () => {
  const { announce, runFails, ports, catalog, deliver, stateOf } = await deliverySite()
  const wide = await announce(runFails({ title: '備'.repeat(500) }))
  const { items } = await catalog.query<{ event: NotificationEvent }>('OUTBOX')
  const name = placeOf(items[0]?.value.event as NotificationEvent)?.name ?? ''
  expect(Buffer.byteLength(name)).toBeLessThanOrEqual(1_024)
  const bad = await announce(runFails({ title: 'bad' }))
  const last = await announce(runFails({ title: 'last' }))
  const faulty = {
    ...catalog,
    write: async (writes: readonly CatalogWrite[]) => {
      if (writes.some(({ key }) => key.pk === 'NOTICES' && key.sk === bad))
        throw new Error('the database does not take this one')
      await catalog.write(writes)
    },
  }
  await expect(deliverAll({ ...ports, catalog: faulty })()).rejects.toThrow('does not take')
  expect(deliver.sent).toHaveLength(2)
  expect(await stateOf(wide)).toMatchObject({ state: 'delivered' })
  expect(await stateOf(last)).toMatchObject({ state: 'delivered' })
  expect((await catalog.query('OUTBOX')).items.map(({ sk }) => sk)).toEqual([bad])
})

test('a channel whose note cannot be written stops no other between sending and noting', async () => {
  const { announce, runFails, ports, catalog, stateOf } = await deliverySite({ channels: 2 })
  const eventId = await announce(runFails())
  const faulty = {
    ...catalog,
    query: async (...args: Parameters<typeof catalog.query>) => {
      if (args[1]?.prefix === `${channelIdOf(0)}#`) throw new Error('throttled')
      return catalog.query(...args)
    },
  } as typeof catalog
  const send = async () => {
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  await expect(deliverAll({ ...ports, catalog: faulty, deliver: { send } })()).rejects.toThrow(
    'throttled',
  )
  expect(await stateOf(eventId, 1)).toMatchObject({ state: 'delivered' })
})

test('a catalog that is throttled is no failure of the channel, wherever it is met', async () => {
  for (let at = 0; ; at++) {
    const { announce, runFails, ports, deliver, catalog, wait, round, stateOf } =
      await deliverySite()
    const eventId = await announce(runFails())
    const faulty = throttling(catalog, at)
    const done = await deliverAll({ ...ports, catalog: faulty.catalog })().then(
      () => true,
      () => false,
    )
    const state = await readChannelState(catalog, channelIdOf(0))
    expect(state, `call ${at}`).toMatchObject({ lost: 0 })
    expect(state.failing, `call ${at}`).toBeUndefined()
    if (!faulty.met()) {
      expect(done).toBe(true)
      break
    }
    const sent = deliver.sent.length
    wait(121_000)
    await round()
    expect(await stateOf(eventId), `call ${at}`).toMatchObject({ state: 'delivered' })
    expect(deliver.sent.length, `call ${at}`).toBeLessThanOrEqual(sent + 1)
    expect(new Set(deliver.sent.map(({ message }) => message.eventId))).toEqual(new Set([eventId]))
  }
})

test('a message whose notice was swept is lost, not the fault of its channel', async () => {
  const { announce, runFails, failures, round, wait, catalog, deliver } = await deliverySite()
  failures.set('c0@example.org', () => new DeliveryFailedError('x'))
  const eventId = await announce(runFails())
  await round()
  failures.clear()
  await catalog.write([{ kind: 'delete', key: keys.notice(eventId), expect: 'any' }])
  wait(HOUR)
  await round()
  expect(deliver.sent).toEqual([])
  expect(await readChannelState(catalog, channelIdOf(0))).toMatchObject({
    lost: 1,
    lastLost: { error: expect.stringContaining(eventId) },
  })
  expect((await catalog.query('DELIVERIES')).items).toEqual([])
})

test('a receiver that answers drop by drop is a failure after a minute, shown as such', async () => {
  vi.useFakeTimers()
  try {
    const { announce, runFails, ports, stateOf } = await deliverySite()
    const eventId = await announce(runFails())
    const never = new Promise<void>(() => {})
    const round = deliverAll({ ...ports, deliver: { send: () => never } })()
    await vi.advanceTimersByTimeAsync(60_001)
    await round
    expect(await stateOf(eventId)).toMatchObject({
      state: 'waiting',
      error: 'The message did not get through: the receiver was not done within 60 s.',
    })
  } finally {
    vi.useRealTimers()
  }
})

test('messages that fail together are one failure of their channel', () => {
  let state = newChannelState
  const at = { error: 'x', now: 1_000, chance: 0 }
  for (let n = 0; n < 20; n++) state = notDelivered(state, at)
  expect(state.failing).toMatchObject({ attempts: 1, nextTry: 16_000 })
  expect(notDelivered(state, { ...at, now: 16_000 }).failing).toMatchObject({ attempts: 2 })
})

test('a test of a channel that is switched off says so, and what waits for it ends after a day', async () => {
  const { announce, runFails, round, wait, stateOf, failures, catalog, ports } =
    await deliverySite()
  failures.set('c0@example.org', () => new DeliveryFailedError('x'))
  const before = await announce(runFails())
  await round()
  const { created: _, channelId, ...channel } = await readChannel(catalog, channelIdOf(0))
  await replaceChannel(catalog, channelId, { ...channel, enabled: false })
  const eventId = ulidMaker(ports)()
  const kind = 'channel-test' as const
  await announce({ kind, eventId, at: ports.clock.now(), channelIds: [channelId], by: 'ada' })
  await round()
  expect(await stateOf(eventId)).toMatchObject({ state: 'off' })
  wait(24 * HOUR)
  await round()
  expect(await stateOf(before)).toMatchObject({ state: 'off' })
  expect((await catalog.query('DELIVERIES')).items).toEqual([])
})

test('what no gateway fetches for a day is given up, and says so', async () => {
  const { announce, runFails, round, wait, stateOf, catalog } = await deliverySite()
  const channelId = '01J0000000000000000000C0S0'
  const to = { kind: 'syslog', host: '10.0.0.5', transport: 'tcp' }
  await createChannel(catalog, {
    ...{ ...ChannelDefinition.parse({ name: 'siem', to }), channelId, created: 1 },
  })
  const rules = [{ events: ['run-failed'], channelIds: [channelId] }]
  await saveNotificationSettings(catalog, NotificationSettings.parse({ rules }))
  const eventId = await announce(runFails())
  await round()
  wait(23 * HOUR)
  await round()
  expect(await stateOf(eventId)).toMatchObject({ state: 'waiting' })
  wait(HOUR)
  await round()
  expect(await stateOf(eventId)).toMatchObject({
    state: 'lost',
    error: expect.stringContaining('No gateway fetched it'),
  })
})

test('an event of a newer version is told by its kind and breaks nothing', async () => {
  const { round, announce, catalog, ports, deliver } = await deliverySite()
  const eventId = ulidMaker(ports)()
  const channelIds = [channelIdOf(0)]
  await announce({ kind: 'moon-eclipsed', eventId, at: ports.clock.now(), channelIds } as never)
  await round()
  expect(deliver.sent[0]?.message.document.subject).toContain('moon-eclipsed')
  const { items } = await listNotifications({ catalog })({ query: {} } as never)
  expect(items).toMatchObject([{ kind: 'moon-eclipsed' }])
})

test('a missed schedule is no row with one of months ago: a run has ended between', async () => {
  const { announce, runFails, round, wait, catalog, ports } = await deliverySite()
  const policyId = '01J0000000000000000000P000'
  const why = { code: 'WINDOW_CLOSED', message: 'm', advice: 'a', retryable: false }
  const missed = () => {
    wait(1_000) // ids are in the order of their times
    return announce({
      ...{ kind: 'schedule-missed', eventId: ulidMaker(ports)(), at: ports.clock.now() },
      ...{ policyId, policyName: 'Nightly', due: 1, why },
    })
  }
  const inARow = async (eventId: string) =>
    (await readNotice(catalog, eventId)).value.context.inARow
  const [first, second] = [await missed(), await missed()]
  await round()
  expect(await Promise.all([first, second].map(inARow))).toEqual([1, 2])
  wait(1_000)
  await announce(runFails({ policyId, policyName: 'Nightly' }))
  const third = await missed()
  await round()
  expect(await inARow(third)).toBe(1)
})

describe('the same again and again', () => {
  test('is told as such, and so is its end', async () => {
    const { announce, runFails, round, wait, subjects, deliver } = await deliverySite()
    for (let night = 1; night <= 5; night++) {
      await announce(runFails())
      await round()
      wait(24 * HOUR)
    }
    await announce(runFails({}, [backedUp(0)]))
    await round()
    expect(subjects()).toEqual([
      'Backup failed: vm0 and others',
      'Backup failed again (2nd time in a row): vm0 and others',
      'Backup failed again (3rd time in a row): vm0 and others',
      'Backup failed again (4th time in a row): vm0 and others',
      'Backup failed again (5th time in a row): vm0 and others',
      'Backup works again: vm0 and others',
    ])
    expect(deliver.sent.at(-1)?.message.document.story[0]).toContain('5 times in a row')
  })

  test('is told once within the quiet time; the next one tells how many there were', async () => {
    const { announce, runFails, round, wait, deliver, stateOf } = await deliverySite({
      repeatAfterMinutes: 60,
    })
    const ids: string[] = []
    for (let n = 0; n < 13; n++) {
      ids.push(await announce(runFails()))
      await round()
      wait(5 * 60_000)
    }
    expect(deliver.sent).toHaveLength(2)
    expect(await stateOf(ids[3] ?? '')).toMatchObject({ state: 'repeated' })
    expect(deliver.sent[1]?.message.document.story[0]).toContain(
      '11 messages of the same kind were not sent in between',
    )
  })

  test('another trouble of the same thing is told at once', async () => {
    const { announce, runFails, round, deliver } = await deliverySite({ repeatAfterMinutes: 60 })
    await announce(runFails())
    const problem = { code: 'XAPI_UNREACHABLE', message: 'm', advice: 'a', retryable: true }
    await announce(runFails({}, [{ status: 'failed', problem }] as never))
    await round()
    expect(deliver.sent).toHaveLength(2)
  })
})

test('more than a channel takes in an hour is told in one message, truly counted', async () => {
  const { announce, runFails, round, wait, deliver, subjects, stateOf } = await deliverySite({
    maxPerHour: 3,
  })
  const ids: string[] = []
  for (let n = 0; n < 10; n++) ids.push(await announce(runFails({ title: `vm${n}` })))
  await round()
  expect(deliver.sent).toHaveLength(3)
  expect(await stateOf(ids[9] ?? '')).toMatchObject({ state: 'summed-up' })
  wait(HOUR)
  await round()
  expect(subjects()[3]).toBe('7 more messages in one: 7 × run failed')
  expect(deliver.sent[3]?.message.document.lists[0]?.items).toEqual(['7 × run failed'])
  await announce(runFails({ title: 'next' }))
  await round()
  expect(deliver.sent).toHaveLength(5)
})

test('thirty policies that fail at once are five messages, and one for the rest that names them', async () => {
  const { announce, runFails, round, wait, deliver, subjects } = await deliverySite({
    maxPerHour: 30,
  })
  for (let n = 0; n < 30; n++) await announce(runFails({ title: `vm${n}` }))
  await round()
  expect(deliver.sent).toHaveLength(5)
  wait(9 * 60_000)
  await round()
  expect(deliver.sent).toHaveLength(5)
  wait(60_000)
  await Promise.all([round(), round()])
  await round()
  expect(subjects().slice(5)).toEqual(['25 more messages in one: 25 × run failed'])
  const lists = deliver.sent[5]?.message.document.lists
  expect(lists?.[1]).toMatchObject({ title: 'Which', more: 5 })
  expect(lists?.[1]?.items[0]).toBe('"vm5": run failed')
  // Then it goes on one by one, and the hour is not begun anew.
  for (let n = 0; n < 40; n++) {
    await announce(runFails({ title: `later${n}` }))
    wait(60_000)
    await round()
  }
  const single = subjects().filter(subject => subject.startsWith('Backup failed: later'))
  expect(single.length).toBeGreaterThan(10)
  expect(single.length).toBeLessThanOrEqual(25)
})

test('500 VMs that fail in one run are one message', async () => {
  const { announce, runFails, round, deliver } = await deliverySite()
  await announce(
    runFails(
      {},
      Array.from({ length: 500 }, () => srFull),
    ),
  )
  await round()
  expect(deliver.sent).toHaveLength(1)
  expect(deliver.sent[0]?.message.document.lists[0]).toMatchObject({
    title: 'Why',
    items: [expect.stringMatching(/^500 × SR_FULL: /)],
  })
})

test('what waits for a channel that is removed is dropped, and the channel goes', async () => {
  const { announce, runFails, failures, round, wait, catalog, stateOf } = await deliverySite()
  failures.set('c0@example.org', () => new DeliveryFailedError('x'))
  const eventId = await announce(runFails())
  await round()
  await removeChannel(catalog, channelIdOf(0), Date.UTC(2026, 10, 23, 2))
  await round()
  expect(await stateOf(eventId)).toMatchObject({ state: 'off' })
  wait(2 * HOUR)
  await round()
  expect((await catalog.query('CHANNELS')).items).toEqual([])
  expect((await catalog.query('DELIVERIES')).items).toEqual([])
})
