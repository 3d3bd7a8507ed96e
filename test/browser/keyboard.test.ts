import { randomBytes } from 'node:crypto'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { PointSummary } from '#core/contracts/points.ts'
import { openConsole, signIn, type TestConsole } from '#test/support/browser/console.ts'
import { hearing, keyboardOf } from '#test/support/browser/keyboard.ts'
import { type Machine, MiB, startMachine } from '#test/support/machine.ts'

/*
 * Motivation: some people have no mouse, and some hear the page instead of seeing it; in an emergency they have to restore as quickly as anybody else.
 * Steps: with Tab, arrows, Enter, Space and Escape alone: pages are changed, a hold is placed and released, a run is cancelled, a gateway is enrolled, a virtual
 * machine is restored. (A policy is made so in policies.test.ts.)
 * Passes when the keyboard stands where the work goes on, can be seen there, is never caught, and what came of each was said.
 */

let machine: Machine
let xenkeep: TestConsole
let point: PointSummary

beforeAll(async () => {
  machine = await startMachine({ web: [randomBytes(MiB)], db: [randomBytes(MiB)] })
  point = await machine.backup('web')
  xenkeep = await openConsole(machine)
})
afterEach(() => machine.pool.state.faults.clear())
afterAll(async () => {
  await xenkeep?.close()
  await machine?.stop()
})

/** Somebody at a page who hears what it says. */
const listener = async (path: string) => {
  const { page, troubles, context } = await xenkeep.visit()
  const heard = await hearing(page)
  await page.goto(path)
  await signIn(page, xenkeep.password)
  await page.locator('#page h1').waitFor()
  const hears = (text: string | RegExp) =>
    expect.poll(heard).toContainEqual(expect.stringMatching(text))
  return { page, troubles, context, hears, keys: keyboardOf(page), ...within(page) }
}

const within = (page: Page) => ({
  button: (name: string | RegExp) => page.getByRole('button', { name, exact: true }).first(),
  heading: (name: string) => page.getByRole('heading', { level: 1, name }),
  dialog: (name: string | RegExp) => page.getByRole('dialog', { name }),
})

test('each stop of a page can be seen, none catches the keyboard, and a page begins at its headline', async () => {
  const { page, keys, heading } = await listener('/policies')
  await page.evaluate('document.activeElement.blur()')
  const stops: string[] = []
  const unseen: string[] = []
  for (let n = 0; n < 60; n++) {
    await keys.press('Tab')
    const stop = await page.evaluate<string>('document.activeElement.outerHTML.slice(0, 300)')
    if (stop.startsWith('<body')) break
    stops.push(stop)
    if (!(await keys.isSeen())) unseen.push(stop)
  }
  expect(unseen).toEqual([])
  expect(stops.length).toBeGreaterThan(10)
  expect(stops.length).toBeLessThan(60)
  expect(stops[0]).toContain('Skip to the page')

  await keys.use(page.getByRole('link', { name: 'Skip to the page' }))
  await keys.isAt(heading('Policies'))
  await keys.use(page.getByRole('link', { name: 'Runs', exact: true }))
  await keys.isAt(heading('Runs'))
  expect(await page.title()).toBe('Runs – XenKeep')
})

test('a hold is placed and released; dialogues take the keyboard and give it back', async () => {
  const { keys, button, dialog, hears, heading, page, troubles, context } =
    await listener('/repository/holds')
  const place = button('Place a hold')
  await keys.use(place)
  const asked = dialog('Place a legal hold')
  await asked.waitFor()
  // Inside, around and around.
  for (let n = 0; n < 12; n++) {
    expect(await asked.locator(':focus').count(), `stop ${n}`).toBe(1)
    await keys.press('Tab')
  }
  await keys.press('Escape')
  await asked.waitFor({ state: 'detached' })
  await keys.isAt(place)

  await keys.press('Enter')
  await keys.typeInto(asked.getByLabel('Virtual machine', { exact: true }), 'web')
  await keys.choose(page.getByRole('option', { name: 'web Simulated pool' }))
  await keys.typeInto(asked.getByLabel('Why'), 'court file 7')
  await keys.press('Enter')
  await hears('The hold stands.')

  await keys.use(button(/^Release the hold on/))
  const release = dialog(/^Release the hold on/)
  await keys.typeInto(release.getByLabel('To confirm'), 'web')
  await keys.typeInto(release.getByLabel('Why'), 'case closed')
  await keys.press('Enter')
  await hears('The hold is released.')
  await page.getByText('There is no legal hold').waitFor()
  // What had opened it is gone with its row.
  await keys.isAt(heading('Legal holds'))
  expect((await machine.person.call('listHolds')).items).toEqual([])
  expect(troubles).toEqual([])
  await context.close()
})

test('a run is cancelled, and how it ended is said', async () => {
  machine.pool.state.faults.add({
    ...{ kind: 'delay-call', method: 'VM.snapshot', milliseconds: 20_000, times: 9 },
  })
  const runId = await machine.start(['db'])
  const { keys, button, dialog, hears, troubles, context } = await listener(`/runs/${runId}`)
  await keys.use(button('Cancel the run'))
  const asked = dialog('Cancel this run?')
  await asked.waitFor()
  await keys.use(asked.getByRole('button', { name: 'Cancel the run' }))
  await hears('The run is asked to stop.')
  await hears(/^Cancelled/)
  expect((await machine.getRun(runId)).run.state).toBe('cancelled')
  expect(troubles).toEqual([])
  await context.close()
})

test('a gateway is enrolled', async () => {
  const { keys, button, dialog, troubles, context } = await listener('/gateways')
  await keys.use(button('Enrol a gateway'))
  const code = dialog('Enrol a gateway')
  await code.getByText('It works until').waitFor()
  await keys.tabTo(code.getByRole('button', { name: 'Copy the code' }))
  await keys.use(code.getByRole('button', { name: 'Close' }).last())
  await code.waitFor({ state: 'detached' })
  await keys.isAt(button('Enrol a gateway'))
  expect(troubles).toEqual([])
  await context.close()
})

test('a virtual machine is restored', async () => {
  const { keys, button, hears, heading, page, troubles, context } = await listener('/restore')
  await keys.typeInto(page.getByLabel('Virtual machine'), 'web')
  await keys.choose(page.getByRole('option', { name: 'web Simulated pool' }))
  await page.getByRole('radio', { name: /^web, / }).waitFor()
  await keys.use(page.getByRole('radio', { name: /^web, / }), 'Space')
  await keys.use(button('Next'))
  await keys.isAt(heading('Target'))
  await keys.typeInto(page.getByLabel('Name'), 'web again')
  await keys.use(button('Next'))
  await keys.isAt(heading('Options'))
  await keys.use(button('Next'))
  await keys.isAt(heading('What will happen'))
  await page.getByText('It begins at once').waitFor()
  await keys.use(button('Start the restore'))
  await page.waitForURL(/\/runs\/\w+$/)
  await hears('The restore is asked for.')
  await hears(/^Succeeded/)
  await keys.isAt(page.getByRole('heading', { level: 1 }))
  const runId = page.url().split('/').at(-1) ?? ''
  const { jobs } = await machine.finished(runId)
  expect(jobs[0]?.outcome).toMatchObject({ status: 'restored', report: { newName: 'web again' } })
  expect(point.vmName).toBe('web')
  expect(troubles).toEqual([])
  await context.close()
})
