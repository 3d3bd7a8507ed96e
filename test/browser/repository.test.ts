import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RepositoryView } from '#core/contracts/repository-api.ts'
import {
  axeFindings,
  openConsole,
  picture,
  type TestConsole,
} from '#test/support/browser/console.ts'
import { type Machine, MiB, startMachine } from '#test/support/machine.ts'

/*
 * Motivation: what is stored has to be there for years, and somebody has to be able to prove that it is kept.
 * Steps: the schedule is changed; the repository is looked after now; locks are shown by the day on which they end; a VM is held by its name, and released.
 * Passes when the API has each as it was said, and axe finds nothing. With XENKEEP_SCREENSHOTS=folder, the pictures are written there.
 */

let machine: Machine
let xenkeep: TestConsole

beforeAll(async () => {
  machine = await startMachine({ web: [randomBytes(MiB)], 'web "2" <b>': [randomBytes(MiB)] })
  await machine.backup('web')
  xenkeep = await openConsole(machine)
})
afterAll(async () => {
  await xenkeep?.close()
  await machine?.stop()
})

/** As a store that locks tells it. */
const withLocks = (view: RepositoryView): RepositoryView => ({
  ...view,
  locks: {
    days: [
      { day: '2026-12-01', points: 3, bytes: 3 * 2 ** 30 },
      { day: '2026-12-09', points: 4, bytes: 5 * 2 ** 30 },
    ],
    ...{ unlocked: 2, untold: 1 },
  },
})

test('the repository is looked after as an administrator says', async () => {
  const { page, troubles, context } = await xenkeep.at('/gateways')
  await page.route('**/v1/repository', async route => {
    // Whoever knows the answer is told so without it.
    const { 'if-none-match': _, ...headers } = route.request().headers()
    const response = await route.fetch({ headers })
    await route.fulfill({ response, json: withLocks(await response.json()) })
  })
  await page.getByRole('link', { name: 'Repository' }).click()
  await page.getByText('Each day at 03:00 (UTC)').waitFor()
  await page.getByText('Points that are not locked, or not any more: 2').waitFor()
  await page.getByRole('application').waitFor()
  expect(await axeFindings(page)).toEqual([])
  await picture(page, 'repository')

  await page.getByRole('button', { name: 'Change the schedule' }).click()
  const schedule = page.getByRole('dialog', { name: 'When the repository is looked after' })
  await schedule.getByLabel('Time', { exact: true }).fill('04:30')
  await schedule.getByRole('button', { name: /^Time zone/ }).click()
  await page.keyboard.type('Europe/Vienna')
  await schedule.getByRole('option', { name: 'Europe/Vienna' }).click()
  await schedule.getByLabel(/^Share of the packs/).fill('101')
  expect(await schedule.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true)
  await schedule.getByLabel(/^Share of the packs/).fill('2.5')
  await page.keyboard.press('Enter')
  await page.getByText('Each day at 04:30 (Europe/Vienna)').waitFor()
  expect((await machine.person.call('getRepository')).schedule).toMatchObject({
    ...{ enabled: true, at: '04:30', timeZone: 'Europe/Vienna' },
    verification: { level: 1, share: 0.025 },
  })

  await page.getByRole('button', { name: 'Look after it now' }).click()
  const now = page.getByRole('dialog', { name: 'Look after the repository now' })
  await now.getByLabel('Remove expired points').uncheck()
  expect(await axeFindings(page)).toEqual([])
  await now.getByRole('button', { name: 'Start' }).click()
  const link = page.getByRole('link', { name: 'Show the run' })
  await link.waitFor()
  const runId = (await link.getAttribute('href'))?.split('/').at(-1) ?? ''
  const { run } = await machine.person.call('getRun', { params: { runId } })
  expect(run.kind).toBe('maintenance')
  expect(troubles).toEqual([])
  await page.unrouteAll({ behavior: 'ignoreErrors' })
  await context.close()
})

test('a virtual machine is held by its name, and released with a reason', async () => {
  const { page, troubles, context } = await xenkeep.at('/repository/holds')
  await page.getByText('There is no legal hold').waitFor()
  await page.getByRole('button', { name: 'Place a hold' }).first().click()
  const dialog = page.getByRole('dialog', { name: 'Place a legal hold' })
  await dialog.getByLabel('Virtual machine', { exact: true }).fill('"2" <b>')
  await page.getByRole('option', { name: 'web "2" <b>' }).click()
  const reason = 'court file "7" <script>alert(1)</script>'
  await dialog.getByLabel('Why').fill(reason)
  expect(await axeFindings(page)).toEqual([])
  await dialog.getByRole('button', { name: 'Place it' }).click()
  await page.getByText('The hold stands.').waitFor()
  await page.getByRole('cell', { name: reason }).waitFor()
  expect(await axeFindings(page)).toEqual([])
  await picture(page, 'holds')
  const holds = async () => (await machine.person.call('listHolds')).items
  const [vm] = (await machine.person.call('listVms')).items.filter(({ name }) => name !== 'web')
  expect(await holds()).toMatchObject([{ vmUuid: vm?.uuid, vmName: 'web "2" <b>', reason }])

  await page.getByRole('button', { name: /^Release the hold on/ }).click()
  const release = page.getByRole('dialog', { name: /^Release the hold on/ })
  await release.getByLabel('To confirm').fill('web "2" <b>')
  await release.getByLabel('Why').fill('case closed')
  await page.keyboard.press('Enter')
  await page.getByText('The hold is released.').waitFor()
  expect(await holds()).toEqual([])
  expect(troubles).toEqual([])
  await context.close()
})
