import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { leaveRunning } from '#sim/xapi/vm-life.ts'
import { axeFindings, openConsole, type TestConsole } from '#test/support/browser/console.ts'
import { type Machine, MiB, startMachine } from '#test/support/machine.ts'
import { until } from '#test/support/patience.ts'
import { poolOfImages } from '#test/support/pool-of-images.ts'
import { contentOf } from '#test/support/pool-state.ts'

/*
 * Motivation: a standby is defined on a quiet day and needed on the worst one; whoever looks has to see how old it is, try it without harm, and be told what a
 * failover does before it is done. And of each machine it has to be seen whether anybody ever proved that it can be got back.
 * Steps: a standby is defined, changed, brought up to date, tested, failed over to with force, failed back; a point is checked, and its proof looked at.
 * Passes when the pool holds what the pages say, nothing is left of tests, and every page can be read.
 */

const DISK = randomBytes(2 * MiB)

let machine: Machine
let xenkeep: TestConsole
let elsewhere: Awaited<ReturnType<typeof poolOfImages>>

beforeAll(async () => {
  elsewhere = await poolOfImages({})
  machine = await startMachine({ db: [DISK] }, { morePools: [elsewhere] })
  await machine.backup('db')
  xenkeep = await openConsole(machine)
})
afterAll(async () => {
  await xenkeep?.close()
  await machine?.stop()
})

/** With XENKEEP_SCREENSHOTS=folder, as it looks light, dark and narrow. */
const picture = async (page: Page, name: string): Promise<void> => {
  const folder = process.env.XENKEEP_SCREENSHOTS
  if (!folder) return
  await mkdir(folder, { recursive: true })
  const shoot = (look: string) =>
    page.screenshot({ path: join(folder, `${name}-${look}.png`), fullPage: true })
  await shoot('light')
  await page.setViewportSize({ width: 400, height: 800 })
  await shoot('narrow')
  await page.setViewportSize({ width: 1280, height: 900 })
}

const standbyPage = (page: Page) => ({
  act: async (action: string) => {
    await page.getByRole('button', { name: 'Actions', exact: true }).click()
    await page.getByRole('menuitem', { name: action }).click()
  },
  button: (name: string) => page.getByRole('button', { name, exact: true }),
  dialog: (name: string) => page.getByRole('dialog', { name }),
  told: (text: string | RegExp) => page.getByText(text).first().waitFor({ timeout: 60_000 }),
})

const replica = async () => {
  const [only] = (await machine.person.call('listReplicas')).items
  if (!only) throw new Error('no replica')
  return only
}
const isIdle = (what: string, phase: string) =>
  until(
    what,
    async () => {
      const { current, phase: now, last } = await replica()
      if (last && !last.ok) throw new Error(last.line)
      return now === phase && !current
    },
    { ms: 60_000, everyMs: 100 },
  )

test('a standby is defined, tested, failed over to and failed back', async () => {
  const { page, troubles } = await xenkeep.at('/replication')
  const { act, button, dialog, told } = standbyPage(page)
  await told('No virtual machine has a standby')
  await page.getByRole('button', { name: 'Keep a standby' }).first().click()
  await page.getByRole('heading', { level: 1, name: 'Keep a standby' }).waitFor()
  expect(await button('Keep this standby').isDisabled()).toBe(true)
  await page.getByLabel('Virtual machine').fill('db')
  await page.getByRole('option', { name: /^db Simulated pool/ }).click()
  await page.getByRole('button', { name: /^Pool of the standby/ }).click()
  await page.getByRole('option', { name: new RegExp(elsewhere.poolUuid) }).click()
  await told(/Everything is written from the newest recovery point of "db"/)
  await page.getByLabel('Earlier states that are kept').fill('31')
  await told('A whole number from 0 to 30.')
  await page.getByLabel('Earlier states that are kept').fill('2')
  await told(/2 such states are kept/)
  expect(await axeFindings(page)).toEqual([])
  await picture(page, 'define')
  await button('Keep this standby').click()
  await page.getByRole('heading', { level: 1, name: 'Standby of db' }).waitFor()
  await told('there is no newer recovery point')
  await isIdle('the first round is over', 'standing-by')

  await act('Change')
  await page.getByLabel('Read back in full each so many rounds').fill('1')
  await told('each round all of the standby is read back')
  await button('Save').click()
  await told('Each round does it')
  await machine.write(machine.pool.vms.db ?? '', 0, 0, randomBytes(4_096))
  await machine.backup('db')
  await act('Round now')
  await dialog('A round of the standby of db now')
    .getByText(/only blocks that differ/)
    .waitFor()
  await page.getByRole('button', { name: 'Begin the round' }).click()
  await told(/, and equal to its recovery point/)
  expect((await replica()).standby?.states).toHaveLength(2)

  await button('Test failover').click()
  const testing = dialog('Test the failover of db')
  await testing.getByText(/without network interfaces/).waitFor()
  expect(await axeFindings(page)).toEqual([])
  await picture(page, 'test-failover')
  const before = elsewhere.state.database.all('VM').size
  await testing.getByRole('button', { name: 'Start the test' }).click()
  await told(/Booted, guest tools answered/)
  expect(elsewhere.state.database.all('VM').size).toBe(before)
  expect(await axeFindings(page)).toEqual([])
  await picture(page, 'standby')

  await button('Fail over').click()
  const failing = dialog('Fail over db')
  await failing.getByText(/was running when its gateway told last/).waitFor()
  const go = failing.getByRole('button', { name: 'Fail over' })
  await failing.getByLabel('To confirm').fill('db')
  expect(await go.isDisabled()).toBe(true)
  await failing.getByRole('checkbox', { name: /^Fail over although/ }).check()
  expect(await axeFindings(page)).toEqual([])
  await picture(page, 'failover')
  await go.click()
  await told(/is the machine now; rounds have stopped/)
  const { standby } = await replica()
  const { database } = elsewhere.state
  const ref = database.byUuid('VM', standby?.uuid ?? '')
  expect(database.get('VM', ref).power_state).toBe('Running')
  await picture(page, 'failed-over')

  const origin = machine.pool.state.database.byUuid('VM', machine.pool.vms.db ?? '')
  await machine.call('VM.hard_shutdown', origin)
  leaveRunning(elsewhere.state, ref, 'Halted')
  await machine.backup('db') // after a job the inventory is told at once
  await expect.poll(() => button('Fail back').isDisabled(), { timeout: 60_000 }).toBe(false)
  await button('Fail back').click()
  const back = dialog('Fail back db')
  await back.getByLabel('To confirm').fill('db')
  await back.getByText('Blocks that differ are written into "db"').waitFor()
  expect(await axeFindings(page)).toEqual([])
  await picture(page, 'failback')
  await back.getByRole('button', { name: 'Fail back' }).click()
  await isIdle('the failback is over', 'standing-by')
  await told('Standing by.')
  const [[written], [held]] = await Promise.all([
    contentOf(machine.pool, machine.pool.vms.db ?? ''),
    contentOf(elsewhere, standby?.uuid ?? ''),
  ])
  expect(written?.equals(held ?? Buffer.alloc(0))).toBe(true)

  await page.goto('/replication?troubled=true')
  await told('Nothing matches')
  await page.getByRole('button', { name: 'Clear the filters' }).click()
  await page.getByRole('rowheader', { name: 'db' }).waitFor()
  expect(await axeFindings(page)).toEqual([])
  await picture(page, 'replication')
  expect(troubles).toEqual([])
}, 180_000)

test('a point is checked from the list, and its proof is shown', async () => {
  const { page, troubles } = await xenkeep.at('/boot-checks', { colorScheme: 'dark' })
  const { dialog, told } = standbyPage(page)
  await page.getByRole('rowheader', { name: 'db', exact: true }).waitFor()
  await page.getByRole('checkbox', { name: 'Choose db', exact: true }).check()
  await page.getByRole('button', { name: 'Check now (1)' }).click()
  const asking = dialog('Check that db boots')
  await asking.getByLabel('Ask this program').fill('No Such')
  await asking.getByText('Small letters, digits and hyphens.').waitFor()
  await asking.getByLabel('Ask this program').fill('')
  expect(await axeFindings(page)).toEqual([])
  await picture(page, 'boot-check-form')
  await asking.getByRole('button', { name: 'Start the check' }).click()
  await page.getByRole('button', { name: 'Watch the run' }).click()
  await told(/Booted, guest tools answered/)

  await page.goto('/boot-checks')
  await page.getByRole('link', { name: 'Show the proof: db', exact: true }).waitFor()
  expect(await axeFindings(page)).toEqual([])
  await picture(page, 'boot-checks')
  await page.getByRole('link', { name: 'Show the proof: db', exact: true }).click()
  await page.getByRole('heading', { level: 1, name: 'Proof of db' }).waitFor()
  await told('Booted, its tools answered')
  expect(await axeFindings(page)).toEqual([])
  await picture(page, 'proof')
  expect(troubles).toEqual([])
})
