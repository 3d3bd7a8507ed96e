import { randomBytes } from 'node:crypto'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { PointSummary } from '#core/contracts/points.ts'
import { axeFindings, openConsole, type TestConsole } from '#test/support/browser/console.ts'
import { type Machine, MiB, startMachine } from '#test/support/machine.ts'
import { poolOfImages } from '#test/support/pool-of-images.ts'
import { contentOf } from '#test/support/pool-state.ts'

/*
 * Motivation: who restores is in a hurry and afraid of making it worse; the wizard has to say what will happen, and to do just that.
 * Steps: a VM is restored into another pool, by choices of the wizard; then over itself, by typing its name, with a session that ends in mid-wizard and a start
 * that fails once.
 * Passes when the disks hold what was backed up, the proof is shown, and nothing that was chosen was lost.
 */

const DISK = randomBytes(2 * MiB)

let machine: Machine
let xenkeep: TestConsole
let elsewhere: Awaited<ReturnType<typeof poolOfImages>>
let point: PointSummary

beforeAll(async () => {
  elsewhere = await poolOfImages({})
  machine = await startMachine({ web: [DISK], db: [randomBytes(MiB)] }, { morePools: [elsewhere] })
  point = await machine.backup('web')
  xenkeep = await openConsole(machine)
}, 60_000)
afterAll(async () => {
  await xenkeep?.close()
  await machine?.stop()
})

const wizard = (page: Page) => ({
  at: (step: string) => page.getByRole('heading', { level: 1, name: step }).waitFor(),
  next: () => page.getByRole('button', { name: 'Next' }).click(),
  comesBack: (how: string) => page.getByRole('radio', { name: how }).check(),
  start: () => page.getByRole('button', { name: 'Start the restore' }).click(),
  /** The steps that the gateway foretold. */
  plan: async () => {
    await page.getByText('Approval', { exact: true }).waitFor()
    return page.getByRole('listitem').allTextContents()
  },
})

test('a VM is restored into another pool, and the proof is shown', async () => {
  const { page, troubles } = await xenkeep.at('/restore')
  const { at, next, plan, start } = wizard(page)
  const { items: pools } = await machine.person.call('listPools')
  const other = pools.find(({ uuid }) => uuid !== point.poolUuid)
  const sr = other?.srs.find(({ isDefault }) => isDefault)

  await at('Recovery point')
  await next()
  await page.getByText('Choose a recovery point.').waitFor()
  await page.getByLabel('Virtual machine').fill('web')
  await page.getByRole('option', { name: /^web/ }).click()
  await page.getByRole('radio', { name: /^web, / }).check()
  expect(await axeFindings(page)).toEqual([])
  await next()

  await at('Target')
  const name = `web "2" <b>x</b> 🚀`
  await page.getByLabel('Name').fill(name)
  await page.getByRole('button', { name: /^Pool/ }).click()
  await page.getByRole('option', { name: new RegExp(other?.uuid ?? '?') }).click()
  await page.getByRole('button', { name: /^Storage of the disks/ }).click()
  await page.getByRole('option', { name: sr?.name ?? '?' }).click()
  expect(await axeFindings(page)).toEqual([])
  await next()
  await at('Options')
  expect(await axeFindings(page)).toEqual([])
  await next()

  await at('What will happen')
  expect(await plan()).toContain(`Names the VM "${name}" and lifts the block of its start.`)
  await page.getByText('It begins at once: nobody else has to approve it.').waitFor()
  expect(await axeFindings(page)).toEqual([])
  // Who goes back and forth sees what was planned before: nothing is planned anew.
  await page.getByRole('button', { name: 'Back' }).click()
  await at('Options')
  await next()
  expect(await plan()).not.toEqual([])
  const { items: plans } = await machine.person.call('listRuns', { query: { plans: 'true' } })
  expect(plans.filter(({ title }) => title.startsWith('plan only'))).toHaveLength(1)
  await start()
  await page.waitForURL(/\/runs\/\w+$/)
  await page.getByText('Succeeded').first().waitFor()
  const runId = page.url().split('/').at(-1) ?? ''
  const { jobs } = await machine.finished(runId)
  const outcome = jobs[0]?.outcome
  if (outcome?.status !== 'restored') throw new Error(JSON.stringify(outcome))
  expect(outcome.report).toMatchObject({ newName: name, started: false })
  const [written] = await contentOf(elsewhere, outcome.report.newVmUuid)
  expect(written?.equals(DISK)).toBe(true)
  await page
    .getByText(point.disks[0]?.rootHash ?? '?')
    .first()
    .waitFor()
  expect(troubles).toEqual([])
})

test('over the VM itself its name is asked for; a session that ends and a start that fails lose nothing', async () => {
  const { page, troubles } = await xenkeep.at(`/restore?point=${point.pointId}`)
  const { at, next, plan, start, comesBack } = wizard(page)
  await machine.write(point.vmUuid, 0, 0, randomBytes(4096))
  await page.getByText('Chosen: web').waitFor()
  await next()
  await at('Target')
  await comesBack('Into its disks')
  await next()
  await at('Options')
  await page.getByRole('checkbox', { name: /^Shut it down/ }).check()

  await page.evaluate(() => localStorage.removeItem('xenkeep.session'))
  await next()
  const dialog = page.getByRole('dialog', { name: 'Sign in again' })
  await dialog.getByLabel('Password').fill(xenkeep.password)
  await page.keyboard.press('Enter')
  await dialog.waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Look again' }).click()
  expect(await plan()).not.toEqual([])

  await page.route('**/v1/runs', route =>
    route.request().method() === 'POST'
      ? route.fulfill({
          status: 409,
          json: {
            ...{ code: 'GATEWAY_SILENT', message: 'No gateway answers.', advice: 'Start it.' },
            retryable: false,
          },
        })
      : route.continue(),
  )
  await start()
  const confirm = page.getByRole('dialog', { name: 'Restore over web' })
  await confirm.getByText('It begins at once: nobody else has to approve it.').waitFor()
  const over = confirm.getByRole('button', { name: 'Restore over it' })
  expect(await over.isDisabled()).toBe(true)
  await confirm.getByLabel('To confirm').fill('web')
  expect(await axeFindings(page)).toEqual([])
  await over.click()
  await confirm.getByText('No gateway answers.').waitFor()
  await page.unroute('**/v1/runs')
  await over.click()
  await page.waitForURL(/\/runs\/\w+$/)
  await page.getByText('Succeeded').first().waitFor()
  const [vdi = ''] = machine.disksOf(point.vmUuid)
  expect(DISK.equals(await machine.read(vdi))).toBe(true)
  expect(troubles).toEqual([])
})
