import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { type Client, createClient } from '#core/contracts/client.ts'
import { until } from '#test/support/patience.ts'
import { type Program, startProgram } from '#test/support/site.ts'

const ending: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end()
})

const folder = async (): Promise<string> => {
  const dir = await mkdtemp(join(tmpdir(), 'xenkeep-guest-'))
  ending.push(() => rm(dir, { recursive: true, force: true }))
  return dir
}
const started = (main: string, dataDir: string): Program => {
  const program = startProgram(main, ['--data', dataDir])
  ending.push(() => program.kill())
  return program
}

/**
 * A guest from its first start to its end: its agent waits for a code, enrols with it, is there again after it was killed, and with it its key; once it is
 * revoked it does nothing, and becomes a guest again with a new code, as the same one.
 */
it('an agent in a guest is enrolled, killed, revoked and enrolled again', {
  timeout: 120_000,
}, async () => {
  const controlDir = await folder()
  const control = { port: 0, idlePollSeconds: 0.1, activePollSeconds: 0.1, heartbeatSeconds: 0.1 }
  await writeFile(join(controlDir, 'settings.json'), JSON.stringify({ control }))
  await started('local/main.ts', controlDir).says(/"listening"/)
  const endpoint = JSON.parse(await readFile(join(controlDir, 'control', 'endpoint.json'), 'utf8'))
  const { url, token } = endpoint as { url: string; token: string }
  const person: Client = createClient({ baseUrl: url, fetch, authorize: () => `Bearer ${token}` })

  const dataDir = await folder()
  const guest = { name: 'db01', controlUrl: url, recipes: { postgresql: {} } }
  await writeFile(join(dataDir, 'settings.json'), JSON.stringify({ guest }))
  const first = started('gateway-agent/main.ts', dataDir)
  await first.says(/This guest is not enrolled; it waits for a one-time code/)

  const codeFile = join(dataDir, 'gateway', 'enrolment-code')
  const giveCode = async () => {
    const { code } = await person.call('createEnrolmentCode', {
      body: { for: { guest: { name: 'the database' } } },
    })
    await writeFile(codeFile, code)
  }
  const listed = async () => (await person.call('listGuests')).items
  await giveCode()
  await until('the guest is listed and heard of', async () =>
    (await listed()).some(
      ({ lastSeen, version }) => lastSeen !== undefined && version !== undefined,
    ),
  )
  const [before] = await listed()
  expect(before).toMatchObject({ name: 'the database', os: 'linux', problems: [] })
  expect((await person.call('listGateways')).items).toEqual([])

  await first.kill()
  const second = started('gateway-agent/main.ts', dataDir)
  await second.says(/Agent in the guest/)
  await until(
    'it calls again',
    async () =>
      ((await listed())[0]?.lastSeen ?? 0) >= (before?.lastSeen ?? Number.POSITIVE_INFINITY),
  )
  const guestUuid = before?.guestUuid ?? ''
  await until('its facts are there', async () => {
    const { factsAt } = await person.call('getGuest', { params: { guestUuid } })
    return factsAt !== undefined
  })

  const params = { gatewayId: before?.gatewayId ?? '' }
  await person.call('revokeGateway', { params, body: {} })
  await second.says(/does not work with this gateway \(any more\).*GATEWAY_REVOKED/)
  expect(await listed()).toEqual([])
  await giveCode()
  await until('it is back', async () => (await listed()).length === 1)
  expect((await listed())[0]).toMatchObject({ guestUuid })
  expect((await listed())[0]?.gatewayId).not.toBe(before?.gatewayId)
  expect(await second.stop()).toBe(0)
})
